#include "sync/resume.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <map>

#include "os/beneath.hpp"
#include "os/tree.hpp"

namespace hasync::sync {
namespace {

namespace fs = std::filesystem;

// No dataset is called so.
constexpr std::string_view parts_name = ".parts";
// Of the name of a run's folder that a crash left.
constexpr std::string_view left = ".left";
constexpr std::size_t most_kept = 3;
// Smaller ones are sent anew as fast.
constexpr std::int64_t worth_sharing = 1 << 20;

// Of a run's folder that has none there is nothing to go on from.
std::string partial_in(const std::string& run) { return fmt::format("{}/{}/partial", run, parts_name); }

bool is_folder(const std::string& path) {
  std::error_code none;
  return fs::is_directory(fs::symlink_status(path, none));
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::optional<int> number_of(std::string_view name) {
  if (name.ends_with(left)) name.remove_suffix(left.size());
  int number = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
  return read.ec == std::errc{} && read.ptr == name.data() + name.size() ? std::optional{number} : std::nullopt;
}

bool is_left(const std::string& run) { return run.ends_with(left); }

// By number, oldest first.
std::vector<std::string> kept_in(const std::string& folder) {
  std::vector<std::string> kept;
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error))
    if (number_of(entry->path().filename().string())) kept.push_back(entry->path().string());
  std::sort(kept.begin(), kept.end());
  return kept;
}

// What nobody knows to be on disk is copied, so that all of it is written: rsync writes to a part only what differs.
Result<void> take_up_parts(const std::string& run, const std::string& into, Carrier& carrier) {
  const auto from = partial_in(run);
  const auto reflink = is_left(run) ? "--reflink=never" : "--reflink=auto";
  std::error_code error;
  for (fs::recursive_directory_iterator entry{from, error}, end; !error && entry != end; entry.increment(error)) {
    if (entry->is_directory()) continue;
    const auto place = into + "/" + entry->path().lexically_relative(from).string();
    HASYNC_CHECK(make_folders(fs::path{place}.parent_path().string()));
    std::error_code kept_apart;  // another subvolume: only the blocks are to be had
    if (!is_left(run)) fs::rename(entry->path(), place, kept_apart);
    if (is_left(run) || kept_apart)
      HASYNC_CHECK(carrier.run({"cp", "--archive", reflink, "--", entry->path().string(), place}));
    fs::remove(entry->path(), kept_apart);
  }
  return {};
}

// "f" of ".f.Ab3dE9": what rsync calls f until it has all of it. An rsync that is killed leaves it so. (That of ".f",
// which may be called the same, is not found.)
std::optional<std::string> unfinished(const std::string& name) {
  constexpr std::size_t random = 7;  // with the dot
  if (name.size() <= random + 1 || name.front() != '.' || name[name.size() - random] != '.') return std::nullopt;
  const bool is_random =
      std::all_of(name.end() - random + 1, name.end(), [](unsigned char c) { return std::isalnum(c); });
  return is_random ? std::optional{name.substr(1, name.size() - random - 1)} : std::nullopt;
}

// Makes it a part. A file that is really called so at the source is fetched anew then. What cannot be kept is no loss.
void keep_as_part(const std::string& run, const fs::path& path, const std::string& name) {
  const auto parts = fs::path{partial_in(run)} / *path.lexically_relative(run).begin();
  std::error_code none;
  fs::create_directories(parts, none);
  fs::rename(path, parts / name, none);
}

// Of what a run had just files of one name are at hand for the next. Others are one with those of a point or of a run,
// by names that may be files of their own at the source by now; symlinks rsync follows that are folders by now; and
// what has capabilities may lose them (sync/fetch.cpp).
Result<void> keep_plain_files(const std::string& run) {
  HASYNC_TRY(auto beneath, Beneath::open(run));
  std::error_code error;
  for (fs::recursive_directory_iterator entry{run, error}, end; !error && entry != end; entry.increment(error)) {
    struct stat found {};
    if (::lstat(entry->path().c_str(), &found) != 0 || S_ISDIR(found.st_mode)) continue;
    const auto path = entry->path().lexically_relative(run);
    if (S_ISLNK(found.st_mode) || found.st_nlink > 1 || beneath.has_capabilities(path.string())) {
      HASYNC_CHECK(beneath.remove(path.string()));
      continue;
    }
    const auto name = unfinished(path.filename().string());
    if (name && found.st_size >= worth_sharing && *path.begin() != parts_name) keep_as_part(run, entry->path(), *name);
  }
  return error ? Result<void>{fail(os_error("cannot read " + run, error.value()))} : Result<void>{};
}

template <typename Time>
std::int64_t nanoseconds(const Time& time) {
  constexpr std::int64_t second = 1'000'000'000;
  return std::int64_t{time.tv_sec} * second + time.tv_nsec;
}

// When the run's folder for parts was made, which in a snapshot is what tells its files from those of the point; 0
// where the file system does not know (statx(2)).
std::int64_t began_to_fetch(const std::string& run) {
  struct statx made {};
  const bool known = ::statx(AT_FDCWD, partial_in(run).c_str(), AT_SYMLINK_NOFOLLOW, STATX_BTIME, &made) == 0 &&
                     (made.stx_mask & STATX_BTIME) != 0;
  return known ? nanoseconds(made.stx_btime) : 0;
}

// STORE/incoming becomes the newest of those that are kept, with `mark` in its name.
Result<void> keep(const store::StoreFolder& store, std::string_view mark) {
  if (!is_folder(partial_in(store.incoming()))) return remove_tree(store.incoming());
  auto kept = kept_in(store.interrupted());
  const int number = kept.empty() ? 1 : number_of(name_of(kept.back())).value_or(0) + 1;
  for (; kept.size() >= most_kept; kept.erase(kept.begin())) HASYNC_CHECK(remove_tree(kept.front()));
  HASYNC_CHECK(make_folders(store.interrupted()));
  const auto place = fmt::format("{}/{:09}{}", store.interrupted(), number, mark);
  std::error_code error;
  fs::rename(store.incoming(), place, error);
  return error
             ? Result<void>{fail(os_error(fmt::format("cannot move {} to {}", store.incoming(), place), error.value()))}
             : Result<void>{};
}

}  // namespace

