#include "schedule/crontab.hpp"

#include <fmt/format.h>

#include <optional>

namespace hasync::schedule {
namespace {

// Of the marker as a line of its own.
std::size_t find_line(std::string_view text, std::string_view marker, std::size_t from) {
  for (auto at = text.find(marker, from); at != std::string_view::npos; at = text.find(marker, at + 1)) {
    const auto end = at + marker.size();
    const bool starts_line = at == 0 || text[at - 1] == '\n', ends_line = end == text.size() || text[end] == '\n';
    if (starts_line && ends_line) return at;
  }
  return std::string_view::npos;
}

}  // namespace

Result<std::string> with_block(std::string_view crontab, std::string_view lines) {
  constexpr auto none = std::string_view::npos;
  const auto damaged = [](std::string_view how) {
    return fail(
        ExitCode::failed,
        fmt::format("the crontab's hasync block is damaged ({}); mend it with crontab -e, nothing was changed", how));
  };
  const auto block = lines.empty() ? std::string{} : fmt::format("{}\n{}{}\n", block_begin, lines, block_end);
  const auto begin = find_line(crontab, block_begin, 0), end = find_line(crontab, block_end, 0);
  if (begin == none && end == none) {
    const auto gap = crontab.empty() || crontab.ends_with('\n') || block.empty() ? "" : "\n";
    return fmt::format("{}{}{}", crontab, gap, block);
  }
  if (begin == none) return damaged("an END line without its BEGIN");
  if (end == none || end < begin) return damaged("a BEGIN line without its END");
  if (find_line(crontab, block_begin, begin + 1) != none || find_line(crontab, block_end, end + 1) != none)
    return damaged("there are two");
  auto after = crontab.substr(end + block_end.size());
  if (after.starts_with('\n')) after.remove_prefix(1);
  return fmt::format("{}{}{}", crontab.substr(0, begin), block, after);
}

}  // namespace hasync::schedule
