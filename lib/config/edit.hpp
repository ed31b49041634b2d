// Changing settings in the operator's own file: only the bytes that must change do (rewrite.hpp). Every edit is proved
// by parsing the new text, which must hold what was asked for and be as before elsewhere, before it is checked as
// settings and written.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "config/compare.hpp"

namespace hasync::config {

struct Assignment {
  std::string path;   // items of lists by name: heartbeat.probes.web.url
  std::string value;  // as the operator typed it; a list as [a, b]
};
// Back to the default: one key, or all below it.
struct Removal {
  std::string path;
};
// A further item of a list, as heartbeat.probes, with the keys of the table below it: {"expect.status", "204"}.
struct Addition {
  std::string list;
  std::vector<std::pair<std::string, std::string>> fields;
};
using Edit = std::variant<Assignment, Removal, Addition>;

// "sync.run_every=45m"
Result<Assignment> parse_assignment(const std::string& text);

// Pure: the new text of all edits, one after the other. Setting what is already there changes no byte, nor does
// removing what is not there, or adding an item that is there with these very fields.
Result<Edited> carry_out(std::string_view text, const std::string& file, const std::vector<Edit>& edits);
}  // namespace hasync::config
