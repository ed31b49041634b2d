// Whatever a settings file holds, an edit does what was asked for or changes nothing. The first bytes choose the edit.
#include <cstdint>

#include "config/edit.hpp"
#include "config/keys.hpp"
#include "config/rewrite.hpp"
#include "require.hpp"

using namespace hasync;

namespace {

// "sync.datasets[].source" of the item called "app".
std::string path_of(const config::Key& key) {
  auto path = key.path;
  if (const auto at = path.find("[]"); at != std::string::npos) path.replace(at, 2, ".app");
  return path;
}

const char* const values[] = {"5", "15m", "a b", "[x, \"y z\"]", "it's: #1", "\n", "ü", "{", "- a", "\xff"};

config::Edit edit_from(std::uint8_t kind, std::uint8_t which, std::uint8_t value) {
  const auto& key = config::keys()[which % config::keys().size()];
  const std::string text = values[value % std::size(values)];
  switch (kind % 4) {
    case 0:
      return config::Removal{path_of(key)};
    case 1:
      return config::Addition{"sync.datasets", {{"name", "new"}, {"source", text}}};
    default:
      return config::Assignment{path_of(key), text};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 3) return 0;
  const auto edit = edit_from(bytes[0], bytes[1], bytes[2]);
  // A new name is a new path: a second time there is nothing of the old one.
  const auto* renamed = std::get_if<config::Assignment>(&edit);
  if (renamed != nullptr && renamed->path.ends_with(".app.name")) return 0;
  const std::string text{reinterpret_cast<const char*>(bytes) + 3, size - 3};
  const auto done = config::carry_out(text, "f.yaml", {edit});
  if (!done) return 0;
  const auto read = config::parse_document(done->text, "f.yaml");
  fuzz::require(read.has_value(), "what was edited can be read", done->text);
  if (const auto* removal = std::get_if<config::Removal>(&edit))
    fuzz::require(!config::find(*read, removal->path).missing.empty(), "what was taken out is gone", done->text);
  const auto again = config::carry_out(done->text, "f.yaml", {edit});
  fuzz::require(again && again->text == done->text && again->changes.empty(), "a second time changes nothing",
                done->text);
  return 0;
}
