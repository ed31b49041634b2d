#include "schedule/calendar.hpp"
#include "schedule/crontab.hpp"
#include "schedule/sandbox.hpp"
#include "schedule/units.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::schedule;
using namespace std::chrono_literals;

namespace {

const Grid quarter{parse_rfc3339("2026-11-24T02:07:00Z").value(), 15min};
const Installation plain{"/usr/bin/hasync", "/etc/hasync/hasync.yaml", "/var/lib/hasync", quarter, 30s};

std::string calendar(Duration every) {
  const auto said = systemd_calendar({quarter.anchor, every});
  return said.expression + (said.exact ? "" : " (tick)");
}

std::string unit(const Installation& installation, const std::string& name) {
  for (const auto& each : units(installation, Manager::system))
    if (each.name == name) return each.text;
  return {};
}

}  // namespace

TEST_CASE("a grid is said exactly where a calendar can, and ticked where it cannot") {
  CHECK(calendar(15min) == "*-*-* *:07/15:00 UTC");
  CHECK(calendar(1min) == "*-*-* *:00/1:00 UTC");
  CHECK(calendar(1h) == "*-*-* *:07:00 UTC");
  CHECK(calendar(6h) == "*-*-* 02/6:07:00 UTC");
  CHECK(calendar(24h) == "*-*-* 02:07:00 UTC");
  CHECK(calendar(168h) == "Tue *-*-* 02:07:00 UTC");
  CHECK(calendar(45min) == "*-*-* *:07/15:00 UTC (tick)");
  CHECK(calendar(7h) == "*-*-* *:07:00 UTC (tick)");
  CHECK(calendar(72h) == "*-*-* *:07:00 UTC (tick)");
  CHECK(calendar(7min) == "*-*-* *:00/1:00 UTC (tick)");
  CHECK(cron_minutes({quarter.anchor, 45min}) == "7,22,37,52");
  CHECK(cron_minutes({quarter.anchor, 1min}) == "*");
  CHECK(cron_minutes({quarter.anchor, 20min}) == "2,7,12,17,22,27,32,37,42,47,52,57");
}

TEST_CASE("every unit is there, and starts the agent with its files named") {
  CHECK(units(plain, Manager::system).size() == 8);
  CHECK(unit(plain, "hasync-sync.service")
            .find("ExecStart=\"/usr/bin/hasync\" \"--config\" \"/etc/hasync/hasync.yaml\" \"--state-dir\" "
                  "\"/var/lib/hasync\" \"agent\" \"sync\"\n") != std::string::npos);
  CHECK(unit(plain, "hasync-sync.timer").find("OnCalendar=*-*-* *:07/15:00 UTC\nPersistent=yes\nAccuracySec=1s\n") !=
        std::string::npos);
  CHECK(unit(plain, "hasync-heartbeat.timer").find("OnActiveSec=1s\nOnUnitActiveSec=30s\nAccuracySec=100ms\n") !=
        std::string::npos);
}

TEST_CASE("systemd never takes a frequent beat for a crash loop") {
  for (const auto& each : units(plain, Manager::system))
    if (each.name.ends_with(".service"))
      CHECK(each.text.find("\nStartLimitIntervalSec=0\n") < each.text.find("[Service]"));
}

TEST_CASE("odd paths survive the unit and cron") {
  CHECK(unit_word("/a b/100%/$x\"\\") == "\"/a b/100%%/$$x\\\"\\\\\"");
  CHECK(cron_command({"/a b/100%", "x"}) == "'/a b/100\\%' x");
  CHECK(cron_command({"a\\%b"}) == "'a\\''\\%b'");  // of two backslashes in a row cron would make one
  CHECK(unit_path("-", "/a b/100%/$x\"'\\") == "\"-/a b/100%%/$x\"'\"'\"'\\\"");
}

TEST_CASE("the cron file has a user column, absolute paths and a final newline") {
  const auto text = cron_d_file(plain, "root");
  CHECK(
      text.ends_with("30 3 * * * root /usr/bin/hasync --config /etc/hasync/hasync.yaml --state-dir /var/lib/hasync "
                     "agent housekeeping\n"));
  CHECK(text.find("\n7,22,37,52 * * * * root /usr/bin/hasync ") != std::string::npos);
  CHECK(text.find("\n* * * * * root /usr/bin/hasync --config /etc/hasync/hasync.yaml --state-dir /var/lib/hasync agent "
                  "heartbeat --cover 60s\n") != std::string::npos);
}

TEST_CASE("our block is put, changed and removed, and every other line stays") {
  const std::string mine = "MAILTO=me\n0 1 * * * backup";
  const auto first = with_block(mine, "* * * * * one\n").value();
  CHECK(first == mine + "\n" + std::string{block_begin} + "\n* * * * * one\n" + std::string{block_end} + "\n");
  const auto second = with_block(first + "after\n", "* * * * * two\n").value();
  CHECK(second.find("one") == std::string::npos);
  CHECK(second.ends_with("two\n" + std::string{block_end} + "\nafter\n"));
  CHECK(with_block(second, "").value() == mine + "\nafter\n");
  CHECK(with_block(mine, "").value() == mine);
}

TEST_CASE("a damaged block is refused") {
  const std::string begin{block_begin}, end{block_end};
  CHECK(with_block(begin + "\nx\n", "y\n").error().message ==
        "the crontab's hasync block is damaged (a BEGIN line without its END); mend it with crontab -e, nothing was "
        "changed");
  CHECK_FALSE(with_block("x\n" + end + "\n", "y\n"));
  CHECK_FALSE(with_block(end + "\n" + begin + "\n", "y\n"));
  CHECK_FALSE(with_block(begin + "\n" + end + "\n" + begin + "\n" + end + "\n", "y\n"));
}
