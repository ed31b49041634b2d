#include "cmd/conversation.hpp"

#include <fmt/format.h>

#include "agent/look.hpp"
#include "base/text.hpp"
#include "os/terminal.hpp"
#include "report/interview.hpp"

namespace hasync::cmd {
namespace {

// What they are told when they leave. A key that was made stays: the peer may know it already.
tl::unexpected<Error> left(const agent::Interview& interview, ExitCode code) {
  const auto& made = interview.found.made_key;
  return fail(code, made && made->what ? fmt::format("left; nothing was written but the key {}",
                                                     agent::own_key(interview.here.config_path))
                                       : "left; nothing was written");
}

// What was said, each line set off from the questions.
std::string indented(const std::string& said) {
  std::string out;
  if (!said.empty())
    for (const auto& line : split(said, '\n')) out += "  " + line + "\n";
  return out;
}

}  // namespace

Result<agent::Interview> converse(Session& session) {
  TypedLines lines{session.interrupt};
  auto interview = agent::begin_interview(agent::surroundings(session.config_path, session.clock.now()));
  session.print(report::render_opening(interview));
  std::string asked;  // after a wrong answer only the prompt comes again
  while (interview.stage == agent::Stage::asking) {
    if (const auto wanted = agent::next_look(interview)) {
      session.print(report::render_look(*wanted, agent::draft(interview)));
      interview = agent::look(std::move(interview), *wanted, session.runner);
      session.print(indented(interview.said));
      if (session.interrupt.requested()) return left(interview, ExitCode::interrupted);
      asked.clear();
      continue;
    }
    const auto question = agent::next_question(interview);
    if (question.id != asked) {
      if (question.id == "write") session.print(report::render_summary(agent::draft(interview).settings));
      session.print(report::render(question));
    }
    asked = question.id;
    session.print(report::render_prompt(question));
    const auto line = lines.next();
    if (!line || !*line) {
      session.print("\n");
      return left(interview, line ? ExitCode::failed : line.error().code);
    }
    interview = agent::answered(std::move(interview), **line);
    session.print(indented(interview.said));
  }
  if (interview.stage == agent::Stage::left) return left(interview, ExitCode::failed);
  session.print("\n");
  return interview;
}

}  // namespace hasync::cmd
