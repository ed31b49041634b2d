// What `hasync pair` did, and how the peer answers.
#pragma once
#include <optional>
#include <string>

#include "agent/pair.hpp"
#include "report/changes.hpp"

namespace hasync::report {

struct Paired {
  const agent::Pairing& pairing;
  std::string line;  // that lets our key in
  bool installed = false;
  // What the peer told of itself, or why it did not; none: it was not asked.
  std::optional<Result<peer::Description>> told{};
};

// Before anybody agrees to the host key.
std::string render_host_key(const agent::Pairing& pairing);
// JSON: hasync.pair/1.
std::string render(const Changes& changes, const Paired& paired, Format format);

}  // namespace hasync::report
