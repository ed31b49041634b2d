// Changing settings in the operator's own file: only the bytes of the value change. Every edit is proved by parsing the
// new text and comparing it with the old one before it is checked as settings and written.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hasync::config {

struct Assignment {
  std::string path;   // items of lists by name: heartbeat.probes.web.url
  std::string value;  // as the operator typed it; a list as [a, b]
};

struct Edited {
  struct Change {
    std::string path, before, after;
  };
  std::string before, text;
  std::vector<Change> changes;
};

// "sync.run_every=45m"
Result<Assignment> parse_assignment(const std::string& text);

// Pure: the new text. Setting what is already there changes no byte.
Result<Edited> set_values(std::string_view text, const std::string& file, const std::vector<Assignment>& assignments);

// Of the file at `path`: the edit, checked whole, but not written.
Result<Edited> plan_edit(const std::string& path, const std::vector<Assignment>& assignments);
// The same, written: one edit for all assignments. Two at once wait for each other.
Result<Edited> edit_file(const std::string& path, const std::vector<Assignment>& assignments);

struct Shown {
  std::string path, value;
  int line = 0;  // in the file; 0: a default
};
// Every key with the value in force, list items by name, in the order of the key table.
Result<std::vector<Shown>> show_values(const std::string& path);

}  // namespace hasync::config
