// What a command changed, or would change: the same lines for people, and {changed, diff} for Ansible.
#pragma once
#include <string>
#include <vector>

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

// Text: a line a change, aligned, or "nothing to change". JSON: hasync.changes/1.
std::string render(const Changes& changes, Format format);

}  // namespace hasync::report
