#include "peer/authorized.hpp"

#include "base/shell_words.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::peer;

TEST_CASE("the line lets the key start hasync, and nothing else") {
  const std::string key = "ssh-ed25519 AAAAC3Nz hasync@west";
  CHECK(authorized_line(key + "\n", "/usr/bin/hasync", "") ==
        "restrict,command=\"/usr/bin/hasync agent serve\" ssh-ed25519 AAAAC3Nz hasync@west");
  CHECK(authorized_line(key, "/usr/bin/hasync", "192.0.2.7,*.example.net") ==
        "restrict,command=\"/usr/bin/hasync agent serve\",from=\"192.0.2.7,*.example.net\" ssh-ed25519 AAAAC3Nz "
        "hasync@west");
  CHECK(authorized_line(key, "/opt/a b\"/hasync", "") ==
        "restrict,command=\"'/opt/a b\\\"/hasync' agent serve\" ssh-ed25519 AAAAC3Nz hasync@west");
}

TEST_CASE("what would end the list of addresses is none") {
  CHECK(is_list_of_addresses(""));
  CHECK(is_list_of_addresses("192.0.2.7,2001:db8::/32,!*.example.net,host-1_a?"));
  CHECK_FALSE(is_list_of_addresses("192.0.2.7\",command=\"sh"));
  CHECK_FALSE(is_list_of_addresses("a b"));
  CHECK_FALSE(is_list_of_addresses("a\nb"));
}

TEST_CASE("the operator's ssh is given one word, which the peer's shell takes apart") {
  const config::Peer peer{
      .name = "east", .host = "east.example.net", .user = "hasync", .port = 2222, .known_hosts_file = "/k"};
  const std::string line = "restrict,command=\"/usr/bin/hasync agent serve\" ssh-ed25519 AAAAC3Nz hasync@west";
  const auto argv = install_argv(peer, "", line, Installing::try_out);
  CHECK(std::find(argv.begin(), argv.end(), "UserKnownHostsFile=/k") != argv.end());
  CHECK(argv.at(argv.size() - 2) == "hasync@east.example.net");
  CHECK(install_argv(peer, "root", line, Installing::try_out).at(argv.size() - 2) == "root@east.example.net");
  const auto words = shell_words(argv.back()).value();
  REQUIRE(words.size() == 8);
  CHECK(words[4] == "hasync");
  CHECK(words[5] == "ssh-ed25519 AAAAC3Nz");
  CHECK(words[6] == line);
  CHECK(words[7] == "try_out");
}
