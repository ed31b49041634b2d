#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/settings_change.hpp"
#include "config/load.hpp"
#include "os/atomic_file.hpp"
#include "os/editor.hpp"
#include "os/file_lock.hpp"
#include "os/terminal.hpp"

namespace hasync::cmd {
namespace {

namespace fs = std::filesystem;

// The operator's text, until it is saved: hasync.edit.yaml beside hasync.yaml.
std::string copy_of(const std::string& path) {
  const fs::path original{path};
  return (original.parent_path() / (original.stem().string() + ".edit" + original.extension().string())).string();
}

// A fresh copy, or what an edit that was refused has left.
Result<void> make_copy(Session& session, const std::string& copy, const std::string& text) {
  std::error_code none;
  if (!fs::exists(copy, none)) return replace_file(copy, text, 0600);
  if (fs::last_write_time(copy, none) < fs::last_write_time(session.config_path, none))
    return fail(ExitCode::unsafe,
                fmt::format("{0} was kept by an earlier edit, but {1} has been changed since; take over what you want "
                            "(diff -u {2} {3}), and remove {0}",
                            copy, session.config_path, shell_word(session.config_path), shell_word(copy)));
  session.log().warning(fmt::format("going on with {}, kept by an earlier edit", copy));
  return {};
}

Result<ExitCode> save(Session& session, const std::string& base, const std::string& copy) {
  HASYNC_TRY(const auto wanted, read_file(copy));
  const auto whole = [&](std::string_view now) -> Result<config::Edited> {
    if (now != base)
      return fail(ExitCode::busy, fmt::format("{} was changed by somebody else meanwhile; compare: diff -u {} {}",
                                              session.config_path, shell_word(session.config_path), shell_word(copy)));
    return config::compare(now, wanted, session.config_path);
  };
  return change_settings(session, {"config edit"}, whole);
}

bool wants_to_edit_again(const Session& session, const Error& error) {
  if (!can_ask()) return false;
  say_on_stderr(describe(error) + "\nedit again? [yes] ");
  const auto answer = TypedLines{session.interrupt}.next();
  return answer && *answer && ((*answer)->empty() || (*answer)->starts_with('y'));
}

Result<ExitCode> edit(Session& session) {
  HASYNC_TRY(const auto base, config::read_settings(session.config_path));
  const auto copy = copy_of(session.config_path);
  HASYNC_TRY(const auto database, store::open_state(session.state()));
  HASYNC_TRY(const auto lock, FileLock::take(session.state_folder + "/edit.lock",
                                             fmt::format("hasync config edit (pid {})", ::getpid())));
  HASYNC_CHECK(make_copy(session, copy, base));
  auto argv = editor();
  argv.push_back(copy);
  while (true) {
    const auto edited = run_on_terminal(argv);
    auto saved = edited ? save(session, base, copy) : Result<ExitCode>{fail(edited.error())};
    const auto text = read_file(copy);
    if (saved || (text && *text == base)) {
      ::unlink(copy.c_str());
      return saved;
    }
    if (edited && wants_to_edit_again(session, saved.error())) continue;
    session.log().warning(
        fmt::format("nothing was changed; your text is kept in {}, hasync config edit goes on with it", copy));
    return saved;
  }
}

}  // namespace

void add_config_edit(CLI::App& config, Invocation& invocation) {
  add_command(config, "edit", "open the settings in $VISUAL or $EDITOR; what has a fault is not saved, and not lost",
              invocation, edit);
}

}  // namespace hasync::cmd
