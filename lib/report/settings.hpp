#pragma once
#include <string>
#include <vector>

#include "config/edit.hpp"
#include "config/model.hpp"
#include "report/format.hpp"

namespace hasync::report {

// The settings in force with their origin; JSON: hasync.settings/1.
std::string render(const std::vector<config::Shown>& shown, const std::string& file, Format format);
// That they are sound, the detection time, and the warnings; JSON: hasync.config-check/1.
std::string render_check(const config::Config& settings, const std::string& file, Format format);
// The key table; JSON: hasync.keys/1.
std::string render_keys(Format format);

}  // namespace hasync::report
