#include "report/progress.hpp"

#include <algorithm>

#include "testing.hpp"

using namespace hasync;
using namespace hasync::report;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t mib = 1024 * 1024;

sync::RunProgress fetching() {
  return {
      .phase = sync::Phase::fetching, .dataset = "app", .datasets = {{"app", 3 * mib, 1 * mib}, {"media", 1 * mib, 0}}};
}

std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

BootTime at(Duration passed) { return BootTime{1h + passed}; }

}  // namespace

TEST_CASE("one line tells all that is known of a transfer") {
  CHECK(live_line(fetching(), mib, 12s, 200) ==
        "fetching app (1 of 2) ███████░░░░░░░░░░░░░░░░░░░░░░░  25 % · 1.0 MiB of 4.0 MiB · 1.0 MiB/s · 3 s left");
  CHECK(log_line(fetching(), mib, 2min) ==
        "sync, 2 min: fetching app (1 of 2) · 25 % · 1.0 MiB of 4.0 MiB · 1.0 MiB/s · 3 s left");
}

TEST_CASE("a line fits whatever the width is, and keeps what matters most") {
  const auto full = fetching();
  CHECK(live_line(full, mib, 12s, 82) ==
        "fetching app (1 of 2) ██░░░░░░░░  25 % · 1.0 MiB of 4.0 MiB · 1.0 MiB/s · 3 s left");
  CHECK(live_line(full, mib, 12s, 72) == "fetching app (1 of 2) 25 % · 1.0 MiB of 4.0 MiB · 1.0 MiB/s · 3 s left");
  CHECK(live_line(full, mib, 12s, 50) == "fetching app (1 of 2) 25 % · 1.0 MiB/s · 3 s left");
  CHECK(live_line(full, mib, 12s, 40) == "fetching app (1 of 2) 25 % · 3 s left");
  CHECK(live_line(full, mib, 12s, 30) == "fetching app (1 of 2) 25 %");
  CHECK(live_line(full, mib, 12s, 10) == "25 %");
  auto named = full;
  named.dataset = "müsik";
  named.phase = sync::Phase::planning;
  for (const auto& each : {full, named, sync::RunProgress{.phase = sync::Phase::dumping, .dataset = "db"}})
    for (int width = 0; width < 130; ++width) {
      const auto line = live_line(each, mib, 12s, width);
      INFO(width << " <" << line << ">");
      CHECK(columns(line) <= static_cast<std::size_t>(width));
    }
}

TEST_CASE("what is not known is not told") {
  CHECK(live_line(fetching(), std::nullopt, 0s, 70) == "fetching app (1 of 2) ██░░░░░░░░  25 % · 1.0 MiB of 4.0 MiB");
  CHECK(log_line(fetching(), 0, 1min) == "sync, 1 min: fetching app (1 of 2) · 25 % · 1.0 MiB of 4.0 MiB · 0 B/s");
  const sync::RunProgress dumping{.phase = sync::Phase::dumping, .dumps = {{"db", 7 * mib}}};
  CHECK(live_line(dumping, 2 * mib, 65s, 80) == "dumping db · 7.0 MiB · 2.0 MiB/s · 1 min 5 s");
  const sync::RunProgress planning{.phase = sync::Phase::planning, .dataset = "app"};
  CHECK(live_line(planning, std::nullopt, 400ms, 80) == "comparing app with its source");
  CHECK(log_line(planning, std::nullopt, 3min) == "sync, 3 min: comparing app with its source");
}

TEST_CASE("a terminal is drawn on ten times a second at most, but at once when something else is done") {
  LiveView view{at(0s)};
  CHECK(view.end().empty());
  auto progress = fetching();
  CHECK(view.frame(progress, at(0s), 200).starts_with("\rfetching app"));
  CHECK(view.frame(progress, at(99ms), 200).empty());
  CHECK_FALSE(view.frame(progress, at(100ms), 200).empty());
  progress.dataset = "media";
  CHECK(view.frame(progress, at(101ms), 200).starts_with("\rfetching media"));
  CHECK(view.frame(progress, at(2s), 40) == "\rfetching media (2 of 2) 25 % · 0 B/s\033[K");  // one column stays free
  CHECK(view.end() == "\r\033[K");
  CHECK(view.end().empty());
}

TEST_CASE("a log gets a line a minute, however often there is something new") {
  MinuteLog log{at(0s)};
  auto progress = fetching();
  std::vector<std::string> lines;
  for (int second = 0; second <= 150; ++second) {
    progress.datasets[0].sent = second * 1024;
    if (const auto line = log.line(progress, at(std::chrono::seconds{second}))) lines.push_back(*line);
  }
  CHECK(lines == std::vector<std::string>{
                     "sync, 1 min: fetching app (1 of 2) · 1 % · 60.0 KiB of 4.0 MiB · 1.0 KiB/s · 1 h 7 min left",
                     "sync, 2 min: fetching app (1 of 2) · 2 % · 120.0 KiB of 4.0 MiB · 1.0 KiB/s · 1 h 6 min left"});
}

TEST_CASE("a run of less than a minute leaves no line in a log") {
  MinuteLog log{at(0s)};
  CHECK_FALSE(log.line(fetching(), at(0s)));
  CHECK_FALSE(log.line(fetching(), at(59s)));
  CHECK(log.line(fetching(), at(61s)));
  CHECK_FALSE(log.line(fetching(), at(120s)));
}
