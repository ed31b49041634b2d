#include "peer/host_key.hpp"

#include "testing.hpp"

using namespace hasync;
using namespace hasync::peer;

namespace {

// Answers as ssh-keyscan, ssh-keygen -l and ssh-keygen -F would.
class Tools final : public ProcessRunner {
 public:
  std::string scanned, errors, found;
  std::vector<std::vector<std::string>> started;

  Result<ProcessResult> run(const ProcessSpec& spec) override {
    started.push_back(spec.argv);
    ProcessResult result;
    if (spec.argv.front() == "ssh-keyscan") {
      result.output = scanned;
      result.errors = errors;
    } else if (spec.argv[1] == "-lf") {
      result.output = spec.input.empty() ? "" : "256 SHA256:abc east (ED25519)\n";
    } else {
      result.output = found;
      result.code = found.empty() ? 1 : 0;
    }
    return result;
  }
  bool end_left_over(const std::string&) override { return false; }
};

const config::Peer east{.name = "east", .host = "east.example.net", .port = 2222};

}  // namespace

TEST_CASE("of the keys of a host the one that ssh prefers is taken") {
  CHECK(
      preferred_line("# east:22 SSH-2.0\neast ssh-rsa AAAA\neast ssh-ed25519 BBBB\neast ecdsa-sha2-nistp256 CCCC\n") ==
      "east ssh-ed25519 BBBB");
  CHECK(preferred_line("east ssh-rsa AAAA\n") == "east ssh-rsa AAAA");
  CHECK(preferred_line("# nothing\n\n").empty());
  CHECK(preferred_line("east ssh-dss AAAA\n").empty());
}

TEST_CASE("a host key is asked for, told by its fingerprint, and compared with what is pinned") {
  Tools tools;
  tools.scanned = "[east.example.net]:2222 ssh-ed25519 BBBB\n";
  const auto key = ask_for_host_key(east, "/etc/hasync/ssh/known_hosts", tools);
  REQUIRE(key);
  CHECK(key->line == "[east.example.net]:2222 ssh-ed25519 BBBB");
  CHECK(key->fingerprint == "SHA256:abc (ED25519)");
  CHECK(key->pinned == Pinned::no);
  CHECK(tools.started[0] == std::vector<std::string>{"ssh-keyscan", "-T", "5", "-p", "2222", "-t", "ed25519,ecdsa,rsa",
                                                     "--", "east.example.net"});
  CHECK(tools.started[2] ==
        std::vector<std::string>{"ssh-keygen", "-F", "[east.example.net]:2222", "-f", "/etc/hasync/ssh/known_hosts"});
  tools.found = "# Host found: line 1\n|1|hashed ssh-ed25519 BBBB comment\n";
  CHECK(ask_for_host_key(east, "f", tools)->pinned == Pinned::same);
  tools.found = "# Host found: line 1\neast ssh-ed25519 CCCC\n";
  CHECK(ask_for_host_key(east, "f", tools)->pinned == Pinned::other);
  tools.found = "# Host found: line 1\neast ssh-rsa CCCC\n";
  CHECK(ask_for_host_key(east, "f", tools)->pinned == Pinned::no);
}

TEST_CASE("why there is no host key is told") {
  Tools tools;
  CHECK(ask_for_host_key(east, "f", tools).error().message == "east.example.net gives none on port 2222");
  tools.errors = "getaddrinfo east.example.net: Name or service not known\n";
  CHECK(ask_for_host_key(east, "f", tools).error().message ==
        "the name east.example.net of east is not known; check peer.host and the name server");
}

TEST_CASE("a new host key takes the place of the old ones of its host, and of no other") {
  const HostKey key{.line = "east ssh-ed25519 NEW", .fingerprint = {}};
  CHECK(pinned_in("", key) == "east ssh-ed25519 NEW\n");
  CHECK(pinned_in("# ours\neast ssh-ed25519 OLD\neast ssh-rsa OLD\nwest ssh-rsa W", key) ==
        "# ours\nwest ssh-rsa W\neast ssh-ed25519 NEW\n");
}
