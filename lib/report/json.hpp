// The form of everything machines read: one object with its schema's name, times RFC 3339 UTC, durations in seconds.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace hasync::report {

using Json = nlohmann::ordered_json;

// {"schema": "hasync.NAME/1"}
Json object(std::string_view name);
// One object and a newline; bytes that are not UTF-8 become U+FFFD.
std::string dump(const Json& json);

double seconds(Duration value);
Json time(const std::optional<Instant>& at);  // null when there is none
Json seconds_or_null(const std::optional<Duration>& value);

}  // namespace hasync::report
