// How far a run is, in words: one line that is drawn over itself on a terminal, or a line a minute in a log.
#pragma once
#include <optional>
#include <string>

#include "base/time.hpp"
#include "sync/progress.hpp"

namespace hasync::report {

// As many columns as `width` at most; what matters least is left out first.
std::string live_line(const sync::RunProgress& progress, std::optional<std::int64_t> rate, Duration elapsed, int width);
std::string log_line(const sync::RunProgress& progress, std::optional<std::int64_t> rate, Duration elapsed);

// For a terminal that is `width` columns wide at that moment.
class LiveView {
 public:
  explicit LiveView(BootTime began) : began_(began) {}
  // What is to be written; nothing where it would be too soon to draw again.
  std::string frame(const sync::RunProgress& progress, BootTime now, int width);
  // Takes the line away.
  std::string end();

 private:
  BootTime began_;
  std::optional<BootTime> drawn_{};
  std::string phase_{};
  sync::Pace pace_{};
};

class MinuteLog {
 public:
  explicit MinuteLog(BootTime began) : began_(began), due_(began + std::chrono::minutes{1}) {}
  // None until the next minute is over.
  std::optional<std::string> line(const sync::RunProgress& progress, BootTime now);

 private:
  BootTime began_, due_;
  sync::Pace pace_{};
};

}  // namespace hasync::report
