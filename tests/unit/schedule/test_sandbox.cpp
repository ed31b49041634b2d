#include "schedule/sandbox.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::schedule;
using namespace std::chrono_literals;

namespace {

Installation installed() {
  return {.program = "/usr/bin/hasync",
          .config = "/etc/hasync/hasync.yaml",
          .state_folder = "/var/lib/hasync",
          .grid = {{}, 15min},
          .heartbeat_interval = 30s,
          .store = "/srv/hasync",
          .writes = {"/var/lib/hasync", "/srv/hasync", "/var/lib/app"}};
}

bool says(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

bool says(Job job, const Installation& installation, const std::string& line) {
  return says(sandbox(job, Manager::system, installation), line);
}

}  // namespace

TEST_CASE("a sync writes the store and the state, and may restore what it pulls") {
  CHECK(says(Job::sync, installed(), "ProtectSystem=strict"));
  CHECK(says(Job::sync, installed(), "ReadWritePaths=\"-/srv/hasync\" \"-/var/lib/hasync\""));
  CHECK(says(Job::sync, installed(),
             "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_SETFCAP"));
  // ProtectClock= alone would forbid every device node (systemd.exec(5)).
  CHECK(says(Job::sync, installed(), "DeviceAllow=char-* m"));
  CHECK(says(Job::sync, installed(), "DeviceAllow=block-* m"));
  CHECK_FALSE(says(Job::sync, installed(), "RestrictSUIDSGID=yes"));
  CHECK_FALSE(says(Job::sync, installed(), "PrivateDevices=yes"));
}

TEST_CASE("what keeps records writes the state only") {
  for (const auto job : {Job::notify, Job::housekeeping}) {
    CHECK(says(job, installed(), "ReadWritePaths=\"-/var/lib/hasync\""));
    CHECK(says(job, installed(), "PrivateDevices=yes"));
  }
  CHECK(says(Job::housekeeping, installed(), "PrivateNetwork=yes"));
  CHECK_FALSE(says(Job::notify, installed(), "PrivateNetwork=yes"));
}

TEST_CASE("the operator's programs run in no sandbox at all") {
  auto installation = installed();
  installation.of_a_beat = Programs::of_the_operator;
  for (const auto manager : {Manager::system, Manager::user}) {
    const auto text = sandbox(Job::heartbeat, manager, installation);
    for (const auto* word : {"Protect", "Private", "Restrict", "SystemCall", "Capability", "NoNewPrivileges", "UMask"})
      CHECK(text.find(std::string{"\n"} + word) == std::string::npos);
    CHECK(says(text, "KillMode=process"));
  }
  CHECK(sandbox(Job::sync, Manager::system, installation) == sandbox(Job::sync, Manager::system, installed()));
}

TEST_CASE("hooks run in no sandbox either, and a beat keeps its own") {
  auto installation = installed();
  installation.of_a_sync = Programs::of_the_operator;
  for (const auto manager : {Manager::system, Manager::user}) {
    const auto text = sandbox(Job::sync, manager, installation);
    for (const auto* word : {"Protect", "Private", "Restrict", "SystemCall", "Capability", "NoNewPrivileges", "UMask"})
      CHECK(text.find(std::string{"\n"} + word) == std::string::npos);
    CHECK(says(text, "KillMode=process"));
    CHECK(says(text, "TimeoutStartSec=infinity"));
    CHECK(sandbox(Job::heartbeat, manager, installation) == sandbox(Job::heartbeat, manager, installed()));
  }
}

TEST_CASE("without them a beat may still put the data anywhere a live path is") {
  CHECK(says(Job::heartbeat, installed(), "ProtectSystem=full"));
  CHECK(says(Job::heartbeat, installed(), "ProtectHome=read-only"));
  for (const auto* live : {"/etc/app", "/usr/local/www", "/boot", "/efi/x"}) {
    auto installation = installed();
    installation.writes.emplace_back(live);
    CHECK_FALSE(says(Job::heartbeat, installation, "ProtectSystem=full"));
    CHECK(says(Job::heartbeat, installation, "ProtectHome=read-only"));
  }
  for (const auto* live : {"/home/app", "/root/data", "/run/user/7"}) {
    auto installation = installed();
    installation.writes.emplace_back(live);
    CHECK(says(Job::heartbeat, installation, "ProtectSystem=full"));
    CHECK_FALSE(says(Job::heartbeat, installation, "ProtectHome=read-only"));
  }
  // A folder that only begins alike is another one.
  auto alike = installed();
  alike.writes.insert(alike.writes.end(), {"/etcetera", "/homes/x", "/tmpfs"});
  CHECK(sandbox(Job::heartbeat, Manager::system, alike) == sandbox(Job::heartbeat, Manager::system, installed()));
}

TEST_CASE("no unit has a /tmp of its own when the settings name something there") {
  for (const auto job : {Job::sync, Job::heartbeat, Job::notify, Job::housekeeping}) {
    CHECK(says(job, installed(), "PrivateTmp=yes"));
    auto program = installed(), key = installed(), live = installed();
    program.program = "/tmp/hasync";
    key.reads = {"/var/tmp/key"};
    live.writes = {"/tmp/live"};
    for (const auto& each : {program, key, live}) CHECK_FALSE(says(job, each, "PrivateTmp=yes"));
  }
}

TEST_CASE("a user's own manager is asked for nothing that needs privileges") {
  for (const auto job : {Job::sync, Job::heartbeat, Job::notify, Job::housekeeping}) {
    const auto text = sandbox(job, Manager::user, installed());
    CHECK(says(text, "NoNewPrivileges=yes"));
    for (const auto* word : {"Protect", "Private", "Capability", "Device", "ReadWritePaths", "IPAddressDeny"})
      CHECK(("\n" + text).find(std::string{"\n"} + word) == std::string::npos);
  }
}
