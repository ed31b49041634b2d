// Who is told how far a run is: a terminal, a log, or nobody.
#pragma once
#include "cmd/session.hpp"
#include "report/progress.hpp"

namespace hasync::cmd {

// live: drawn on the terminal; by_the_minute: a line on stderr, for a log.
enum class Telling { live, by_the_minute, nothing };
// What becomes of stderr when an operator starts a run, and when a scheduler does: cron mails whatever is said.
Telling telling_of_operator();
Telling telling_of_agent(const Session& session);

class ProgressTeller {
 public:
  ProgressTeller(Session& session, Telling telling);
  // Leaves a clean line, whatever comes next.
  ~ProgressTeller() { end(); }
  ProgressTeller(const ProgressTeller&) = delete;
  ProgressTeller(ProgressTeller&&) = delete;
  ProgressTeller& operator=(const ProgressTeller&) = delete;
  ProgressTeller& operator=(ProgressTeller&&) = delete;

  // Empty where nobody is told. It refers to this teller.
  sync::OnProgress on_progress();
  void end();

 private:
  void tell(const sync::RunProgress& progress);

  Session& session_;
  Telling telling_;
  report::LiveView live_;
  report::MinuteLog minutes_;
};

}  // namespace hasync::cmd
