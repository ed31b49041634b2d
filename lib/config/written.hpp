// How a value is written in YAML, in the style of what stands around it.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "config/document.hpp"

namespace hasync::config {

enum class Style { plain, single_quoted, double_quoted };
// Where a value stands: among lines, among brackets, or in JSON, where every text is quoted.
enum class Around { block, flow, json };

// `text` as one YAML scalar, in `style` where that can hold it.
std::string written(std::string_view text, Style style, Around around);
// Whether a plain scalar would be read back as this very text, and as a text by every YAML reader (not as a number,
// time or truth).
bool safe_as_plain_text(std::string_view text, Around around);

// The value within one line. A scalar that is `quoted` is a text, which may need quotes; one that is not, a number,
// truth or duration, which needs none.
std::string in_one_line(const Value& value, Around around);

// As people read it: a scalar is its own text.
std::string as_text(const Value& value);

// "key: value" as lines of their own, each ended by `line_end`; a map and a list of maps go below, `step` deeper.
std::string as_lines(std::string_view key, const Value& value, std::size_t indent, std::size_t step,
                     std::string_view line_end);
// "- value" likewise: a map with a line an entry.
std::string item_as_lines(const Value& item, std::size_t indent, std::size_t step, std::string_view line_end);

}  // namespace hasync::config
