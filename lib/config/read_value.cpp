#include "config/read_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/text.hpp"

namespace hasync::config {
namespace {

tl::unexpected<Error> wrong(std::string message) { return fail(ExitCode::config, std::move(message)); }

bool has_control_bytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F; });
}

Result<std::string> address(const Value& value) {
  HASYNC_TRY(auto text, read_text(value));
  const auto at = text.find('@');
  const bool odd = has_control_bytes(text) || text.find_first_of(" <>,;\"") != std::string::npos;
  if (odd || at == std::string::npos || at == 0 || at + 1 == text.size() ||
      text.find('@', at + 1) != std::string::npos || text.size() > 254)
    return wrong(fmt::format("\"{}\" is not an e-mail address (write ops@example.com)", printable(text)));
  return text;
}

}  // namespace

Result<std::string> read_text(const Value& value) {
  if (value.kind == Value::Kind::list) return wrong("is a list, one value is wanted");
  if (value.kind == Value::Kind::map) return wrong("is a map, one value is wanted");
  if (value.kind == Value::Kind::null || value.text.empty()) return wrong("has no value");
  if (value.text.find('\0') != std::string::npos) return wrong("holds a NUL byte");
  return value.text;
}

Result<void> into(std::string& place, const Value& value) {
  HASYNC_TRY(place, read_text(value));
  return {};
}

Result<void> into_path(std::string& place, const Value& value) {
  HASYNC_TRY(auto text, read_text(value));
  if (text.front() != '/') return wrong(fmt::format("\"{}\" is not an absolute path", printable(text)));
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  if (const auto plain = std::filesystem::path{text}.lexically_normal().string(); plain != text)
    return wrong(fmt::format("\"{}\" is not a plain path; write {}", printable(text), printable(plain)));
  place = std::move(text);
  return {};
}

Result<void> into_name(std::string& place, const Value& value) {
  HASYNC_TRY(auto text, read_text(value));
  static constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (text.find_first_not_of(allowed) != std::string::npos || text.front() == '-' || text.size() > 63)
    return wrong(fmt::format("\"{}\" is not a name: letters, digits, - and _, at most 63", printable(text)));
  place = std::move(text);
  return {};
}

Result<void> into_url(std::string& place, const Value& value, const std::vector<std::string>& schemes) {
  HASYNC_TRY(auto text, read_text(value));
  for (const auto& scheme : schemes)
    if (text.starts_with(scheme + "://") && text.size() > scheme.size() + 3 && !has_control_bytes(text) &&
        text.find(' ') == std::string::npos) {
      if (text.find('@') != std::string::npos) return wrong("holds a user or password; name them in their own keys");
      place = std::move(text);
      return {};
    }
  return wrong(fmt::format("\"{}\" is not a URL beginning with {}://", printable(text), join(schemes, ":// or ")));
}

Result<void> into(int& place, const Value& value, int least, int most) {
  HASYNC_TRY(const auto text, read_text(value));
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool octal = text.size() > 1 && text.front() == '0';
  if (error != std::errc{} || end != text.data() + text.size() || octal)
    return wrong(fmt::format("\"{}\" is not a whole number", printable(text)));
  if (number < least || number > most) return wrong(fmt::format("{} is out of range", number));
  place = number;
  return {};
}

Result<void> into(bool& place, const Value& value) {
  HASYNC_TRY(const auto text, read_text(value));
  if (text != "true" && text != "false") return wrong(fmt::format("\"{}\" is neither true nor false", printable(text)));
  place = text == "true";
  return {};
}

Result<void> into(Duration& place, const Value& value, Duration least, Duration most) {
  HASYNC_TRY(const auto text, read_text(value));
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos && text != "0")
    return wrong(fmt::format("\"{0}\" has no unit; did you mean {0}{1}?", text,
                             least >= std::chrono::hours{24}    ? "d"
                             : least >= std::chrono::minutes{1} ? "m"
                                                                : "s"));
  HASYNC_TRY(const auto length, parse_duration(text));
  if (length < least || length > most || length % std::chrono::seconds{1} != Duration{0})
    return wrong(fmt::format("{} is out of range", text));
  if (least >= std::chrono::minutes{1} && length % std::chrono::minutes{1} != Duration{0})
    return wrong(fmt::format("{} is not a whole number of minutes", text));
  place = length;
  return {};
}

Result<void> into_percent(int& place, const Value& value, int least, int most) {
  HASYNC_TRY(const auto text, read_text(value));
  int percent = 0;
  const auto* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, percent);
  if (error != std::errc{} || end + 1 != last || *end != '%')
    return wrong("\"" + text + "\" is not a percentage, as 50%");
  if (percent < least || percent > most) return wrong("\"" + text + "\" is out of range");
  place = percent;
  return {};
}

Result<void> into_size(std::int64_t& place, const Value& value) {
  HASYNC_TRY(auto text, read_text(value));
  if (text.ends_with("/s")) text.resize(text.size() - 2);
  HASYNC_TRY(place, parse_size(text));
  return {};
}

Result<void> into_words(std::vector<std::string>& place, const Value& value) {
  if (value.kind != Value::Kind::list || value.items.empty()) return wrong("is not a list, as [systemctl, start, app]");
  std::vector<std::string> words;
  for (const auto& item : value.items) {
    HASYNC_TRY(auto word, read_text(item));
    words.push_back(std::move(word));
  }
  place = std::move(words);
  return {};
}

Result<void> into_addresses(std::vector<std::string>& place, const Value& value) {
  constexpr std::size_t most = 10;
  std::vector<std::string> addresses;
  const auto items = value.kind == Value::Kind::list ? value.items : std::vector<Value>{value};
  if (items.empty()) return wrong("has no value");
  for (const auto& item : items) {
    HASYNC_TRY(auto each, address(item));
    if (std::find(addresses.begin(), addresses.end(), each) != addresses.end())
      return wrong(fmt::format("\"{}\" is there twice", each));
    addresses.push_back(std::move(each));
  }
  if (addresses.size() > most)
    return wrong(fmt::format("has {} addresses, at most {} are accepted", addresses.size(), most));
  place = std::move(addresses);
  return {};
}

Result<void> into_address(std::string& place, const Value& value) {
  HASYNC_TRY(place, address(value));
  return {};
}

Result<void> into_start(std::optional<StartTime>& place, const Value& value) {
  HASYNC_TRY(const auto text, read_text(value));
  if (const auto clock = parse_time_of_day(text)) {
    place = *clock;
    return {};
  }
  const auto at = parse_rfc3339(text);
  if (!at && text.find('T') != std::string::npos) return wrong(at.error().message);
  if (!at)
    return wrong(fmt::format("\"{}\" is neither HH:MM nor a time as 2026-11-24T02:00:00Z, both UTC", printable(text)));
  if (*at != std::chrono::floor<std::chrono::minutes>(*at)) return wrong(fmt::format("{} is not a whole minute", text));
  place = *at;
  return {};
}

}  // namespace hasync::config
