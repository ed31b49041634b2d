// What a command changed, or would change: the same lines for people, and {changed, diff} for Ansible.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/compare.hpp"
#include "report/format.hpp"

namespace hasync::report {

struct Change {
  std::string what;
  std::string before;
  std::string after;
};

class Changes {
 public:
  void add(std::string what, std::string before, std::string after);
  bool any() const { return !all_.empty(); }
  const std::vector<Change>& all() const { return all_; }
  // "sync.run_every 15m → 45m; …"
  std::string one_line() const;

 private:
  std::vector<Change> all_;
};

// Of the settings; an edit of nothing but comments is one too.
Changes changes_of(const config::Edited& edited);

// The lines that are in one of the two texts only, as of a file of that name; none: it is not there.
std::string line_diff(const std::string& name, const std::optional<std::string>& before,
                      const std::optional<std::string>& after);

// Text: a line a change, aligned, or "nothing to change". JSON: hasync.changes/1.
std::string render(const Changes& changes, Format format);

}  // namespace hasync::report
