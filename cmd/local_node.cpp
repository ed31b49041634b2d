#include "cmd/local_node.hpp"

#include <fmt/format.h>

#include "config/load.hpp"
#include "config/validate.hpp"

namespace hasync::cmd {

LocalNode::LocalNode(Session& session, config::Config settings, store::Database database)
    : settings_(std::move(settings)),
      database_(std::move(database)),
      prober_(session.runner),
      mailer_(settings_.notify.smtp),
      node_{settings_, session.state(), database_, session.clock, session.runner, prober_, mailer_, HASYNC_VERSION} {}

Result<std::unique_ptr<LocalNode>> LocalNode::open(Session& session) {
  HASYNC_TRY(auto loaded, config::load(session.config_path));
  // A missing password must not keep the standby from watching and pulling.
  for (const auto& fault : config::faults_of_named_files(loaded.config, loaded.set_at))
    session.log().warning(fmt::format("{}: {}; {}", session.config_path, fault.message, fault.hint));
  HASYNC_TRY(auto database, store::open_state(session.state()));
  return std::unique_ptr<LocalNode>{new LocalNode{session, std::move(loaded.config), std::move(database)}};
}

}  // namespace hasync::cmd
