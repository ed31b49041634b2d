#pragma once
#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/model.hpp"
#include "config/show.hpp"
#include "report/format.hpp"
#include "store/settings_versions.hpp"

namespace hasync::report {

// The settings in force with their origin; JSON: hasync.settings/1.
std::string render(const std::vector<config::Shown>& shown, const std::string& file, Format format);
// That they are sound, the detection time, and the warnings; JSON: hasync.config-check/1.
std::string render_check(const config::Config& settings, const std::string& file, Format format);
// The key table; JSON: hasync.keys/1.
std::string render_keys(Format format);

// The items of lists in the settings, as of "sync.datasets"; JSON: hasync.items/1.
std::string render_items(const config::Value& settings, const std::vector<std::string>& lists, Format format);
// Who is told; JSON: hasync.addresses/1.
std::string render_addresses(const config::Value& addresses, Format format);
// The versions that are kept, newest first; the one that is `text` is marked. JSON: hasync.settings-versions/1.
std::string render(const std::vector<store::SettingsVersion>& versions, const std::string& text,
                   const std::string& file, Format format);

}  // namespace hasync::report
