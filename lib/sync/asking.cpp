#include "sync/asking.hpp"

#include "peer/allowed.hpp"
#include "peer/describe.hpp"

namespace hasync::sync {
namespace {

constexpr auto ask_timeout = std::chrono::seconds{10};

Answer answer_of(const std::vector<peer::Source>& sources, std::optional<std::int64_t> term) {
  Answer answer{.term = term};
  for (const auto& source : sources) answer.file_systems[source.path] = source.file_system;
  return answer;
}

}  // namespace

Result<Answer> ask_peer(store::Database& database, const store::NodeState& node, const std::vector<std::string>& forced,
                        Carrier& carrier) {
  const auto& settings = carrier.settings();
  const auto seams = carrier.seams();
  const auto folders = peer::folders_of(settings);
  if (settings.peer.transport == config::Transport::local) {
    std::vector<peer::Source> sources;
    for (const auto& folder : folders) sources.push_back(peer::look_at_source(folder));
    return answer_of(sources, std::nullopt);
  }
  const auto told = peer::ask_peer(settings.peer, seams.runner, ask_timeout, {.sources = folders});
  if (!told && told.error().code == ExitCode::no_program) {
    if (node.peer) return fail(ExitCode::failed, told.error().message);
    carrier.note(told.error().message);
    return Answer{};
  }
  if (!told) return fail(told.error());
  HASYNC_CHECK(peer::record_told(database, *told, seams.clock.now()));
  if (auto refusal = refuse_peer(*told, node, forced)) return fail(std::move(*refusal));
  if (auto refusal = refuse_version(*told, HASYNC_VERSION)) return fail(std::move(*refusal));
  return answer_of(told->sources, told->term);
}

}  // namespace hasync::sync
