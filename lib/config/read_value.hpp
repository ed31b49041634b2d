// Checking one value of one kind and putting it into its place in the model. Messages name the value, not the key.
#pragma once
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "config/document.hpp"
#include "config/model.hpp"

namespace hasync::config {

Result<std::string> read_text(const Value& value);
Result<void> into(std::string& place, const Value& value);
Result<void> into_path(std::string& place, const Value& value);
Result<void> into_name(std::string& place, const Value& value);
Result<void> into_url(std::string& place, const Value& value, const std::vector<std::string>& schemes);
Result<void> into(int& place, const Value& value, int least, int most);
Result<void> into(bool& place, const Value& value);
Result<void> into(Duration& place, const Value& value, Duration least, Duration most);
// "50%"
Result<void> into_percent(int& place, const Value& value, int least, int most);
Result<void> into_size(std::int64_t& place, const Value& value);
Result<void> into_words(std::vector<std::string>& place, const Value& value);
// A list, or one text for a list of one.
Result<void> into_addresses(std::vector<std::string>& place, const Value& value);
Result<void> into_address(std::string& place, const Value& value);
Result<void> into_start(std::optional<StartTime>& place, const Value& value);

template <typename Enum, std::size_t N>
Result<void> into_choice(Enum& place, const Value& value, const std::array<std::pair<const char*, Enum>, N>& choices) {
  HASYNC_TRY(const auto text, read_text(value));
  std::string accepted;
  for (const auto& [name, meaning] : choices) {
    if (text == name) {
      place = meaning;
      return {};
    }
    accepted += (accepted.empty() ? "" : ", ") + std::string{name};
  }
  return fail(ExitCode::config, "\"" + text + "\" is not one of " + accepted);
}

}  // namespace hasync::config
