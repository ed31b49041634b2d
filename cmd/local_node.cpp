#include "cmd/local_node.hpp"

namespace hasync::cmd {

LocalNode::LocalNode(Session& session, config::Config settings, store::Database database)
    : settings_(std::move(settings)),
      database_(std::move(database)),
      prober_(session.runner),
      mailer_(settings_.notify.smtp),
      node_{settings_,         session.state(), database_, session.clock, session.runner,
            session.interrupt, prober_,         mailer_,   HASYNC_VERSION} {}

Result<std::unique_ptr<LocalNode>> LocalNode::open(Session& session) {
  HASYNC_TRY(auto settings, session.load_config());
  HASYNC_TRY(auto database, store::open_state(session.state()));
  return std::unique_ptr<LocalNode>{new LocalNode{session, std::move(settings), std::move(database)}};
}

}  // namespace hasync::cmd
