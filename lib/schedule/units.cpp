#include "schedule/units.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "schedule/calendar.hpp"

namespace hasync::schedule {
namespace {

std::vector<std::string> agent(const Installation& installation, const std::vector<std::string>& words) {
  std::vector<std::string> argv{installation.program,      "--config", installation.config, "--state-dir",
                                installation.state_folder, "agent"};
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

std::string exec_start(const Installation& installation, const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const auto& word : agent(installation, words)) quoted.push_back(unit_word(word));
  return join(quoted, " ");
}

// What a step of a promotion may need nobody can know beforehand, so the units that can promote are not sandboxed; the
// others are.
constexpr std::string_view promotes = R"(# No sandbox: a promotion runs the operator's own steps from here.
# What a step has started stays when the beat is over.
KillMode=process
TimeoutStartSec=infinity
)";
constexpr std::string_view pulls =
    R"(# It writes the store, which may be anywhere, and restores owners: the file system stays writable.
KillMode=mixed
TimeoutStartSec=infinity
NoNewPrivileges=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictRealtime=yes
LockPersonality=yes
)";
constexpr std::string_view reports = R"(NoNewPrivileges=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictRealtime=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
TimeoutStartSec=15min
)";

UnitFile service(const Installation& installation, const std::string& name, std::string_view what,
                 std::string_view limits) {
  return {fmt::format("hasync-{}.service", name),
          fmt::format(R"(# Written by hasync apply; changes here are overwritten.
[Unit]
Description=hasync: {}
Documentation=man:hasync(1)
After=network-online.target
Wants=network-online.target
# A heartbeat every second or two is no crash loop: by default systemd refuses the sixth start within 10 s.
StartLimitIntervalSec=0

[Service]
Type=oneshot
SyslogIdentifier=hasync
ExecStart={}
# Exit 5: another run holds the lock, which is recorded and no fault of this one.
SuccessExitStatus=5
{})",
                      what, exec_start(installation, {name}), limits)};
}

UnitFile timer(const std::string& name, std::string_view what, std::string_view when) {
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
  for (const char byte : shell_line(argv)) escaped += byte == '%' ? std::string{"\\%"} : std::string{byte};
  return escaped;
}

std::vector<UnitFile> units(const Installation& installation) {
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
      service(installation, "sync", "pull the data from the primary", pulls),
      timer("sync", "pull the data from the primary, on the grid", sync),
      service(installation, "heartbeat", "ask the primary whether it is alive", promotes),
      timer("heartbeat", "ask the primary whether it is alive", beat),
      service(installation, "notify", "send what is in the outbox", reports),
      timer("notify", "send what is in the outbox", "OnCalendar=*-*-* *:*:30 UTC\nAccuracySec=1s\n"),
      service(installation, "housekeeping", "forget old history", reports),
      timer("housekeeping", "forget old history, once a day", "OnCalendar=*-*-* 03:30:00 UTC\nPersistent=yes\n"),
  };
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
