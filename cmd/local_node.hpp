// This node with its real seams, opened for one command: the settings read, the store open, the prober and the mailer
// ready.
#pragma once
#include <memory>

#include "agent/node.hpp"
#include "cmd/session.hpp"

namespace hasync::cmd {

class LocalNode {
 public:
  static Result<std::unique_ptr<LocalNode>> open(Session& session);
  const agent::Node& node() const { return node_; }
  const config::Config& settings() const { return settings_; }
  store::Database& database() { return database_; }

 private:
  LocalNode(Session& session, config::Config settings, store::Database database);
  config::Config settings_;
  store::Database database_;
  heartbeat::SystemProber prober_;
  notify::CurlMailer mailer_;
  agent::Node node_;
};

}  // namespace hasync::cmd
