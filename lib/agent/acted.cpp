#include "agent/acted.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace hasync::agent {
namespace {

constexpr std::string_view was_promoted = "promoted", has_failed = "promotion failed";

}  // namespace

std::string stayed_in_standby() { return "stayed in standby"; }
std::string refused(const std::vector<std::string>& blocking) { return "refused: " + join(blocking, ", "); }
std::string promoted(std::int64_t failover) { return fmt::format("{} (failover {})", was_promoted, failover); }
std::string promotion_failed(std::int64_t failover) { return fmt::format("{} (failover {})", has_failed, failover); }
std::string given_up_for_now(const std::string& why) { return "given up: " + why; }
std::string given_up_by_operator() { return "promotion given up"; }
std::string acknowledged(const std::string& acted) { return "acknowledged: " + acted; }

bool is_failure(const std::string& acted) { return acted.starts_with(has_failed); }

bool is_final(const std::string& acted) {
  return acted.starts_with(was_promoted) || is_failure(acted) || acted == given_up_by_operator();
}

}  // namespace hasync::agent
