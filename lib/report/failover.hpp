#pragma once
#include <string>

#include "agent/failover.hpp"
#include "report/format.hpp"

namespace hasync::report {

// How a promotion or demotion ended, with its steps; JSON: hasync.failover/1.
std::string render(const agent::Ended& ended, const config::Config& settings, Format format);
// Every guard with its verdict and evidence; JSON: hasync.why/1.
std::string render(const agent::Decision& decision, const config::Config& settings, Format format);
// What a promotion or a demotion would carry out now; JSON: hasync.plan/1.
std::string render(const agent::PromotionOrder& order, const config::Config& settings, Format format);
std::string render_demotion(const std::optional<std::vector<failover::PlannedStep>>& plan,
                            const config::Config& settings, Format format);

std::string_view action_name(config::FailoverAction action);

}  // namespace hasync::report
