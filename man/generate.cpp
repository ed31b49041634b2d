// Writes a manual page from its template: what the program itself knows (its keys, its commands) is put in for the
// marker lines, so that page and program cannot say different things.
//   generate TEMPLATE COMMANDS EXAMPLE PAGE
#include <fmt/format.h>

#include <array>
#include <functional>
#include <map>
#include <string>

#include "base/text.hpp"
#include "config/keys.hpp"
#include "os/atomic_file.hpp"

namespace {

using namespace hasync;

// One line of text: no macro, no escape.
std::string plain(std::string_view text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char letter : text) out += letter == '\\' ? std::string{"\\e"} : std::string{letter};
  return out;
}

// Text as mdoc wants it: every sentence begins a line, and no line is longer than a terminal is wide.
std::string wrapped(std::string_view text) {
  constexpr std::size_t width = 78;
  std::string out, line;
  const auto end_line = [&] {
    if (!line.empty()) out += (line.starts_with('.') || line.starts_with('\'') ? "\\&" : "") + line + "\n";
    line.clear();
  };
  for (const auto& word : split(text, ' ')) {
    if (line.size() + 1 + word.size() > width || line.ends_with('.') || line.ends_with('?')) end_line();
    line += (line.empty() ? "" : " ") + word;
  }
  end_line();
  return out;
}

std::string prose(std::string_view text) { return wrapped(plain(text)); }

std::string keys_as_list() {
  std::string out = ".Bl -tag -width indent\n";
  for (const auto& key : config::keys()) {
    const auto otherwise = key.need == config::Need::required ? std::string{"Required."}
                           : key.default_text.empty()         ? std::string{"No default."}
                                                              : fmt::format("Default: {}.", key.default_text);
    out += fmt::format(".It Va {}\n{}.br\n{}", key.path, prose(key.help),
                       prose(fmt::format("{}: {}. {}", config::type_name(key.type), key.accepts, otherwise)));
  }
  return out + ".El\n";
}

// The lines of `hasync help --mdoc`, their texts split into sentences.
std::string commands(const std::string& mdoc) {
  std::string out;
  for (const auto& line : split(mdoc, '\n'))
    if (!line.empty()) out += line.starts_with('.') ? line + "\n" : wrapped(line);
  return out;
}

std::string literal(const std::string& text) {
  std::string out = ".Bd -literal\n";
  auto lines = split(text, '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (const auto& line : lines) out += plain(line) + "\n";
  return out + ".Ed\n";
}

Result<void> generate(const std::string& source, const std::string& commands_file, const std::string& example,
                      const std::string& page) {
  HASYNC_TRY(const auto text, read_file(source));
  HASYNC_TRY(const auto mdoc, read_file(commands_file));
  HASYNC_TRY(const auto sample, read_file(example));
  const std::map<std::string, std::string> parts{
      {".\\\" @GENERATED@", ".\\\" Generated; change the template and the tables of keys and commands instead.\n"},
      {".\\\" @KEYS@", keys_as_list()},
      {".\\\" @COMMANDS@", commands(mdoc)},
      {".\\\" @EXAMPLE@", literal(sample)}};
  std::string out;
  auto lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  bool literally = false;
  for (const auto& line : lines) {
    literally = literally ? line != ".Ed" : line.starts_with(".Bd -literal");
    const auto part = parts.find(line);
    if (part != parts.end())
      out += part->second;
    else
      out += literally || line.starts_with('.') ? line + "\n" : wrapped(line);
  }
  return replace_file(page, out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: generate TEMPLATE COMMANDS EXAMPLE PAGE\n");
    return 2;
  }
  const auto done = generate(argv[1], argv[2], argv[3], argv[4]);
  if (done) return 0;
  fmt::print(stderr, "generate: {}\n", describe(done.error()));
  return 1;
}
