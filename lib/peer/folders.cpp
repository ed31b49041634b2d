#include "peer/folders.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "peer/transport.hpp"

namespace hasync::peer {
namespace {

constexpr std::size_t most = 40;
constexpr auto step_timeout = std::chrono::seconds{5};

// Below /var/lib of a Debian with a web server, a database and a few more.
constexpr std::array of_the_system{"AccountsService",
                                   "NetworkManager",
                                   "PackageKit",
                                   "alternatives",
                                   "apache2",
                                   "apt",
                                   "aspell",
                                   "bluetooth",
                                   "boltd",
                                   "ca-certificates-java",
                                   "chrony",
                                   "cloud",
                                   "colord",
                                   "command-not-found",
                                   "containerd",
                                   "dbus",
                                   "debconf",
                                   "dhcp",
                                   "dictionaries-common",
                                   "dkms",
                                   "dpkg",
                                   "emacsen-common",
                                   "fwupd",
                                   "gems",
                                   "ghostscript",
                                   "git",
                                   "hasync",
                                   "ieee-data",
                                   "initramfs-tools",
                                   "ispell",
                                   "libuuid",
                                   "logrotate",
                                   "lvm",
                                   "man-db",
                                   "mariadb",
                                   "mdadm",
                                   "misc",
                                   "mysql",
                                   "mysql-files",
                                   "mysql-keyring",
                                   "nfs",
                                   "nginx",
                                   "ntp",
                                   "ntpsec",
                                   "os-prober",
                                   "pam",
                                   "php",
                                   "plymouth",
                                   "polkit-1",
                                   "postgresql",
                                   "private",
                                   "python",
                                   "sgml-base",
                                   "shells.state",
                                   "snmp",
                                   "ssl-cert",
                                   "sudo",
                                   "swcatalog",
                                   "systemd",
                                   "tpm",
                                   "ucf",
                                   "udisks2",
                                   "unattended-upgrades",
                                   "update-notifier",
                                   "update-rc.d",
                                   "upower",
                                   "urandom",
                                   "usb_modeswitch",
                                   "usbutils",
                                   "vim",
                                   "xfonts",
                                   "xkb",
                                   "xml-core"};

Result<ProcessResult> run_there(const config::Peer& peer, const std::vector<std::string>& argv, ProcessRunner& runner) {
  HASYNC_TRY(auto ended, runner.run({.argv = command_on_peer(peer, argv, step_timeout),
                                     .timeout = step_timeout + std::chrono::seconds{2},
                                     .grace = std::chrono::seconds{1},
                                     .output_limit = 1'048'576}));
  if (ended.end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  const bool of_ssh = ended.end == ProcessResult::End::exited && ended.code == 255;
  if (of_ssh && peer.transport == config::Transport::ssh) return fail(explain_ssh(peer, ended.errors));
  if (auto refusal = told_refusal(peer, ended.errors)) return fail(std::move(*refusal));
  return ended;
}

}  // namespace

bool is_of_the_system(const std::string& path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return std::find(of_the_system.begin(), of_the_system.end(), name) != of_the_system.end();
}

std::vector<std::string> candidates(const std::string& found) {
  std::vector<std::string> paths;
  for (const auto& path : split(found, '\0'))
    // What holds an odd byte or a blank is better typed by a person than picked by its number.
    if (path.starts_with('/') && printable(path) == path && path.find_first_of(" :,=") == std::string::npos &&
        !is_of_the_system(path) && paths.size() < most)
      paths.push_back(path);
  return paths;
}

std::vector<Folder> with_sizes(const std::vector<std::string>& paths, const std::string& measured) {
  std::vector<Folder> folders;
  for (const auto& path : paths) folders.push_back({path});
  for (const auto& line : split(measured, '\n')) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos) continue;
    const auto found = std::find_if(folders.begin(), folders.end(),
                                    [&](const Folder& each) { return each.path == line.substr(tab + 1); });
    std::int64_t bytes = 0;
    if (found != folders.end() && std::from_chars(line.data(), line.data() + tab, bytes).ptr == line.data() + tab)
      found->bytes = bytes;
  }
  std::stable_sort(folders.begin(), folders.end(), [](const Folder& left, const Folder& right) {
    return left.bytes.value_or(-1) > right.bytes.value_or(-1);
  });
  return folders;
}

Result<std::vector<Folder>> find_folders(const config::Peer& peer, ProcessRunner& runner) {
  HASYNC_TRY(const auto found, run_there(peer,
                                         {"find", "-P", "/srv", "/var/www", "/var/lib", "/opt", "/mnt", "-mindepth",
                                          "1", "-maxdepth", "1", "-type", "d", "-not", "-empty", "-print0"},
                                         runner));
  const auto paths = candidates(found.output);
  if (paths.empty()) return std::vector<Folder>{};
  // du prints each folder as soon as it knows it, so what it got to in time counts.
  std::vector<std::string> measure{"timeout", "4", "du", "-sb", "--"};
  measure.insert(measure.end(), paths.begin(), paths.end());
  const auto measured = run_there(peer, measure, runner);
  if (!measured && measured.error().code == ExitCode::interrupted) return fail(measured.error());
  return with_sizes(paths, measured ? measured->output : "");
}

}  // namespace hasync::peer
