// The commented settings that `hasync init` writes.
#pragma once
#include <string>
#include <vector>

#include "config/model.hpp"

namespace hasync::config {

// YAML text for these settings: every section with a word on each key, what is not set shown as a comment with its
// default.
std::string compose(const Config& settings);

}  // namespace hasync::config
