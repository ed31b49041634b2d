#include "agent/pair.hpp"

#include "testing.hpp"

using namespace hasync;
using namespace hasync::agent;
using peer::Pinned;

namespace {

std::string verdict(Pinned pinned, const std::string& fingerprint) {
  const config::Peer east{.name = "east", .host = "east.example.net", .known_hosts_file = "/k"};
  const auto trust =
      judge_host_key(east, {.line = "x", .fingerprint = "SHA256:abc (ED25519)", .pinned = pinned}, fingerprint);
  if (!trust) return trust.error().code == ExitCode::unsafe ? "refused" : "wrong code";
  return *trust == Trust::pinned ? "pinned" : *trust == Trust::compared ? "compared" : "to be asked";
}

}  // namespace

TEST_CASE("a host key is believed when it is pinned, or has been compared") {
  CHECK(verdict(Pinned::same, "") == "pinned");
  CHECK(verdict(Pinned::same, "SHA256:abc") == "pinned");
  CHECK(verdict(Pinned::no, "SHA256:abc") == "compared");
  CHECK(verdict(Pinned::other, "SHA256:abc") == "compared");
  CHECK(verdict(Pinned::no, "") == "to be asked");
  CHECK(verdict(Pinned::other, "") == "refused");
  for (const auto pinned : {Pinned::same, Pinned::no, Pinned::other})
    for (const std::string fingerprint : {"SHA256:abd", "SHA256:ab", "abc", "SHA256:abc (ED25519)", "SHA256:"}) {
      INFO(fingerprint);
      CHECK(verdict(pinned, fingerprint) == "refused");
    }
}
