#include "completion/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace hasync::completion {
namespace {

using config::KeyType;

std::vector<std::string> choices(const config::Key& key) {
  const bool has_choices = key.type == KeyType::choice || key.type == KeyType::truth;
  std::vector<std::string> words;
  for (const auto& word : split(has_choices ? key.accepts : "", ',')) words.emplace_back(trim(word));
  std::erase(words, "");
  return words;
}

}  // namespace

std::optional<config::Shown> present(const Known& known, const std::string& path) {
  const auto& all = known.settings;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.path == path; });
  return found == all.end() ? std::nullopt : std::optional{*found};
}

std::vector<std::string> names(const Known& known, const std::string& list) {
  std::vector<std::string> found;
  for (const auto& each : known.settings)
    if (each.path.starts_with(list + ".") && each.path == list + "." + each.value + ".name")
      found.push_back(each.value);
  return found;
}

std::vector<std::string> addresses(const Known& known) {
  const auto to = present(known, "notify.email.to");
  std::string_view text = to ? to->value : std::string_view{};
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::vector<std::string> found;
  for (const auto& each : split(text, ',')) {
    auto address = trim(each);
    if (address.size() > 1 && address.starts_with('"') && address.ends_with('"'))
      address = address.substr(1, address.size() - 2);
    if (!address.empty()) found.emplace_back(address);
  }
  return found;
}

std::vector<KnownKey> known_keys(const Known& known) {
  std::vector<KnownKey> all;
  for (const auto& key : config::keys()) {
    const auto at = key.path.find("[]");
    if (at == std::string::npos) {
      all.push_back({key.path, &key});
      continue;
    }
    const auto list = key.path.substr(0, at), rest = key.path.substr(at + 2);
    for (const auto& name : names(known, list))
      // A path could not say where such a name ends.
      if (name.find_first_of(".=") == std::string::npos)
        all.push_back({fmt::format("{}.{}{}", list, name, rest), &key});
  }
  return all;
}

Proposal values(const config::Key& key, const std::optional<config::Shown>& present, const std::string& typed) {
  Proposal proposal;
  const auto add = [&](const std::string& text) {
    const bool is_there = std::any_of(proposal.candidates.begin(), proposal.candidates.end(),
                                      [&](const Candidate& each) { return each.text == text; });
    if (text.empty() || is_there) return;
    const bool is_default = text == key.default_text;
    proposal.candidates.push_back({text, present && present->value == text ? "now"
                                         : is_default                      ? "the default"
                                                                           : std::string{}});
  };
  if (key.type == KeyType::path && !typed.empty()) {
    proposal.files = Files::files;
    return proposal;
  }
  const auto fixed = choices(key);
  for (const auto& word : fixed) add(word);
  if (!fixed.empty()) return proposal;
  if (present) add(present->value);
  add(key.default_text);
  if (key.type == KeyType::path && proposal.candidates.empty()) proposal.files = Files::files;
  return proposal;
}

}  // namespace hasync::completion
