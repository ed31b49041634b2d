#include "agent/answering.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/keys.hpp"

namespace hasync::agent {

Result<void> set(Draft& draft, const std::string& path, const std::string& text) {
  config::Target target{draft.settings};
  const auto* key = config::find_key(path);
  if (const auto read = key->read({.kind = config::Value::Kind::scalar, .text = text}, target); !read)
    return fail(ExitCode::usage, fmt::format("{} (accepted: {})", read.error().message, key->accepts));
  return {};
}

std::string default_of(const std::string& path) { return config::find_key(path)->default_text; }

std::string more_of(const std::string& path) {
  const auto* key = config::find_key(path);
  return fmt::format("{} Accepted: {}.", key->help, key->accepts);
}

bool is_yes(std::string_view text) { return text == "yes" || text == "y" || text == "Yes"; }

Result<std::string> yes_or_no(const std::string& text) {
  if (is_yes(text)) return "yes";
  if (text == "no" || text == "n" || text == "No") return "no";
  return fail(ExitCode::usage, fmt::format("\"{}\" is neither yes nor no", printable(text)));
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const auto& piece : split(text, ' '))
    for (const auto& word : split(piece, ','))
      if (!word.empty()) words.push_back(word);
  return words;
}

bool by_ssh(const View& view) { return view.draft.settings.peer.transport == config::Transport::ssh; }

bool is_secondary(const View& view) { return view.draft.settings.node.role == Role::secondary; }

Question nothing_to_ask(const View&) { return {}; }

Result<std::string> nothing_to_take(const View&, Draft&, const std::string& text) { return text; }

}  // namespace hasync::agent
