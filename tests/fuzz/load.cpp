// Whatever a settings file holds, reading it ends with settings or with faults that stand in the text.
#include <cstdint>

#include "config/load.hpp"
#include "require.hpp"

using namespace hasync;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(bytes), size};
  const auto document = config::parse_document(text, "f.yaml");
  if (!document) {
    fuzz::require(document.error().code == ExitCode::config, "what is no YAML is a fault of the settings", text);
    return 0;
  }
  const auto loaded = config::check_text(text, *document);
  for (const auto& fault : loaded.faults)
    fuzz::require(fault.at.offset <= size && !fault.message.empty(), "a fault has a place and words", text);
  if (!loaded.faults.empty()) fuzz::require(!config::render(loaded.faults, text, "f.yaml").empty(), "it is told", text);
  return 0;
}
