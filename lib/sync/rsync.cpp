#include "sync/rsync.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "peer/transport.hpp"
#include "sync/changes.hpp"

namespace hasync::sync {
namespace {

constexpr auto connect_timeout = std::chrono::seconds{15};
// An rsync that neither sends nor receives for so long ends itself (exit status 30).
constexpr int io_timeout_s = 120;
// While rsync reads a large file for its checksum it says nothing; ssh sees to it that a dead connection ends.
const std::vector<std::string> by_checksum{"--checksum", "--checksum-choice=xxh128", "--timeout=86400"};
constexpr int unsupported = 4, socket_failed = 10, stream_ended = 12, no_data = 30, no_daemon = 35, vanished = 24,
              partial = 23, ssh_failed = 255, no_remote_program = 127;

// Everything a file has, as it is; times to the nanosecond, for the quick check, too.
const std::vector<std::string> exact{"rsync", "-aHAX", "--sparse", "--modify-window=-1", "--numeric-ids"};

std::vector<std::string> argv_from_peer(const config::Config& settings, const config::Dataset& dataset) {
  auto argv = exact;
  argv.insert(argv.end(), {"--no-human-readable", "--stats", fmt::format("--timeout={}", io_timeout_s),
                           fmt::format("--out-format={}", change_format)});
  const auto transport = peer::rsync_transport(settings.peer, connect_timeout);
  argv.insert(argv.end(), transport.begin(), transport.end());
  for (const auto& pattern : dataset.exclude) argv.push_back("--exclude=" + pattern);
  return argv;
}

std::vector<std::string> argv_of_transfer(const config::Config& settings, const config::Dataset& dataset,
                                          Progress progress) {
  auto argv = argv_from_peer(settings, dataset);
  argv.emplace_back("--checksum-choice=xxh128");
  if (is_slow_link(settings)) argv.emplace_back("--compress");
  if (settings.sync.bandwidth_limit > 0)
    argv.push_back(fmt::format("--bwlimit={}", std::max<std::int64_t>(1, settings.sync.bandwidth_limit / 1024)));
  if (progress == Progress::told) argv.emplace_back("--info=progress2");
  return argv;
}

// With a list rsync takes folders without what is in them (rsync(1), --files-from). What is listed and has vanished
// since is left out, as a folder's files that vanish are.
void append_list(std::vector<std::string>& argv, const std::string& list) {
  argv.insert(argv.end(), {"--files-from=" + list, "--from0", "--ignore-missing-args"});
}

// Of the folders on the way to what is listed nothing is asked for.
void append_bare_list(std::vector<std::string>& argv, const std::string& list) {
  append_list(argv, list);
  argv.emplace_back("--no-implied-dirs");
}

// rsync takes the first that has just the file.
void append_at_hand(std::vector<std::string>& argv, const AtHand& at_hand) {
  if (!at_hand.apart.empty()) argv.push_back("--link-dest=" + at_hand.apart);
  if (!at_hand.newest.empty()) argv.push_back("--link-dest=" + at_hand.newest);
  for (const auto& folder : at_hand.interrupted) argv.push_back("--link-dest=" + folder);
  // Twice: what only becomes a link is listed, too (rsync(1), --itemize-changes).
  if (!at_hand.interrupted.empty()) argv.insert(argv.end(), {"--itemize-changes", "--itemize-changes"});
  if (!at_hand.parts.empty()) argv.push_back("--partial-dir=" + at_hand.parts);
  if (!at_hand.on_disk) argv.emplace_back("--ignore-times");
  if (at_hand.begun || !at_hand.on_disk) argv.emplace_back("--no-whole-file");
}

// rsync's own complaints begin with "rsync"; the first names the cause, the last only sums up.
std::string first_complaint(const std::string& errors) {
  for (const auto& line : split(errors, '\n'))
    if (line.starts_with("rsync")) return printable(line);
  return printable(last_line(errors));
}

std::string tell_failure(const config::Config& settings, const config::Dataset& dataset, const ProcessResult& result) {
  const auto said = [&](std::string_view words) { return result.errors.find(words) != std::string::npos; };
  if (said("No space left on device") || said("Disk quota exceeded"))
    return fmt::format("no room left in the store {}; make room there, or lower sync.keep", settings.sync.store);
  if (result.code == partial && said("change_dir") && said("No such file or directory"))
    return fmt::format("{} has no folder {}; is it mounted?", settings.peer.name, dataset.source);
  if (said("change_dir") && said("Not a directory"))
    return fmt::format("{} on {} is not a folder; name the folder it is in, and exclude the rest", dataset.source,
                       settings.peer.name);
  if (result.code == no_remote_program || said("rsync: command not found") || said("rsync: not found"))
    return fmt::format("{} has no rsync; install it there", settings.peer.name);
  if (result.code == unsupported && said("checksum"))
    return fmt::format("the rsync of {} or of this node has no XXH128; install rsync 3.2 or newer on both",
                       settings.peer.name);
  if (result.code == partial)
    return fmt::format("not everything could be read or written, so nothing is published: {}",
                       first_complaint(result.errors));
  return fmt::format("rsync failed with exit status {}: {}", result.code, first_complaint(result.errors));
}

// Once something came, the peer had let us in, and its rsync was there.
bool broke_off_in_the_middle(const ProcessResult& result) {
  return result.code == stream_ended &&
         result.errors.find("connection unexpectedly closed (0 bytes") == std::string::npos &&
         result.errors.find("not found") == std::string::npos;
}

Outlook outlook_of(const ProcessResult& result) {
  const bool passes = result.code == socket_failed || result.code == no_data || result.code == no_daemon ||
                      broke_off_in_the_middle(result);
  return passes ? Outlook::passing : Outlook::lasting;
}

}  // namespace

bool is_slow_link(const config::Config& settings) {
  if (settings.peer.transport == config::Transport::local) return false;
  constexpr std::int64_t fast = 12 << 20;  // what 100 Mbit/s bring
  const auto limit = settings.sync.bandwidth_limit, lately = settings.peer.lately_per_second;
  return (limit > 0 && limit < fast) || (lately > 0 && lately < fast);
}

std::string listed(const std::string& path) {
  return (path.starts_with('#') || path.starts_with(';') ? "./" + path : path) + '\0';
}

std::vector<std::string> plan_argv(const config::Config& settings, const config::Dataset& dataset,
                                   const std::string& newest) {
  auto argv = argv_from_peer(settings, dataset);
  argv.insert(argv.end(), {"--dry-run", "--delete", "--delete-excluded",
                           peer::rsync_source(settings.peer, dataset.source), newest + "/"});
  return argv;
}

std::vector<std::string> compare_argv(const config::Config& settings, const config::Dataset& dataset,
                                      const std::string& folder) {
  auto argv = plan_argv(settings, dataset, folder);
  argv.insert(argv.end() - 2, by_checksum.begin(), by_checksum.end());
  return argv;
}

std::vector<std::string> look_argv(const config::Config& settings, const config::Dataset& dataset,
                                   const std::string& list, const std::string& nowhere) {
  auto argv = argv_from_peer(settings, dataset);
  append_bare_list(argv, list);
  argv.insert(argv.end(), {"--dry-run", peer::rsync_source(settings.peer, dataset.source), nowhere + "/"});
  return argv;
}

std::vector<std::string> transfer_apart_argv(const config::Config& settings, const config::Dataset& dataset,
                                             const std::string& newest, const std::string& target) {
  auto argv = argv_of_transfer(settings, dataset, Progress::silent);
  append_bare_list(argv, "-");
  if (!newest.empty()) argv.push_back("--copy-dest=" + newest);
  argv.insert(argv.end(), {peer::rsync_source(settings.peer, dataset.source), target + "/"});
  return argv;
}

std::vector<std::string> transfer_moved_argv(const config::Config& settings, const config::Dataset& dataset,
                                             const std::string& guessed, const std::string& target) {
  auto argv = argv_of_transfer(settings, dataset, Progress::silent);
  append_bare_list(argv, "-");
  argv.insert(argv.end(), by_checksum.begin(), by_checksum.end());
  argv.insert(argv.end(), {"--itemize-changes", "--itemize-changes", "--link-dest=" + guessed,
                           peer::rsync_source(settings.peer, dataset.source), target + "/"});
  return argv;
}

std::vector<std::string> transfer_argv(const config::Config& settings, const config::Dataset& dataset,
                                       const AtHand& at_hand, const std::string& target, Progress progress) {
  auto argv = argv_of_transfer(settings, dataset, progress);
  append_at_hand(argv, at_hand);
  argv.insert(argv.end(), {peer::rsync_source(settings.peer, dataset.source), target + "/"});
  return argv;
}

std::vector<std::string> transfer_listed_argv(const config::Config& settings, const config::Dataset& dataset,
                                              const AtHand& at_hand, const std::string& list, const std::string& target,
                                              Progress progress) {
  auto argv = argv_of_transfer(settings, dataset, progress);
  append_list(argv, list);
  append_at_hand(argv, at_hand);
  argv.insert(argv.end(), {"--ignore-existing", peer::rsync_source(settings.peer, dataset.source), target + "/"});
  return argv;
}

std::vector<std::string> folder_itself_argv(const config::Config& settings, const config::Dataset& dataset,
                                            const std::string& target) {
  auto argv = argv_from_peer(settings, dataset);
  argv.insert(argv.begin() + 1, "--exclude=*");  // before the patterns of the dataset, of which the first counts
  argv.insert(argv.end(), {peer::rsync_source(settings.peer, dataset.source), target + "/"});
  return argv;
}

std::vector<std::string> attribute_filters(const config::Config& settings) {
  const bool sent_by_root = settings.peer.transport == config::Transport::local || settings.peer.user == "root";
  if (!sent_by_root) return {"--filter=-srx! user.*"};
  return {"--filter=-srx system.*", "--filter=-srx trusted.SGI_ACL_*"};
}

std::vector<std::string> share_argv(const std::string& from, const std::string& into, const std::string& list) {
  auto argv = exact;
  append_list(argv, list);
  append_at_hand(argv, {.newest = from});
  argv.insert(argv.end(), {from + "/", into + "/"});
  return argv;
}

std::vector<std::string> folders_argv(const std::string& from, const std::vector<std::string>& names,
                                      const std::string& into) {
  auto argv = exact;
  argv.insert(argv.end(), {"--no-recursive", "--dirs", "--relative", "--"});
  for (const auto& name : names) argv.push_back(fmt::format("{}/./{}", from, name));
  argv.push_back(into + "/");
  return argv;
}

Judged judge(const config::Config& settings, const config::Dataset& dataset, const ProcessResult& result) {
  const auto about = "dataset " + dataset.name;
  if (result.succeeded()) return {};
  if (result.end == ProcessResult::End::interrupted) return {Error{ExitCode::interrupted, "interrupted"}, {}};
  if (result.end == ProcessResult::End::timed_out)
    return {Error{ExitCode::failed, fmt::format("{}: the run took longer than sync.timeout {} and was ended", about,
                                                format_duration(settings.sync.timeout))},
            {}};
  if (result.end == ProcessResult::End::signalled)
    return {Error{ExitCode::failed, fmt::format("{}: rsync was {}", about, tell_end(result))}, {}};
  if (result.code == vanished) return {{}, about + ": some files vanished while they were read"};
  if (auto refusal = peer::told_refusal(settings.peer, result.errors))
    return {with_context(std::move(*refusal), about), {}};
  const bool over_ssh = settings.peer.transport == config::Transport::ssh;
  const bool broke_off = result.code == stream_ended &&
                         result.errors.find("connection unexpectedly closed") != std::string::npos &&
                         result.errors.find("not found") == std::string::npos;
  if (over_ssh && (result.code == ssh_failed || broke_off)) {
    auto error = peer::explain_ssh(settings.peer, result.errors);
    if (broke_off_in_the_middle(result)) error.outlook = Outlook::passing;
    return {with_context(std::move(error), about), {}};
  }
  Error error{ExitCode::failed, about + ": " + tell_failure(settings, dataset, result)};
  if (over_ssh) error.outlook = outlook_of(result);
  return {std::move(error), {}};
}

}  // namespace hasync::sync
