#include "sync/inspect.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/text.hpp"
#include "os/checksum.hpp"
#include "store/point_datasets.hpp"

namespace hasync::sync {
namespace {

namespace fs = std::filesystem;
using store::Change;
using store::What;

Result<std::set<std::string>> names_in(const std::string& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error))
    names.insert(entry->path().filename().string());
  if (error) return fail(os_error("cannot read " + folder, error.value()));
  return names;
}

struct Entry {
  bool there = false;
  struct stat status {};
  bool is_folder() const { return there && S_ISDIR(status.st_mode); }
};

Entry entry_at(const std::string& path) {
  Entry entry;
  entry.there = ::lstat(path.c_str(), &entry.status) == 0;
  return entry;
}

bool same_time(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

bool same_content(const Entry& one, const Entry& other, const std::string& path, const std::string& other_path) {
  if ((one.status.st_mode & S_IFMT) != (other.status.st_mode & S_IFMT)) return false;
  if (one.is_folder()) return true;
  std::error_code none;
  if (S_ISLNK(one.status.st_mode)) return fs::read_symlink(path, none) == fs::read_symlink(other_path, none);
  if (!S_ISREG(one.status.st_mode)) return one.status.st_rdev == other.status.st_rdev;
  return one.status.st_size == other.status.st_size && same_time(one.status.st_mtim, other.status.st_mtim);
}

bool same_attributes(const Entry& one, const Entry& other) {
  return one.status.st_mode == other.status.st_mode && one.status.st_uid == other.status.st_uid &&
         one.status.st_gid == other.status.st_gid && same_time(one.status.st_mtim, other.status.st_mtim);
}

// By a hard link, or as a snapshot and what it was made from have it, which each have a device number of their own: all
// that happens to a file there changes its time of change.
bool is_one_file(const Entry& one, const Entry& other) {
  const bool is_one = one.there && other.there && !one.is_folder() && one.status.st_ino == other.status.st_ino;
  return is_one && (one.status.st_dev == other.status.st_dev || same_time(one.status.st_ctim, other.status.st_ctim));
}

class Comparison {
 public:
  Comparison(std::string one, std::string other, std::string dataset, const OnDifference& on_difference)
      : one_(std::move(one)), other_(std::move(other)), dataset_(std::move(dataset)), on_difference_(on_difference) {}

  Result<void> below(const std::string& path) {
    const auto one = entry_at(in(one_, path)), other = entry_at(in(other_, path));
    if (is_one_file(one, other)) return {};
    if (one.there && !other.there) HASYNC_CHECK(tell(What::deleted, one, path));
    if (!one.there && other.there) HASYNC_CHECK(tell(What::created, other, path));
    if (one.there && other.there) {
      const bool content = same_content(one, other, in(one_, path), in(other_, path));
      // Files of their own that look the same differ in what is not looked at: their ACL or their other attributes.
      const bool same = content && one.is_folder() && same_attributes(one, other);
      if (!same) HASYNC_CHECK(tell(content ? What::attributes : What::changed, other, path));
    }
    std::set<std::string> names;
    if (one.is_folder()) {
      HASYNC_TRY(names, names_in(in(one_, path)));
    }
    if (other.is_folder()) {
      HASYNC_TRY(auto more, names_in(in(other_, path)));
      names.merge(more);
    }
    for (const auto& name : names) HASYNC_CHECK(below(path == "." ? name : fmt::format("{}/{}", path, name)));
    return {};
  }

 private:
  static std::string in(const std::string& folder, const std::string& path) { return folder + "/" + path; }
  Result<void> tell(What what, const Entry& entry, const std::string& path) {
    return on_difference_(dataset_, {.what = what,
                                     .folder = entry.is_folder(),
                                     .path = path,
                                     .bytes = S_ISREG(entry.status.st_mode) ? entry.status.st_size : 0});
  }

  std::string one_, other_, dataset_;
  const OnDifference& on_difference_;
};

}  // namespace

Result<void> compare_points(const store::StoreFolder& store, const std::string& one, const std::string& other,
                            const OnDifference& on_difference) {
  HASYNC_TRY(auto datasets, names_in(store.point(one)));
  HASYNC_TRY(auto more, names_in(store.point(other)));
  datasets.merge(more);
  for (const auto& dataset : datasets)
    HASYNC_CHECK(
        Comparison(store.point(one) + "/" + dataset, store.point(other) + "/" + dataset, dataset, on_difference)
            .below("."));
  return {};
}

namespace {

class Verification {
 public:
  Verification(const store::StoreFolder& store, std::string point, store::Catalog& catalog, const Clock& clock)
      : store_(store), point_(std::move(point)), catalog_(catalog), clock_(clock) {}

  Result<void> dataset(const std::string& name) {
    const auto folder = store_.point(point_) + "/" + name;
    std::error_code error;
    for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error))
      if (entry->symlink_status(error).type() == fs::file_type::regular)
        HASYNC_CHECK(file(name, entry->path().string(), entry->path().string().substr(folder.size() + 1)));
    if (error) damaged(name, "", "cannot be read: " + error.message());
    return catalog_.each_change_since("", point_, name, [&](const Change& change) -> Result<void> {
      const bool arrived = !change.checksum.empty() || change.what == What::attributes;
      if (!change.folder && change.what != What::deleted && arrived && !entry_at(folder + "/" + change.path).there)
        damaged(name, change.path, "is missing");
      return {};
    });
  }

  Verified verified{};

 private:
  Result<void> file(const std::string& dataset, const std::string& path, const std::string& name) {
    if (clock_.interrupted()) return fail(ExitCode::interrupted, "interrupted");
    HASYNC_TRY(const auto recorded, catalog_.checksum_in(point_, dataset, name));
    if (recorded.empty()) {
      ++verified.unrecorded;
      return {};
    }
    const auto now = xxh128_of(path);
    if (now && *now == recorded)
      ++verified.intact;
    else
      damaged(dataset, name, now ? "does not hold what was pulled" : describe(now.error()));
    return {};
  }

  void damaged(const std::string& dataset, const std::string& path, std::string what) {
    verified.damages.push_back({dataset, path, std::move(what)});
  }

  const store::StoreFolder& store_;
  std::string point_;
  store::Catalog& catalog_;
  const Clock& clock_;
};

}  // namespace

Result<Verified> verify_point(const store::StoreFolder& store, store::Database& database, const std::string& point,
                              const Clock& clock) {
  HASYNC_TRY(auto catalog, store::Catalog::open(store));
  Verification verification{store, point, catalog, clock};
  HASYNC_TRY(const auto datasets, names_in(store.point(point)));
  for (const auto& dataset : datasets) HASYNC_CHECK(verification.dataset(dataset));
  HASYNC_TRY(const auto recorded, store::datasets_of_point(database, point));
  for (const auto& each : recorded)
    if (!datasets.contains(each.dataset)) verification.verified.damages.push_back({each.dataset, "", "is missing"});
  return std::move(verification.verified);
}

}  // namespace hasync::sync
