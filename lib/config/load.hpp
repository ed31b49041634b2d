// From a YAML file to checked settings, or to every fault in it at once.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/fault.hpp"
#include "config/model.hpp"
#include "config/validate.hpp"

namespace hasync::config {

struct Loaded {
  Config config{};
  // Every key set in the file, items of lists by name ("sync.datasets.app.source"), and where its value stands.
  Places set_at{};
  std::vector<Fault> faults{};
};

// Pure: reads no file but `text`. Faults are told, not thrown: `config` counts only when there are none.
Loaded check_text(std::string_view text, const Value& document);

// The text of the settings file, which others may neither write nor read: ExitCode::config.
Result<std::string> read_settings(const std::string& path);

// Reads and checks. The error holds all faults rendered, ExitCode::config.
Result<Loaded> load(const std::string& path);
// The same for a text that is to become the file `path`.
Result<Loaded> load_text(std::string_view text, const std::string& path);
// Looks at the secrets the settings name, as keys and passwords. A fault there is no reason not to pull and to watch,
// so it is for those who edit, apply and check.
Result<void> check_named_files(const Loaded& loaded, std::string_view text, const std::string& path);
// At the programs and all other files too: for those who apply and check.
Result<void> check_all_named(const Loaded& loaded, std::string_view text, const std::string& path);

}  // namespace hasync::config
