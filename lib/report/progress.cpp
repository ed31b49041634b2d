#include "report/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace hasync::report {
namespace {

using sync::Phase;

std::int64_t counted_bytes(const sync::RunProgress& progress) {
  return progress.phase == Phase::dumping ? progress.dumped() : progress.sent();
}

// What is on a line before it is fitted to a width.
struct Parts {
  std::string what;
  int percent = -1;  // -1: what would be all is not known
  std::string amount, rate, left, elapsed;
};

// " (2 of 3)": which of the datasets that something is fetched of.
std::string number_of(const sync::RunProgress& progress) {
  const auto& all = progress.datasets;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.dataset == progress.dataset; });
  return all.size() < 2 || found == all.end() ? "" : fmt::format(" ({} of {})", found - all.begin() + 1, all.size());
}

Parts parts_of(const sync::RunProgress& progress, std::optional<std::int64_t> rate, Duration elapsed) {
  Parts parts{.what = tell_phase(progress)};
  if (progress.phase == Phase::fetching) parts.what += number_of(progress);
  if (elapsed >= std::chrono::seconds{1})
    parts.elapsed = tell_duration(std::chrono::floor<std::chrono::seconds>(elapsed));
  const auto planned = progress.planned(), sent = progress.sent();
  if (progress.phase == Phase::fetching && planned > 0) {
    parts.percent = static_cast<int>(sent * 100 / planned);
    parts.amount = fmt::format("{} of {}", tell_size(sent), tell_size(planned));
    const auto left = sync::time_left(planned - sent, rate);
    if (left && *left > Duration{0}) parts.left = tell_duration(*left) + " left";
  }
  if (!progress.dumps.empty()) parts.amount = tell_size(progress.dumped());
  if (rate && !parts.amount.empty()) parts.rate = tell_size(*rate) + "/s";
  return parts;
}

int columns(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string bar(int percent, int width) {
  std::string drawn;
  for (int at = 0; at < width; ++at) drawn += at < percent * width / 100 ? "█" : "░";
  return drawn;
}

std::string joined(std::vector<std::string> pieces) {
  std::erase(pieces, std::string{});
  return join(pieces, " · ");
}

std::string cut(std::string text, int width) {
  while (!text.empty() && columns(text) > width) text.pop_back();
  return text;
}

}  // namespace

std::string live_line(const sync::RunProgress& progress, std::optional<std::int64_t> rate, Duration elapsed,
                      int width) {
  constexpr int long_bar = 30, short_bar = 10;
  const auto parts = parts_of(progress, rate, elapsed);
  if (parts.percent < 0) {
    for (const auto& line :
         {joined({parts.what, parts.amount, parts.rate, parts.elapsed}), joined({parts.what, parts.amount})})
      if (columns(line) <= width) return line;
    return cut(parts.what, width);
  }
  const auto with_bar = [&](int length) {
    return fmt::format("{} {} {:3} %", parts.what, bar(parts.percent, length), parts.percent);
  };
  const auto bare = fmt::format("{} {} %", parts.what, parts.percent);
  for (const auto& line : {joined({with_bar(long_bar), parts.amount, parts.rate, parts.left}),
                           joined({with_bar(short_bar), parts.amount, parts.rate, parts.left}),
                           joined({bare, parts.amount, parts.rate, parts.left}), joined({bare, parts.rate, parts.left}),
                           joined({bare, parts.left}), bare})
    if (columns(line) <= width) return line;
  return cut(fmt::format("{} %", parts.percent), width);
}

std::string log_line(const sync::RunProgress& progress, std::optional<std::int64_t> rate, Duration elapsed) {
  const auto parts = parts_of(progress, rate, elapsed);
  const auto percent = parts.percent < 0 ? std::string{} : fmt::format("{} %", parts.percent);
  return fmt::format("sync, {}: {}", parts.elapsed,
                     joined({parts.what, percent, parts.amount, parts.rate, parts.left}));
}

std::string LiveView::frame(const sync::RunProgress& progress, BootTime now, int width) {
  constexpr auto apart = std::chrono::milliseconds{100};
  pace_.take(now, counted_bytes(progress));
  auto phase = tell_phase(progress);
  if (drawn_ && now - *drawn_ < apart && phase == phase_) return {};
  drawn_ = now;
  phase_ = std::move(phase);
  // The last column stays free: some terminals go to the next line as soon as it is written to.
  return "\r" + live_line(progress, pace_.rate(), now - began_, width - 1) + "\033[K";
}

std::string LiveView::end() { return std::exchange(drawn_, std::nullopt) ? "\r\033[K" : ""; }

std::optional<std::string> MinuteLog::line(const sync::RunProgress& progress, BootTime now) {
  constexpr auto every = std::chrono::minutes{1};
  pace_.take(now, counted_bytes(progress));
  if (now < due_) return std::nullopt;
  due_ = now + every;
  return log_line(progress, pace_.rate(), now - began_);
}

}  // namespace hasync::report
