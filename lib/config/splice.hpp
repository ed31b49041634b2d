// Where in a YAML text a value begins and ends, and how a new one is written there: yaml-cpp tells only the beginning.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/document.hpp"

namespace hasync::config {

struct Span {
  std::size_t offset = 0;
  std::size_t length = 0;
};

// The bytes of `value` in `text`; an error says why they cannot be replaced (a block scalar, an alias, an anchor,
// several lines).
Result<Span> span_of(std::string_view text, const Value& value);

enum class Style { plain, single_quoted, double_quoted };
enum class Around { block, flow };

Style style_at(std::string_view text, std::size_t offset);
// `value` as one YAML scalar, in `style` where that can hold it.
std::string written(std::string_view value, Style style, Around around);
// Whether a plain scalar would be read back as this very text, and as a text by every YAML reader (not as a number,
// time or truth).
bool safe_as_plain_text(std::string_view value, Around around);

// Of the flow map that begins at `offset`: of its closing brace. Comments and line breaks in it are skipped.
std::optional<std::size_t> closing_bracket(std::string_view text, std::size_t offset);

}  // namespace hasync::config
