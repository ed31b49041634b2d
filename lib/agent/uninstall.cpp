#include "agent/uninstall.hpp"

#include "store/settings_versions.hpp"

namespace hasync::agent {

Result<UninstallPlan> plan_uninstall(store::Database* database, const schedule::Places& places, ProcessRunner& runner) {
  UninstallPlan plan;
  if (database != nullptr) {
    HASYNC_TRY(const auto state, store::read_node(*database));
    if (state) plan.before = state->applied;
  }
  HASYNC_TRY(plan.remove, schedule::plan_uninstall(places, runner));
  return plan;
}

Result<void> carry_out(store::Database* database, const UninstallPlan& plan, ProcessRunner& runner) {
  HASYNC_CHECK(schedule::carry_out(plan.remove, runner));
  if (!plan.before) return {};
  HASYNC_TRY(auto transaction, store::Transaction::begin(*database));
  HASYNC_CHECK(store::clear_applied(*database));
  HASYNC_CHECK(store::clear_applied_settings(*database));
  return transaction.commit();
}

}  // namespace hasync::agent
