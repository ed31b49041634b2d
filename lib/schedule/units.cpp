#include "schedule/units.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "schedule/calendar.hpp"
#include "schedule/sandbox.hpp"

namespace hasync::schedule {
namespace {

constexpr std::array names{"sync", "heartbeat", "notify", "housekeeping"};  // in the order of Job

std::vector<std::string> agent(const Installation& installation, const std::vector<std::string>& words) {
  std::vector<std::string> argv{installation.program,      "--config", installation.config, "--state-dir",
                                installation.state_folder, "agent"};
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

std::string exec_start(const Installation& installation, const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const auto& word : agent(installation, words)) quoted.push_back(unit_word(word));
  quoted.front() = unit_path("", installation.program);  // in the program itself systemd looks for no variables
  return join(quoted, " ");
}

// Of the whole system only: what the user's manager does not know of.
std::string in_order(Job job, Manager manager, const Installation& installation) {
  if (manager == Manager::user) return {};
  return fmt::format(
      "After=network-online.target{}\nWants=network-online.target\n"
      "# On a file system that is not mounted yet, there would be another state.\nRequiresMountsFor={}\n",
      job == Job::sync ? " remote-fs.target" : "", unit_path("", installation.state_folder));
}

UnitFile service(const Installation& installation, Manager manager, Job job, std::string_view what) {
  const auto name = names.at(static_cast<std::size_t>(job));
  return {fmt::format("hasync-{}.service", name),
          fmt::format(R"(# Written by hasync apply; changes here are overwritten, those of systemctl edit are kept.
[Unit]
Description=hasync: {}
Documentation=man:hasync(1)
{}# A heartbeat every second or two is no crash loop: by default systemd refuses the sixth start within 10 s.
StartLimitIntervalSec=0

[Service]
Type=oneshot
SyslogIdentifier=hasync
ExecStart={}
# Exit 5: another run holds the lock, which is recorded and no fault of this one.
SuccessExitStatus=5
{})",
                      what, in_order(job, manager, installation), exec_start(installation, {name}),
                      sandbox(job, manager, installation))};
}

UnitFile timer(Job job, std::string_view what, std::string_view when) {
  const auto name = names.at(static_cast<std::size_t>(job));
  return {fmt::format("hasync-{}.timer", name), fmt::format(R"(# Written by hasync apply; changes here are overwritten.
[Unit]
Description=hasync: {}
Documentation=man:hasync(1)

[Timer]
{}
[Install]
WantedBy=timers.target
)",
                                                            what, when)};
}

}  // namespace

std::string unit_word(std::string_view word) {
  std::string quoted = "\"";
  for (const char byte : word) {
    if (byte == '%' || byte == '$') quoted += byte;  // doubled: no specifier, no variable
    if (byte == '"' || byte == '\\') quoted += '\\';
    quoted += byte;
  }
  return quoted + "\"";
}

std::string cron_command(const std::vector<std::string>& argv) {
  std::string escaped;
  for (const char byte : shell_line(argv)) {
    // Of two backslashes cron takes the first for an escape of the second, so a path's own one is kept apart.
    if (byte == '%') escaped += escaped.ends_with('\\') ? "''\\" : "\\";
    escaped += byte;
  }
  return escaped;
}

std::vector<UnitFile> units(const Installation& installation, Manager manager) {
  // Monotonic, so that a clock set back or forward neither delays a beat nor brings a burst of them; OnActiveSec makes
  // it start again whenever the timer is restarted.
  const auto beat = fmt::format("OnActiveSec=1s\nOnUnitActiveSec={}\nAccuracySec=100ms\n",
                                format_duration(installation.heartbeat_interval));
  const auto calendar = systemd_calendar(installation.grid);
  const auto sync = fmt::format(
      "{}OnCalendar={}\nPersistent=yes\nAccuracySec=1s\n",
      calendar.exact ? "" : "# A tick: no calendar can say this grid, the agent asks it whether a run is due.\n",
      calendar.expression);
  return {
      service(installation, manager, Job::sync, "pull the data from the primary"),
      timer(Job::sync, "pull the data from the primary, on the grid", sync),
      service(installation, manager, Job::heartbeat, "ask the primary whether it is alive"),
      timer(Job::heartbeat, "ask the primary whether it is alive", beat),
      service(installation, manager, Job::notify, "send what is in the outbox"),
      timer(Job::notify, "send what is in the outbox", "OnCalendar=*-*-* *:*:30 UTC\nAccuracySec=1s\n"),
      service(installation, manager, Job::housekeeping, "forget old history"),
      timer(Job::housekeeping, "forget old history, once a day", "OnCalendar=*-*-* 03:30:00 UTC\nPersistent=yes\n"),
  };
}

std::vector<std::string> unit_names() {
  std::vector<std::string> all;
  for (const std::string name : names)
    for (const auto* kind : {".service", ".timer"}) all.push_back("hasync-" + name + kind);
  return all;
}

namespace {

std::string entries(const Installation& installation, const std::string& user_column) {
  const auto line = [&](std::string_view when, const std::vector<std::string>& words) {
    return fmt::format("{} {}{}\n", when, user_column, cron_command(agent(installation, words)));
  };
  return line(cron_minutes(installation.grid) + " * * * *", {"sync"}) + line("@reboot", {"sync"}) +
         line("* * * * *", {"heartbeat", "--cover", "60s"}) + line("* * * * *", {"notify"}) +
         line("30 3 * * *", {"housekeeping"});
}

}  // namespace

std::string cron_d_file(const Installation& installation, const std::string& user) {
  return "# Written by hasync apply; changes here are overwritten.\n# Ticks only: in UTC, and whatever the zone of "
         "this machine, hasync itself decides "
         "whether a sync is due.\nSHELL=/bin/sh\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n" +
         entries(installation, user + " ");
}

std::string crontab_lines(const Installation& installation) { return entries(installation, ""); }

}  // namespace hasync::schedule
