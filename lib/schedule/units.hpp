// What is installed, as text: systemd units (systemd.service(5), systemd.timer(5)) and cron entries (crontab(5)). Pure.
#pragma once
#include <string>
#include <vector>

#include "schedule/grid.hpp"

namespace hasync::schedule {

// What the entries start, and when.
struct Installation {
  std::string program;  // absolute
  std::string config;   // absolute
  std::string state_folder;
  Grid grid{};
  Duration heartbeat_interval{0};
};

struct UnitFile {
  std::string name;  // hasync-sync.timer
  std::string text;
};
std::vector<UnitFile> units(const Installation& installation);

// The file /etc/cron.d/hasync: with a user column.
std::string cron_d_file(const Installation& installation, const std::string& user);
// The lines of a user's crontab between the marker lines, without them.
std::string crontab_lines(const Installation& installation);

// One argument of ExecStart= (systemd.service(5), COMMAND LINES).
std::string unit_word(std::string_view word);
// A command for crontab(5), where % means a newline.
std::string cron_command(const std::vector<std::string>& argv);

}  // namespace hasync::schedule
