#include "sync/dump_trial.hpp"

#include <optional>
#include <utility>

#include "sync/dump_run.hpp"
#include "sync/dumps.hpp"

namespace hasync::sync {
namespace {

// What mysqldump prints before it asks for the database stays in a buffer of some KiB until there is more, or it ends.
constexpr std::size_t enough = 65'536;

// Nothing: enough came, and it was ended.
Result<std::optional<ProcessResult>> until_enough_came(ProcessSpec spec, ProcessRunner& runner) {
  std::size_t came = 0;
  spec.sink = [&](std::string_view chunk) -> Result<void> {
    came += chunk.size();
    if (came < enough) return {};
    return fail(ExitCode::failed, "enough came");
  };
  auto ended = run_dump(spec, runner);
  if (came >= enough) return std::nullopt;
  if (!ended) return fail(std::move(ended.error()));
  return std::move(*ended);
}

}  // namespace

Result<Trial> try_dump(const config::Config& settings, const config::Dataset& dataset, Duration timeout,
                       ProcessRunner& runner) {
  const auto begin = [&](const std::vector<std::string>& argv) {
    return until_enough_came({.argv = from_here(settings, argv), .environment = {"LC_ALL=C"}, .timeout = timeout},
                             runner);
  };
  for (const auto& part : dump_parts(dataset)) {
    auto program = part.argv.front();
    HASYNC_TRY(auto ended, begin(part.argv));
    if (ended && part.otherwise_when != nullptr && part.otherwise_when(*ended)) {
      if (part.otherwise.empty()) continue;
      program = part.otherwise.front();
      HASYNC_TRY(ended, begin(part.otherwise));
    }
    if (!ended) continue;
    if (ended->end == ProcessResult::End::timed_out) return Trial::silent;
    if (auto error = judge_dump(settings, dataset, program, *ended)) return fail(std::move(*error));
  }
  return Trial::begins;
}

}  // namespace hasync::sync
