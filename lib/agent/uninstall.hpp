// The opposite of Save and Apply: what it made goes, and nothing else.
#pragma once
#include <optional>

#include "agent/installation.hpp"
#include "store/node_state.hpp"

namespace hasync::agent {

struct UninstallPlan {
  std::optional<store::Applied> before{};  // what is recorded as applied
  schedule::InstallPlan remove{};

  bool changes_anything() const { return before || !remove.changes_nothing(); }
};

// `database`: none where there is no state. The settings are not asked: they may be gone already.
Result<UninstallPlan> plan_uninstall(store::Database* database, const schedule::Places& places, ProcessRunner& runner);
// The record goes last: until then a schedule that is half removed is told as one that is not as it should be.
Result<void> carry_out(store::Database* database, const UninstallPlan& plan, ProcessRunner& runner);

}  // namespace hasync::agent
