#include "cmd/progress.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "os/terminal.hpp"

namespace hasync::cmd {

Telling telling_of_operator() {
  const char* terminal = std::getenv("TERM");
  const bool draws = is_terminal(STDERR_FILENO) && terminal != nullptr && std::string_view{terminal} != "dumb";
  return draws ? Telling::live : Telling::by_the_minute;
}

Telling telling_of_agent(const Session& session) {
  const bool kept = session.log().to_journal() || session.verbosity == Verbosity::verbose;
  return kept ? Telling::by_the_minute : Telling::nothing;
}

ProgressTeller::ProgressTeller(Session& session, Telling telling)
    : session_(session), telling_(telling), live_(session.clock.uptime()), minutes_(session.clock.uptime()) {}

sync::OnProgress ProgressTeller::on_progress() {
  if (telling_ == Telling::nothing) return {};
  return [this](const sync::RunProgress& progress) { tell(progress); };
}

void ProgressTeller::tell(const sync::RunProgress& progress) {
  const auto now = session_.clock.uptime();
  if (telling_ == Telling::live)
    say_on_stderr(live_.frame(progress, now, terminal_width(STDERR_FILENO)));
  else if (const auto line = minutes_.line(progress, now))
    session_.log().progress(*line);
}

void ProgressTeller::end() { say_on_stderr(live_.end()); }

}  // namespace hasync::cmd
