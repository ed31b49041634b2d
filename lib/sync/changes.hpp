// What differs between a source and a point, as rsync(1) lists it, line by line. Pure. A name may hold any byte but NUL
// and "/"; what is not printable comes as \#ooo, and is a byte again here.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/catalog.hpp"

namespace hasync::sync {

using store::Change;
using store::What;

// For rsync's --out-format: every change is one line that read_change() understands, whatever it is called.
inline constexpr std::string_view change_format = "%i %l %n//=%L//%C";
// Nothing for a line that is no change, as those of --stats.
std::optional<Change> read_change(std::string_view line);

struct Counts {
  std::int64_t created = 0, changed = 0, attributes = 0, deleted = 0;  // files, links, devices …: all but folders
  std::int64_t folders = 0;                                            // so many of them differ in any way
  std::int64_t files = 0, bytes = 0;                                   // all of the dataset, folders not counted
  std::int64_t transferred = 0;                                        // bytes of the files that have to be sent
  std::int64_t inodes = 0;                                             // that what is to come takes

  bool any_change() const { return created + changed + attributes + deleted + folders > 0; }
  // Created, changed or given other attributes.
  std::int64_t renewed() const { return created + changed + attributes; }
  void count(const Change& change);
  Counts& operator+=(const Counts& other);
};

// Takes rsync's output as it comes and tells every change in it; what is left is its statistics.
class ChangeReader {
 public:
  explicit ChangeReader(store::OnChange on_change) : on_change_(std::move(on_change)) {}
  void take(std::string_view chunk);
  // What was listed and what --stats counted; an error that on_change gave.
  Result<Counts> counts();

 private:
  void take_line(std::string_view line);
  store::OnChange on_change_;
  std::string begun_;  // a line that has not ended yet
  Counts counts_;
  Result<void> ended_{};
  std::int64_t all_ = 0, all_folders_ = 0;
};

// "1234567" of "\r  1234567  45%    1.20MB/s    0:00:12 (xfr#3, to-chk=7/12)", the newest that is whole in the chunk:
// bytes of the files that had to be sent (rsync(1), --info=progress2). The percentage counts those, too, that need not.
std::optional<std::int64_t> read_sent(std::string_view chunk);

}  // namespace hasync::sync
