#include "schedule/sandbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>

namespace hasync::schedule {
namespace {

// What a process can deny itself, with or without privileges: said for every agent.
constexpr std::string_view for_every_manager = R"(NoNewPrivileges=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
)";

constexpr std::string_view for_the_system = R"(PrivateMounts=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
)";

constexpr std::string_view steps_run_here =
    R"(# No sandbox: the steps, the fence and the command probes of the settings run from here. Nobody can know what they need:
# a file system they mount must be there for all, a file they write may be anywhere, some need privileges.
# What a step has started stays when the beat is over.
KillMode=process
TimeoutStartSec=infinity
)";

constexpr std::string_view hooks_run_here =
    R"(# No sandbox: the hooks of the settings run from here. Nobody can know what they need: a file system they mount must be
# there for all, a file they write may be anywhere, some need privileges.
# What a hook has started stays when the run is over.
KillMode=process
TimeoutStartSec=infinity
)";

constexpr std::string_view takes_its_time = R"(KillMode=mixed
TimeoutStartSec=infinity
)";

constexpr std::string_view restores_data =
    R"(# Data arrive as they are: with their owners, modes, setuid bits (so no RestrictSUIDSGID=) and capabilities,
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_SETFCAP
# with attributes that the kernel lets only an administrator set (trusted.*; security.*, as Samba's),
CapabilityBoundingSet=CAP_SYS_ADMIN
# and with their device nodes, which may be made, but not used.
CapabilityBoundingSet=CAP_MKNOD
DevicePolicy=closed
DeviceAllow=char-* m
DeviceAllow=block-* m
)";

constexpr std::string_view restores_data_of_a_user =
    "# No RestrictSUIDSGID= and UMask=: data arrive with the modes they have.\n";

constexpr std::string_view talks =
    R"(# Peers, probes and mail servers; names are looked up by way of local sockets and netlink.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
)";

constexpr std::string_view talks_to_nobody = "RestrictAddressFamilies=AF_UNIX\n";

constexpr std::string_view no_network = R"(PrivateNetwork=yes
IPAddressDeny=any
)";

// After for_every_manager: the first SystemCallFilter= of a unit says what kind the others are.
constexpr std::string_view keeps_records = R"(SystemCallFilter=~@resources
RestrictSUIDSGID=yes
UMask=0077
TimeoutStartSec=15min
)";

constexpr std::string_view needs_no_device = R"(PrivateDevices=yes
ProtectProc=invisible
SystemCallFilter=~@privileged
# The state and the secrets may belong to another user than root.
CapabilityBoundingSet=CAP_DAC_OVERRIDE
)";

bool is_below(const std::string& path, std::string_view folder) {
  const std::filesystem::path inner{path}, outer{folder};
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

bool any_below(const std::vector<std::string>& paths, std::initializer_list<std::string_view> folders) {
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    return std::any_of(folders.begin(), folders.end(), [&](auto folder) { return is_below(path, folder); });
  });
}

std::vector<std::string> all_paths(const Installation& of) {
  std::vector<std::string> all{of.program, of.config};
  all.insert(all.end(), of.reads.begin(), of.reads.end());
  all.insert(all.end(), of.writes.begin(), of.writes.end());
  return all;
}

bool uses_tmp(const Installation& installation) { return any_below(all_paths(installation), {"/tmp", "/var/tmp"}); }

std::string temporary_files(const Installation& installation) {
  return uses_tmp(installation) ? "# No PrivateTmp=: what the settings name is below /tmp or /var/tmp.\n"
                                : "PrivateTmp=yes\n";
}

// A folder that is missing must not keep the agent from starting: then nobody would be told.
std::string writes_only(const Installation& installation, const std::vector<std::string>& folders) {
  std::string text =
      "# Home folders can be read: keys, secrets and the settings may be there.\nProtectHome=read-only\n"
      "ProtectSystem=strict\n# Where it may write. Another folder in the settings is another one here: hasync apply. "
      "The "
      "\"-\": where it is missing,\n# the agent starts all the same, fails, and says so in history and mail.\n";
  text += "ReadWritePaths=";
  for (const auto& folder : folders) text += unit_path("-", folder) + (&folder == &folders.back() ? "" : " ");
  return text + (uses_tmp(installation) ? " /tmp /var/tmp\n" : "\n");
}

// Not strict, as a sync: the folder of a live path may be there only when a promotion makes it, and then it must be
// possible to write there.
std::string may_promote(const Installation& installation) {
  std::string text = "# A promotion copies the data to where they are used, which may be anywhere but here:\n";
  text += any_below(installation.writes, {"/usr", "/boot", "/efi", "/etc"})
              ? "# no ProtectSystem=, for it copies to below /usr, /boot, /efi or /etc.\n"
              : "ProtectSystem=full\n";
  text += any_below(installation.writes, {"/home", "/root", "/run/user"})
              ? "# No ProtectHome=, for it copies to below /home, /root or /run/user.\n"
              : "ProtectHome=read-only\n";
  return text +
         "# No ProtectProc=: by the age of process 1 a beat tells this boot from the one before. No UMask=: folders "
         "above "
         "a live\n# path are for the application, too.\n";
}

std::string for_system(Job job, const Installation& installation) {
  const auto common = fmt::format("{}{}{}", for_every_manager, for_the_system, temporary_files(installation));
  const auto records = [&] {
    return fmt::format("{}{}{}{}", common, keeps_records, needs_no_device,
                       writes_only(installation, {installation.state_folder}));
  };
  switch (job) {
    case Job::sync:
      return fmt::format("{}{}{}{}{}ProtectProc=invisible\n", takes_its_time, common, restores_data, talks,
                         writes_only(installation, {installation.store, installation.state_folder}));
    case Job::heartbeat:
      return fmt::format("{}{}{}{}{}", takes_its_time, common, restores_data, talks, may_promote(installation));
    case Job::notify:
      return fmt::format("{}{}", records(), talks);
    case Job::housekeeping:
      break;
  }
  return fmt::format("{}{}{}", records(), talks_to_nobody, no_network);
}

std::string for_user(Job job) {
  switch (job) {
    case Job::sync:
    case Job::heartbeat:
      return fmt::format("{}{}{}{}", takes_its_time, for_every_manager, restores_data_of_a_user, talks);
    case Job::notify:
      return fmt::format("{}{}{}", for_every_manager, keeps_records, talks);
    case Job::housekeeping:
      break;
  }
  return fmt::format("{}{}{}", for_every_manager, keeps_records, talks_to_nobody);
}

}  // namespace

std::string unit_path(std::string_view prefix, std::string_view path) {
  std::string quoted = fmt::format("\"{}", prefix);
  for (const char byte : path) {
    if (byte == '%') quoted += '%';  // doubled: no specifier
    quoted += byte == '"' ? std::string{R"("'"'")"} : std::string{byte};
  }
  return quoted + "\"";
}

std::string sandbox(Job job, Manager manager, const Installation& installation) {
  if (job == Job::heartbeat && installation.of_a_beat == Programs::of_the_operator) return std::string{steps_run_here};
  if (job == Job::sync && installation.of_a_sync == Programs::of_the_operator) return std::string{hooks_run_here};
  return manager == Manager::system ? for_system(job, installation) : for_user(job);
}

}  // namespace hasync::schedule