std::string partial_folder(const store::StoreFolder& store, const std::string& dataset) {
  return partial_in(store.incoming()) + "/" + dataset;
}

std::string apart_folder(const store::StoreFolder& store, const std::string& dataset) {
  return fmt::format("{}/{}/apart/{}", store.incoming(), parts_name, dataset);
}

std::string guessed_folder(const store::StoreFolder& store, const std::string& dataset) {
  return fmt::format("{}/{}/guessed/{}", store.incoming(), parts_name, dataset);
}

std::string moved_folder(const store::StoreFolder& store, const std::string& dataset) {
  return fmt::format("{}/{}/moved/{}", store.incoming(), parts_name, dataset);
}

Result<void> keep_what_came(const store::StoreFolder& store) { return keep(store, ""); }

Result<void> keep_what_was_left(const store::StoreFolder& store) { return keep(store, left); }

HasCome what_has_come(const store::StoreFolder& store) {
  constexpr std::int64_t block = 512;  // stat(2)
  HasCome come;
  for (const auto& run : kept_in(store.interrupted())) {
    const auto began = began_to_fetch(run);
    std::error_code error;
    for (fs::recursive_directory_iterator entry{run, error}, end; !error && entry != end; entry.increment(error)) {
      struct stat found {};
      if (::lstat(entry->path().c_str(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_nlink != 1) continue;
      if (nanoseconds(found.st_ctim) < began) continue;
      ++come.files;
      come.bytes += found.st_blocks * block;
    }
  }
  return come;
}

Result<void> drop_what_was_left(const store::StoreFolder& store) {
  for (const auto& run : kept_in(store.interrupted()))
    if (is_left(run)) HASYNC_CHECK(remove_tree(run));
  return {};
}

Result<AtHandOfRuns> take_up(const store::StoreFolder& store, Carrier& carrier) {
  const auto parts = partial_in(store.incoming());
  HASYNC_CHECK(make_folders(parts));
  AtHandOfRuns at_hand;
  for (auto& run : kept_in(store.interrupted())) {
    if (!is_folder(partial_in(run)) || !keep_plain_files(run)) {
      HASYNC_CHECK(remove_tree(run));
      continue;
    }
    HASYNC_CHECK(take_up_parts(run, parts, carrier));
    at_hand.on_disk = at_hand.on_disk && !is_left(run);
    at_hand.runs.insert(at_hand.runs.begin(), std::move(run));
  }
  return at_hand;
}

Result<void> end_parts(const store::StoreFolder& store) {
  return remove_tree(fmt::format("{}/{}", store.incoming(), parts_name));
}

Result<bool> begin_with_blocks(const std::string& newest, const std::string& parts,
                               const std::function<Result<void>(const store::OnChange&)>& changes) {
  if (!can_share_blocks(newest, parts)) return false;
  // rsync finds a part by the last name alone: where two files have the same, neither can have one.
  std::map<std::string, std::string> large;
  HASYNC_CHECK(changes([&](const store::Change& change) -> Result<void> {
    if (change.what == store::What::changed && !change.folder && change.bytes >= worth_sharing)
      large[name_of(change.path)] = change.path;
    return {};
  }));
  if (large.empty()) return false;
  HASYNC_CHECK(changes([&](const store::Change& change) -> Result<void> {
    const auto known = large.find(name_of(change.path));
    const bool other = known != large.end() && known->second != change.path;
    if (other && !change.folder && change.what != store::What::deleted) large.erase(known);
    return {};
  }));
  HASYNC_TRY(auto source, Beneath::open(newest));
  HASYNC_TRY(auto target, Beneath::open(parts));
  bool begun = false;
  for (const auto& [name, path] : large) begun = target.share_blocks_of(source, path, name) || begun;
  return begun;
}

}  // namespace hasync::sync
