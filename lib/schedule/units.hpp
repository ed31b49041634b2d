// What is installed, as text: systemd units (systemd.service(5), systemd.timer(5)) and cron entries (crontab(5)). Pure.
#pragma once
#include <string>
#include <vector>

#include "schedule/grid.hpp"

namespace hasync::schedule {

// Whether an agent may run programs of which the settings alone know what they do.
enum class Programs { ours, of_the_operator };

// What the entries start, and when, and what that needs. Paths are absolute.
struct Installation {
  std::string program;
  std::string config;
  std::string state_folder;
  Grid grid{};
  Duration heartbeat_interval{0};
  std::string store{};
  std::vector<std::string> writes{};    // where the data, the store and the state really are, or will be
  std::vector<std::string> reads{};     // keys, secrets, certificates, and the sources of a local peer
  Programs of_a_beat = Programs::ours;  // steps, a fence, command probes
  Programs of_a_sync = Programs::ours;  // hooks
};

struct UnitFile {
  std::string name;  // hasync-sync.timer
  std::string text;
};
// systemd itself, or the manager of a user's own units.
enum class Manager { system, user };
std::vector<UnitFile> units(const Installation& installation, Manager manager);
// Of every unit, whatever is installed.
std::vector<std::string> unit_names();

// The file /etc/cron.d/hasync: with a user column.
std::string cron_d_file(const Installation& installation, const std::string& user);
// The lines of a user's crontab between the marker lines, without them.
std::string crontab_lines(const Installation& installation);

// One argument of ExecStart= (systemd.service(5), COMMAND LINES).
std::string unit_word(std::string_view word);
// A command for crontab(5), where % means a newline.
std::string cron_command(const std::vector<std::string>& argv);

}  // namespace hasync::schedule
