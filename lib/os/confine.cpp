#include "os/confine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "base/fd.hpp"

namespace hasync {
namespace {

constexpr std::array program_folders{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

// What the header of Debian 12 does not know yet: landlock(7) says which came when.
constexpr std::uint64_t truncate = 1U << 14, ioctl_of_device = 1U << 15;
constexpr std::uint64_t bind_tcp = 1U << 0, connect_tcp = 1U << 1;
constexpr std::uint64_t abstract_sockets = 1U << 0, signals = 1U << 1;
struct Ruleset {  // struct landlock_ruleset_attr
  std::uint64_t files = 0, network = 0, scoped = 0;
};

constexpr std::uint64_t read_file = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t read = read_file | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t run = read | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t of_a_file = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | read_file;

struct Rule {
  const char* path;
  std::uint64_t access;
};
constexpr std::array needed_to_start{
    Rule{"/lib", run},
    Rule{"/lib64", run},
    Rule{"/usr/lib", run},
    Rule{"/usr/lib64", run},
    Rule{"/usr/local/lib", run},
    Rule{"/usr/share/locale", read},
    Rule{"/usr/share/zoneinfo", read},
    Rule{"/etc/ld.so.cache", read_file},
    Rule{"/etc/ld.so.preload", read_file},
    Rule{"/etc/localtime", read_file},
    Rule{"/etc/nsswitch.conf", read_file},
    Rule{"/etc/passwd", read_file},
    Rule{"/etc/group", read_file},
    Rule{"/dev/null", read_file | LANDLOCK_ACCESS_FS_WRITE_FILE},
};

// The version of the kernel's Landlock; negative: it has none.
long landlock_version() { return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION); }

// All that this kernel can forbid.
Ruleset everything(long version) {
  Ruleset all{.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1};
  if (version >= 2) all.files |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all.files |= truncate;
  if (version >= 4) all.network = bind_tcp | connect_tcp;
  if (version >= 5) all.files |= ioctl_of_device;
  if (version >= 6) all.scoped = abstract_sockets | signals;
  return all;
}

// What is not there needs no permission.
Result<void> permit(const Fd& ruleset, const std::string& path, std::uint64_t access) {
  const Fd there{::open(path.c_str(), O_PATH | O_CLOEXEC)};
  struct stat found {};
  if (!there || ::fstat(there.get(), &found) != 0) return {};
  const landlock_path_beneath_attr rule{.allowed_access = S_ISDIR(found.st_mode) ? access : access & of_a_file,
                                        .parent_fd = there.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) return {};
  return fail(os_error(fmt::format("cannot permit reading {}", path), errno));
}

Result<void> confine(const std::string& file, const std::vector<std::string>& reads) {
  const auto version = landlock_version();
  if (version < 1) return {};
  const auto all = everything(version);
  const Fd ruleset{static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0))};
  if (!ruleset) return fail(os_error("cannot make a Landlock ruleset", errno));
  for (const auto& rule : needed_to_start) HASYNC_CHECK(permit(ruleset, rule.path, rule.access));
  HASYNC_CHECK(permit(ruleset, file, run));
  for (const auto& folder : reads) HASYNC_CHECK(permit(ruleset, folder, read));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
    return fail(os_error("cannot confine a program by Landlock", errno));
  return {};
}

// What we ignore or handle ourselves is no concern of the program's.
void reset_signals() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) static_cast<void>(std::signal(number, SIG_DFL));
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Error execute(const std::string& file, const std::vector<std::string>& argv) {
  reset_signals();
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(file.c_str(), pointers(argv).data(), pointers({std::string{path_variable}}).data());
  return os_error(fmt::format("cannot start {}", file), errno);
}

}  // namespace

std::string file_of(const std::string& program) {
  struct stat found {};
  if (program.find('/') != std::string::npos) {
    const bool is_program =
        ::stat(program.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(program.c_str(), X_OK) == 0;
    return is_program ? program : std::string{};
  }
  for (const auto* folder : program_folders)
    if (auto file = fmt::format("{}/{}", folder, program); ::access(file.c_str(), X_OK) == 0) return file;
  return {};
}

bool can_confine() { return landlock_version() >= 1; }

Error become_confined(const ConfinedProgram& program) {
  const auto file = file_of(program.argv.front());
  if (file.empty()) return {ExitCode::no_program, fmt::format("there is no {} here; install it", program.argv.front())};
  if (const auto confined = confine(file, program.reads); !confined) return confined.error();
  return execute(file, program.argv);
}

}  // namespace hasync
