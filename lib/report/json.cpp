#include "report/json.hpp"

namespace hasync::report {

Json object(std::string_view name) { return {{"schema", "hasync." + std::string{name} + "/1"}}; }

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

double seconds(Duration value) { return static_cast<double>(value.count()) / 1000; }

Json time(const std::optional<Instant>& at) { return at ? Json(format_rfc3339(*at)) : Json(nullptr); }

Json seconds_or_null(const std::optional<Duration>& value) { return value ? Json(seconds(*value)) : Json(nullptr); }

}  // namespace hasync::report
