#include "sync/carrier.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "os/file_system.hpp"
#include "os/processor.hpp"
#include "sync/dumps.hpp"
#include "sync/dumps_at_once.hpp"
#include "sync/rsync.hpp"

namespace hasync::sync {
namespace {

constexpr auto connect_timeout = std::chrono::seconds{10};

}  // namespace

ProcessSpec Carrier::spec(std::vector<std::string> argv) {
  return {.argv = std::move(argv),
          .environment = {"LC_ALL=C"},
          .timeout = std::max(Duration{1}, deadline_ - seams_.clock.uptime()),
          .inherit = inherit_,
          .on_tick = [this] { meter_.tick(); }};
}

Result<void> Carrier::connect(const store::StatePaths& state, const store::NodeState& node,
                              std::int64_t lately_per_second) {
  settings_.peer.lately_per_second = lately_per_second;
  settings_.peer.compressed = is_slow_link(settings_) && has_plain_dumps(settings_);
  connection_.reset();
  settings_.peer.open_connection.clear();
  const auto socket = state.peer_connection();
  if (settings_.peer.transport == config::Transport::local || !peer::can_hold_socket(socket)) return {};
  const bool fast_aes = node.peer && node.peer->has_aes && has_aes();
  const auto ciphers = fast_aes ? peer::Ciphers::hardware : peer::Ciphers::by_default;
  HASYNC_TRY(auto connection, peer::Connection::open(settings_.peer, socket, ciphers, connect_timeout, seams_.runner));
  connection_.emplace(std::move(connection));
  settings_.peer.open_connection = socket;
  return {};
}

std::vector<std::string> Carrier::as_run(std::vector<std::string> argv) const {
  if (!lists_acls_twice(settings_.sync.store)) return argv;
  const auto filters = attribute_filters(settings_);
  argv.insert(argv.begin() + 1, filters.begin(), filters.end());
  return argv;
}

Result<Counts> Carrier::run(const config::Dataset& dataset, std::vector<std::string> argv, store::OnChange on_change,
                            const std::function<void(std::string_view)>& on_output) {
  return run(dataset, spec(std::move(argv)), std::move(on_change), on_output);
}

Result<Counts> Carrier::run_over(NameList& names, const config::Dataset& dataset, std::vector<std::string> argv,
                                 store::OnChange on_change) {
  auto wanted = spec(std::move(argv));
  HASYNC_TRY(wanted.input_file, names.file());
  return run(dataset, std::move(wanted), std::move(on_change), {});
}

Result<Counts> Carrier::run(const config::Dataset& dataset, ProcessSpec wanted, store::OnChange on_change,
                            const std::function<void(std::string_view)>& on_output) {
  wanted.argv = as_run(std::move(wanted.argv));
  ChangeReader reader{std::move(on_change)};
  wanted.on_output = [&](std::string_view chunk) {
    if (on_output) on_output(chunk);
    reader.take(chunk);
  };
  auto ended = seams_.runner.run(wanted);
  if (!ended) return fail(with_context(std::move(ended.error()), "dataset " + dataset.name));
  auto judged = judge(settings_, dataset, *ended);
  if (judged.error) return fail(std::move(*judged.error));
  if (!judged.note.empty()) note(std::move(judged.note));
  return reader.counts();
}

Result<std::vector<Counts>> Carrier::dump(const std::vector<DumpOrder>& orders,
                                          const std::vector<std::string>& forced) {
  HASYNC_TRY(const auto dumped,
             make_dumps(orders, {settings_, deadline_, inherit_, forced, meter_}, seams_.clock, seams_.runner));
  std::vector<Counts> counts;
  for (std::size_t at = 0; at < orders.size(); ++at) {
    if (!dumped[at].note.empty()) note(fmt::format("dataset {}: {}", orders[at].dataset.name, dumped[at].note));
    counts.push_back(dumped[at].counts);
  }
  return counts;
}

Result<void> Carrier::run(const std::vector<std::string>& argv) {
  HASYNC_TRY(const auto ended, seams_.runner.run(spec(argv)));
  if (ended.end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  if (ended.succeeded()) return {};
  return fail(ExitCode::failed, fmt::format("{}: {}", argv.front(), tell_end(ended)));
}

void Carrier::note(std::string words) {
  if (std::find(notes_.begin(), notes_.end(), words) == notes_.end()) notes_.push_back(std::move(words));
}

std::string Carrier::notes() const { return join(notes_, "; "); }

}  // namespace hasync::sync
