#include "sync/rsync.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "peer/transport.hpp"

namespace hasync::sync {
namespace {

constexpr auto connect_timeout = std::chrono::seconds{15};
// An rsync that neither sends nor receives for so long ends itself (exit status 30).
constexpr int io_timeout_s = 120;
constexpr int stream_ended = 12, vanished = 24, partial = 23, ssh_failed = 255, no_remote_program = 127;

std::vector<std::string> common_argv(const config::Config& settings, const config::Dataset& dataset) {
  std::vector<std::string> argv{"rsync",         "-aHAX",
                                "--sparse",      "--modify-window=-1",
                                "--numeric-ids", "--no-human-readable",
                                "--stats",       fmt::format("--timeout={}", io_timeout_s)};
  const auto transport = peer::rsync_transport(settings.peer, connect_timeout);
  argv.insert(argv.end(), transport.begin(), transport.end());
  for (const auto& pattern : dataset.exclude) argv.push_back("--exclude=" + pattern);
  return argv;
}

std::int64_t number_after(std::string_view output, std::string_view label) {
  const auto at = output.find(label);
  if (at == std::string_view::npos) return 0;
  std::int64_t number = 0;
  for (const char byte : output.substr(at + label.size())) {
    if (byte == ',') continue;
    if (byte < '0' || byte > '9') break;
    number = number * 10 + (byte - '0');
  }
  return number;
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
  if (result.code == partial)
    return fmt::format("not everything could be read or written, so nothing is published: {}",
                       first_complaint(result.errors));
  return fmt::format("rsync failed with exit status {}: {}", result.code, first_complaint(result.errors));
}

}  // namespace

Counts& Counts::operator+=(const Counts& other) {
  changed += other.changed;
  deleted += other.deleted;
  folders += other.folders;
  files += other.files;
  bytes += other.bytes;
  transferred += other.transferred;
  return *this;
}

std::vector<std::string> plan_argv(const config::Config& settings, const config::Dataset& dataset,
                                   const std::string& newest) {
  auto argv = common_argv(settings, dataset);
  argv.insert(argv.end(), {"--dry-run", "--delete", "--delete-excluded", "--out-format=%i",
                           peer::rsync_source(settings.peer, dataset.source), newest + "/"});
  return argv;
}

std::vector<std::string> transfer_argv(const config::Config& settings, const config::Dataset& dataset,
                                       const std::string& newest, const std::string& target, Progress progress) {
  auto argv = common_argv(settings, dataset);
  if (!newest.empty()) argv.push_back("--link-dest=" + newest);
  if (settings.sync.bandwidth_limit > 0)
    argv.push_back(fmt::format("--bwlimit={}", std::max<std::int64_t>(1, settings.sync.bandwidth_limit / 1024)));
  if (progress == Progress::told) argv.insert(argv.end(), {"--info=progress2", "--no-inc-recursive"});
  argv.insert(argv.end(), {peer::rsync_source(settings.peer, dataset.source), target + "/"});
  return argv;
}

Counts read_counts(const std::string& output) {
  Counts counts;
  for (std::size_t at = 0; at < output.size();) {
    const auto line = std::string_view{output}.substr(at, output.find('\n', at) - at);
    if (line.starts_with("*deleting"))
      ++counts.deleted;
    else if (line.size() == 11 && std::string_view{"<>ch."}.find(line[0]) != std::string_view::npos)
      ++(line[1] == 'd' ? counts.folders : counts.changed);
    at += line.size() + 1;
  }
  const auto folders = number_after(output, "dir: ");
  counts.files = std::max<std::int64_t>(0, number_after(output, "Number of files: ") - folders);
  counts.bytes = number_after(output, "Total file size: ");
  counts.transferred = number_after(output, "Total transferred file size: ");
  return counts;
}

std::optional<int> read_percent(std::string_view chunk) {
  const auto sign = chunk.rfind('%');
  if (sign == std::string_view::npos) return std::nullopt;
  auto first = sign;
  while (first > 0 && chunk[first - 1] >= '0' && chunk[first - 1] <= '9') --first;
  int percent = 0;
  for (const char digit : chunk.substr(first, std::min<std::size_t>(3, sign - first)))
    percent = percent * 10 + (digit - '0');
  return first == sign || percent > 100 ? std::nullopt : std::optional{percent};
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
  const bool over_ssh = settings.peer.transport == config::Transport::ssh;
  const bool broke_off = result.code == stream_ended &&
                         result.errors.find("connection unexpectedly closed") != std::string::npos &&
                         result.errors.find("not found") == std::string::npos;
  if (over_ssh && (result.code == ssh_failed || broke_off))
    return {with_context(peer::explain_ssh(settings.peer, result.errors), about), {}};
  return {Error{ExitCode::failed, about + ": " + tell_failure(settings, dataset, result)}, {}};
}

}  // namespace hasync::sync
