// The settings file, changed: checked as a whole, and replaced at once or not at all.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "config/compare.hpp"

namespace hasync::config {

// What an edit makes of the text that is there.
using Rewrite = std::function<Result<Edited>(std::string_view text)>;
// What is to be done, once the new text is known to be good, before it takes the place of the old one.
using BeforeWriting = std::function<void(const Edited& edited)>;

// Of the file at `path`: the edit, checked whole, but not written.
Result<Edited> plan_edit(const std::string& path, const Rewrite& rewrite);
// The same, written at once or not at all. Two at once wait for each other.
Result<Edited> edit_file(const std::string& path, const Rewrite& rewrite, const BeforeWriting& before_writing);

}  // namespace hasync::config
