#include "completion/answer.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace hasync::completion {
namespace {

std::string first_line(const Proposal& proposal) {
  if (proposal.files == Files::none) return "words\n";
  return fmt::format("{} {}\n", proposal.files == Files::files ? "files" : "folders", proposal.kept);
}

}  // namespace

std::string answer(const Proposal& proposal) {
  auto lines = first_line(proposal);
  for (const auto& each : proposal.candidates)
    lines += each.help.empty() ? each.text + "\n" : fmt::format("{}\t{}\n", each.text, printable(each.help));
  return lines;
}

std::string answer_bash(const Proposal& proposal, const TypedLine& typed) {
  auto lines = first_line(proposal);
  for (const auto& each : proposal.candidates)
    if (each.text.starts_with(typed.words.back()))
      lines += bash_word(std::string_view{each.text}.substr(typed.kept), typed.quote) + "\n";
  return lines;
}

}  // namespace hasync::completion
