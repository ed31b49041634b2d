#include "os/processor.hpp"
#include "peer/connection.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::peer;

TEST_CASE("the ciphers that a processor with AES is fast at come first, and the rest keep their order") {
  CHECK(hardware_ciphers_first("user hasync\nciphers chacha20-poly1305@openssh.com,aes128-ctr,aes128-gcm@openssh.com,"
                               "aes256-gcm@openssh.com\nport 22\n") ==
        "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr");
}

TEST_CASE("no order is set where it is right already, or the operator's ssh has no AES-GCM") {
  CHECK(hardware_ciphers_first("ciphers aes128-gcm@openssh.com,aes128-ctr\n") == std::nullopt);
  CHECK(hardware_ciphers_first("ciphers aes128-ctr,chacha20-poly1305@openssh.com\n") == std::nullopt);
  CHECK(hardware_ciphers_first("user hasync\n") == std::nullopt);
}

TEST_CASE("what /proc/cpuinfo tells of AES") {
  CHECK(tells_of_aes("processor\t: 0\nflags\t\t: fpu aes avx\n"));
  CHECK(tells_of_aes("Features\t: fp asimd aes pmull\n"));
  CHECK(tells_of_aes("flags\t\t: fpu aes\n\n"));
  CHECK_FALSE(tells_of_aes("flags\t\t: fpu vaes avx\nbugs\t\t: aes\n"));
  CHECK_FALSE(tells_of_aes(""));
}

TEST_CASE("who holds a connection") {
  CHECK(pid_of_master("Master running (pid=438)\r\n") == 438);
  CHECK(pid_of_master("ssh: warning\nMaster running (pid=7)\r\n") == 7);
  CHECK(pid_of_master("Control socket connect(/x): No such file or directory\r\n") == std::nullopt);
  CHECK(pid_of_master("Master running (pid=)") == std::nullopt);
}

TEST_CASE("a socket that ssh could not make is not tried") {
  CHECK(can_hold_socket("/var/lib/hasync/peer.socket"));
  CHECK_FALSE(can_hold_socket("/" + std::string(90, 'a')));
  CHECK_FALSE(can_hold_socket("/var/lib/100%/peer.socket"));
}
