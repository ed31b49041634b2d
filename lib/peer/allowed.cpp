#include "peer/allowed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/shell_words.hpp"
#include "base/text.hpp"

namespace hasync::peer {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view digits = "0123456789";
constexpr std::string_view names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,";

tl::unexpected<Error> refused(std::string why) { return fail(ExitCode::unsafe, std::move(why)); }
std::string quoted(std::string_view word) { return "\"" + printable(word.substr(0, 80)) + "\""; }

bool consists_of(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

// The options that hasync leads rsync to give the one at the other end, and a few that a later hasync may: none names a
// file, follows a symlink, writes or removes.
constexpr std::array plain_options{
    "--checksum",  "--compress",     "--delete-missing-args", "--from0",    "--ignore-missing-args",
    "--inplace",   "--new-compress", "--no-implied-dirs",     "--no-r",     "--numeric-ids",
    "--partial",   "--files-from=-", "--old-compress",        "--relative", "--sparse",
    "--whole-file"};

struct WithValue {
  std::string_view name, letters;
};
constexpr std::array options_with_value{WithValue{"--bwlimit=", digits},        WithValue{"--checksum-choice=", names},
                                        WithValue{"--checksum-seed=", digits},  WithValue{"--compress-choice=", names},
                                        WithValue{"--compress-level=", digits}, WithValue{"--info=", names},
                                        WithValue{"--log-format=", "%iX"},      WithValue{"--out-format=", "%iX"},
                                        WithValue{"--timeout=", digits}};

// Flags that may be bundled in one word. "e" ends it: what follows tells what the other rsync is capable of.
constexpr std::string_view flags = "nlHogDtpAXrcRSzWdIx";

bool is_allowed_bundle(std::string_view word) {
  if (word.size() < 2 || word[0] != '-' || word[1] == '-') return false;
  const auto bundle = word.substr(1);
  const auto end = bundle.find('e');
  if (end == std::string_view::npos) return consists_of(bundle, flags);
  const auto capable = bundle.substr(end + 1);
  const auto letters = capable.substr(std::min(capable.size(), capable.find_first_not_of("0123456789.")));
  return (end == 0 || consists_of(bundle.substr(0, end), flags)) && capable.find('.') != std::string_view::npos &&
         (letters.empty() || consists_of(letters, names.substr(0, 52)));
}

bool is_allowed_option(std::string_view word) {
  if (std::find(plain_options.begin(), plain_options.end(), word) != plain_options.end()) return true;
  return is_allowed_bundle(word) ||
         std::any_of(options_with_value.begin(), options_with_value.end(), [&](const WithValue& option) {
           return word.starts_with(option.name) && consists_of(word.substr(option.name.size()), option.letters);
         });
}

Result<Permission> allow_rsync(const Words& words, const Words& sources, Confinement confinement) {
  if (words.size() < 3 || words[1] != "--server" || words[2] != "--sender")
    return refused("rsync may do nothing but send: rsync --server --sender");
  std::size_t at = 3;
  for (; at < words.size() && words[at].starts_with('-'); ++at) {
    if (!is_allowed_option(words[at]))
      return refused(fmt::format("{} is no option that hasync gives rsync", quoted(words[at])));
    if (words[at] == "--files-from=-" && confinement == Confinement::impossible)
      return refused(
          "--files-from needs Landlock, which the kernel here does not have: rsync could not be kept from "
          "reading elsewhere");
  }
  if (words.size() != at + 2 || words[at] != ".")
    return refused("after the options of rsync comes one folder, and nothing else");
  for (const auto& source : sources)
    if (words[at + 1] == source + "/")
      return Permission{.what = Permission::What::send, .sources = {source}, .argv = words};
  return refused(fmt::format("{} is not the source of a dataset", quoted(words[at + 1])));
}

Result<Permission> allow_hasync(const Words& words, const Words& sources) {
  if (words.size() > 2 && words[1] == "agent" && words[2] == "dump")
    return refused("it is not the dump of a dataset in the settings here");
  if (words.size() < 3 || words[1] != "agent" || words[2] != "describe")
    return refused("hasync may do nothing but describe this node: hasync agent describe");
  Permission permission;
  for (std::size_t at = 3; at < words.size(); at += 2) {
    const bool is_dump = words[at] == "--dump";
    if ((words[at] != "--source" && !is_dump) || at + 1 == words.size())
      return refused("hasync agent describe takes nothing but --source PATH and --dump COMMAND");
    if (is_dump) {
      permission.dumps.push_back(words[at + 1]);
      continue;
    }
    if (std::find(sources.begin(), sources.end(), words[at + 1]) == sources.end())
      return refused(fmt::format("{} is not the source of a dataset", quoted(words[at + 1])));
    permission.sources.push_back(words[at + 1]);
  }
  return permission;
}

}  // namespace

std::vector<std::string> folders_of(const config::Config& settings) {
  std::vector<std::string> folders;
  for (const auto& dataset : settings.sync.datasets)
    if (dataset.type == config::DatasetType::files) folders.push_back(dataset.source);
  return folders;
}

Result<Permission> allow(std::string_view command, const Offer& offer, Confinement confinement) {
  const auto words = shell_words(command);
  if (!words) return refused(words.error().message);
  if (words->empty()) return refused("this key opens no shell");
  if (std::find(offer.dumps.begin(), offer.dumps.end(), *words) != offer.dumps.end())
    return Permission{.what = Permission::What::dump, .sources = {}, .argv = *words};
  if (words->front() == "rsync") return allow_rsync(*words, offer.folders, confinement);
  if (words->front() == "hasync") return allow_hasync(*words, offer.folders);
  return refused(
      fmt::format("{} is not rsync or hasync, nor the dump of a dataset in the settings here", quoted(words->front())));
}

}  // namespace hasync::peer
