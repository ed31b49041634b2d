#include "failover/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "config/datasets.hpp"
#include "failover/databases.hpp"

namespace hasync::failover {
namespace {

constexpr std::array kind_names{"fence", "copy", "activate", "run", "feed", "restore", "swap"};
std::string_view kind_name(StepKind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }
// A copy takes as long as the disk needs; this only keeps a broken one from hanging for ever.
constexpr auto copy_timeout = std::chrono::hours{6};

// Netstrings ("5:hello,"): lossless whatever bytes a path or an argument holds.
std::string encode(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += fmt::format("{}:{},", word.size(), word);
  return text;
}

Result<std::vector<std::string>> decode(std::string_view text) {
  const auto damaged = [] {
    return fail(ExitCode::failed,
                "a step in the journal is damaged; the promotion cannot be resumed, look: hasync history failovers");
  };
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto colon = text.find(':');
    std::size_t length = 0;
    if (colon == std::string_view::npos ||
        std::from_chars(text.data(), text.data() + colon, length).ptr != text.data() + colon)
      return damaged();
    text.remove_prefix(colon + 1);
    if (text.size() < length + 1 || text[length] != ',') return damaged();
    words.emplace_back(text.substr(0, length));
    text.remove_prefix(length + 1);
  }
  return words;
}

PlannedStep run_step(const config::Step& step) {
  return {StepKind::run, step.name, step.run, {}, {}, step.timeout, step.retries, step.on_error};
}

}  // namespace

std::string in_point(const std::string& point_folder, const config::Dataset& dataset) {
  const auto dump = config::dump_file(dataset.type);
  return point_folder + "/" + dataset.name + (dump.empty() ? "" : "/" + dump);
}

std::vector<PlannedStep> plan_promotion(const config::Config& settings, const std::string& point_folder) {
  std::vector<PlannedStep> plan;
  const auto& failover = settings.failover;
  if (failover.fence)
    plan.push_back(
        {StepKind::fence, "fence " + settings.peer.name, failover.fence->run, {}, {}, failover.fence->timeout});
  const auto add = [&](StepKind kind, const config::Dataset& dataset, std::string from, std::string to) {
    plan.push_back(
        {kind, fmt::format("{} {}", kind_name(kind), dataset.name), {}, std::move(from), std::move(to), copy_timeout});
  };
  for (const auto kind : {StepKind::copy, StepKind::activate})
    for (const auto& dataset : settings.sync.datasets) {
      if (config::is_of_a_server(dataset.type))
        add(kind == StepKind::copy ? StepKind::restore : StepKind::swap, dataset, point_folder + "/" + dataset.name,
            config::database_of(dataset));
      if (const auto live = config::live_path(settings, dataset); !live.empty())
        add(kind, dataset, in_point(point_folder, dataset), live);
    }
  for (const auto& dataset : settings.sync.datasets)
    if (!dataset.restore.empty())
      plan.push_back({StepKind::feed,
                      "restore " + dataset.name,
                      dataset.restore,
                      in_point(point_folder, dataset),
                      {},
                      copy_timeout});
  for (const auto& step : failover.promote) plan.push_back(run_step(step));
  return plan;
}

std::vector<PlannedStep> plan_demotion(const config::Config& settings) {
  std::vector<PlannedStep> plan;
  for (const auto& step : settings.failover.demote) plan.push_back(run_step(step));
  return plan;
}

store::StepRecord to_record(const PlannedStep& step, int seq) {
  std::vector<std::string> words{fmt::format("{}", step.timeout.count()), fmt::format("{}", step.retries),
                                 step.on_error == config::OnError::abort ? "abort" : "continue", step.point, step.live};
  words.insert(words.end(), step.argv.begin(), step.argv.end());
  return {.seq = seq, .kind = std::string{kind_name(step.kind)}, .name = step.name, .spec = encode(words)};
}

Result<PlannedStep> from_record(const store::StepRecord& record) {
  HASYNC_TRY(const auto words, decode(record.spec));
  const auto* const kind = std::find(kind_names.begin(), kind_names.end(), record.kind);
  long long timeout = 0;
  int retries = 0;
  constexpr std::size_t fixed = 5;
  if (words.size() < fixed || kind == kind_names.end())
    return fail(ExitCode::failed, fmt::format("step \"{}\" in the journal is damaged", record.name));
  std::from_chars(words[0].data(), words[0].data() + words[0].size(), timeout);
  std::from_chars(words[1].data(), words[1].data() + words[1].size(), retries);
  return PlannedStep{static_cast<StepKind>(kind - kind_names.begin()),
                     record.name,
                     {words.begin() + fixed, words.end()},
                     words[3],
                     words[4],
                     Duration{timeout},
                     retries,
                     words[2] == "abort" ? config::OnError::abort : config::OnError::go_on};
}

bool is_past_return(const std::vector<store::StepRecord>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const store::StepRecord& step) {
    const auto is = [&](StepKind kind) { return step.kind == kind_name(kind); };
    const bool puts_in_place = is(StepKind::activate) || is(StepKind::swap) || is(StepKind::feed);
    if (step.state == store::StepState::running) return puts_in_place;
    return step.state == store::StepState::done && !is(StepKind::copy) && !is(StepKind::restore);
  });
}

Result<std::vector<PlannedStep>> rest_of(const std::vector<store::StepRecord>& steps) {
  std::vector<PlannedStep> rest;
  for (const auto& step : steps) {
    if (step.state == store::StepState::done || step.state == store::StepState::passed_over) continue;
    HASYNC_TRY(auto planned, from_record(step));
    rest.push_back(std::move(planned));
  }
  return rest;
}

std::vector<std::string> tell(const std::vector<PlannedStep>& plan) {
  std::vector<std::string> lines;
  for (const auto& step : plan) {
    std::string words;
    switch (step.kind) {
      case StepKind::copy:
        words = fmt::format("{} to {}.hasync-new", step.point, step.live);
        break;
      case StepKind::activate:
        words = fmt::format("{} (what stands there is kept beside it)", step.live);
        break;
      case StepKind::restore:
        words = fmt::format("{} into {}", step.point, tell_restore(step.live));
        break;
      case StepKind::swap:
        words = tell_place(step.live);
        break;
      case StepKind::feed:
        words = fmt::format("{} < {}", shell_line(step.argv), shell_word(step.point));
        break;
      case StepKind::fence:
      case StepKind::run:
        words = fmt::format("{} (timeout {}{}{})", shell_line(step.argv), format_duration(step.timeout),
                            step.retries > 0 ? fmt::format(", tried up to {} times", step.retries + 1) : "",
                            step.on_error == config::OnError::go_on ? ", goes on after a failure" : "");
        break;
    }
    lines.push_back(fmt::format("{}. {}: {}", lines.size() + 1, step.name, words));
  }
  return lines;
}

}  // namespace hasync::failover
