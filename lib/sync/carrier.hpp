// The programs of one run, within the time it has: rsync(1) over one dataset, and what is said of it afterwards.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "os/clock.hpp"
#include "os/process.hpp"
#include "peer/connection.hpp"
#include "store/node_state.hpp"
#include "store/state.hpp"
#include "sync/changes.hpp"
#include "sync/dump_run.hpp"
#include "sync/name_list.hpp"
#include "sync/progress.hpp"

namespace hasync::sync {

struct Seams {
  Clock& clock;
  ProcessRunner& runner;
};

class Carrier {
 public:
  Carrier(const config::Config& settings, Seams seams)
      : settings_(settings), seams_(seams), deadline_(seams.clock.uptime() + settings.sync.timeout) {}

  // A descriptor that every program keeps: as long as one of them lives, the run is not over.
  void inherit(int lock) { inherit_ = {lock}; }

  // From here on all that is asked of the peer goes through one connection; where none can be shared, each program
  // makes its own. An error: the peer cannot be reached.
  Result<void> connect(const store::StatePaths& state, const store::NodeState& node, std::int64_t lately_per_second);

  // rsync's argv as it is run: with what the store's file system asks for.
  std::vector<std::string> as_run(std::vector<std::string> argv) const;
  // rsync over one dataset. Each change it lists is told, and each chunk of its output as it comes.
  Result<Counts> run(const config::Dataset& dataset, std::vector<std::string> argv, store::OnChange on_change,
                     const std::function<void(std::string_view)>& on_output = {});
  // The same, with a list of names on its standard input.
  Result<Counts> run_over(NameList& names, const config::Dataset& dataset, std::vector<std::string> argv,
                          store::OnChange on_change);
  // Datasets that are no folders, some of them at once.
  Result<std::vector<Counts>> dump(const std::vector<DumpOrder>& orders, const std::vector<std::string>& forced);
  // Any other program; its own words are the error's.
  Result<void> run(const std::vector<std::string>& argv);

  // What is left of the time that the run has.
  Duration left() const { return deadline_ - seams_.clock.uptime(); }
  // How far the run is; every program that it waits for tells that time goes on.
  Meter& meter() { return meter_; }

  void note(std::string words);
  std::string notes() const;
  const config::Config& settings() const { return settings_; }
  Seams seams() const { return seams_; }

 private:
  ProcessSpec spec(std::vector<std::string> argv);
  Result<Counts> run(const config::Dataset& dataset, ProcessSpec wanted, store::OnChange on_change,
                     const std::function<void(std::string_view)>& on_output);

  config::Config settings_;  // the peer in it is reached through the connection
  Seams seams_;
  BootTime deadline_;
  std::vector<int> inherit_{};
  std::vector<std::string> notes_{};
  std::optional<peer::Connection> connection_{};
  Meter meter_{};
};

}  // namespace hasync::sync
