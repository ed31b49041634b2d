// rsync(1) as hasync calls it: argv, what its exit status means, and what it counted. Pure; no file name is ever read
// from its output.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "os/process.hpp"

namespace hasync::sync {

struct Counts {
  std::int64_t changed = 0, deleted = 0;  // files, links … to be created, changed or given other attributes; and gone
  std::int64_t folders = 0;               // the same for folders, which the first leaves out
  std::int64_t files = 0, bytes = 0;      // all of the dataset, folders not counted
  std::int64_t transferred = 0;           // bytes of the files that had to be sent

  bool any_change() const { return changed + deleted + folders > 0; }
  Counts& operator+=(const Counts& other);
};

// A dry run that lists what differs between the source and `newest`, the dataset's folder in the newest point.
std::vector<std::string> plan_argv(const config::Config& settings, const config::Dataset& dataset,
                                   const std::string& newest);
// Fills the empty folder `target`; what is the same in `newest` (empty: there is none) is shared with it by hard links.
enum class Progress { silent, told };
std::vector<std::string> transfer_argv(const config::Config& settings, const config::Dataset& dataset,
                                       const std::string& newest, const std::string& target, Progress progress);

// From the output of either.
Counts read_counts(const std::string& output);
// "45" of "  1,234,567  45%    1.20MB/s    0:00:12 (xfr#3, to-chk=7/12)", the newest in the chunk.
std::optional<int> read_percent(std::string_view chunk);

// Nothing: success. Otherwise the error; a note for exit status 24, which is a success (files that vanished while they
// were read).
struct Judged {
  std::optional<Error> error{};
  std::string note{};
};
Judged judge(const config::Config& settings, const config::Dataset& dataset, const ProcessResult& result);

}  // namespace hasync::sync
