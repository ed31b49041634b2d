#include "sync/build.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "os/beneath.hpp"
#include "os/subvolume.hpp"
#include "os/tree.hpp"
#include "sync/rsync.hpp"

namespace hasync::sync {
namespace {

namespace fs = std::filesystem;

// A clone is trusted only as long as this machine has not gone down since it was made: nothing of it was synced to
// disk.
std::string clone_of(const store::StoreFolder& store, const std::string& point, const Clock& clock) {
  return store.clones() + "/" + clock.boot_id() + "/" + point;
}

bool is_there(const std::string& path) {
  std::error_code none;
  return fs::exists(path, none);
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

// What the changes name leaves `folder`; what is to be there again is told. Gives the folders whose times that moved,
// and which stay.
Result<std::set<std::string>> take_out(const std::string& folder, const Listing& changes,
                                       const store::OnChange& on_wanted) {
  HASYNC_TRY(auto beneath, Beneath::open(folder));
  std::set<std::string> touched;
  const auto take = [&](const Change& change) -> Result<void> {
    const bool stays_folder = change.folder && change.what != What::deleted;
    HASYNC_CHECK(stays_folder ? beneath.remove_unless_folder(change.path) : beneath.remove(change.path));
    if (!stays_folder) touched.erase(change.path);
    const bool moves_time = change.path != "." && !(stays_folder && change.what == What::attributes);
    if (moves_time) touched.insert(parent_of(change.path));
    return change.what == What::deleted ? Result<void>{} : on_wanted(change);
  };
  HASYNC_CHECK(changes(take));
  return touched;
}

// The files that more become links to and that have other names already.
Result<std::set<ino_t>> linked_more(const std::string& folder, const Listing& changes) {
  std::set<ino_t> files;
  HASYNC_CHECK(changes([&](const Change& change) -> Result<void> {
    struct stat found {};
    const bool has_more =
        change.what == What::linked && ::lstat((folder + "/" + change.path).c_str(), &found) == 0 && found.st_nlink > 1;
    if (has_more) files.insert(found.st_ino);
    return {};
  }));
  return files;
}

std::vector<std::string> names_of(const std::set<ino_t>& files, const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    struct stat found {};
    if (::lstat(entry->path().c_str(), &found) == 0 && files.contains(found.st_ino))
      names.push_back(entry->path().lexically_relative(folder).string());
  }
  return names;
}

// A file of paths for rsync(1) --files-from --from0.
class List {
 public:
  explicit List(const std::string& path) : path_(path), file_(path, std::ios::binary | std::ios::trunc) {}
  void add(const std::string& name) { file_ << listed(name); }
  Result<void> close() {
    file_.close();
    return file_ ? Result<void>{} : fail(ExitCode::failed, "cannot write " + path_ + ": No space left on device");
  }

 private:
  std::string path_;
  std::ofstream file_;
};

// `into`, which was a clone of an earlier point, becomes one of `from`: the files are linked here, which rsync would
// take longer for, and the folders made equal by it.
Result<void> follow(const std::string& from, const std::string& into, const std::string& list, const Listing& changes,
                    Carrier& carrier) {
  List folders{list};
  const auto want = [&](const Change& change) -> Result<void> {
    if (change.folder) folders.add(change.path);
    return {};
  };
  HASYNC_TRY(const auto touched, take_out(into, changes, want));
  for (const auto& each : touched) folders.add(each);
  HASYNC_CHECK(folders.close());
  HASYNC_TRY(auto source, Beneath::open(from));
  HASYNC_TRY(auto target, Beneath::open(into));
  HASYNC_CHECK(changes([&](const Change& change) {
    const bool file = !change.folder && change.what != What::deleted;
    return file ? target.link_from(source, change.path) : Result<void>{};
  }));
  return carrier.run(share_argv(from, into, list));
}

// A point from before the store had subvolumes is copied into one, sharing blocks.
Result<void> begin_with_snapshot(const store::StoreFolder& store, const std::string& newest, Carrier& carrier) {
  const auto point = store.point(newest);
  if (is_subvolume(point)) return snapshot_subvolume(point, store.incoming());
  HASYNC_CHECK(make_subvolume(store.incoming()));
  return carrier.run({"cp", "--archive", "--reflink=auto", "--no-target-directory", "--", point, store.incoming()});
}

}  // namespace

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> begin_empty(const store::StoreFolder& store, store::Sharing sharing) {
  // Where it may be no subvolume, a folder does as well.
  if (sharing == store::Sharing::snapshots && make_subvolume(store.incoming())) return {};
  return make_folders(store.incoming());
}

Result<void> begin_with_clone(const store::StoreFolder& store, const std::string& newest, store::Sharing sharing,
                              Carrier& carrier) {
  if (sharing == store::Sharing::snapshots) return begin_with_snapshot(store, newest, carrier);
  const auto ready = clone_of(store, newest, carrier.seams().clock);
  std::error_code moved;
  if (is_there(ready)) fs::rename(ready, store.incoming(), moved);
  const bool began = is_there(store.incoming());
  HASYNC_CHECK(remove_tree(store.clones()));
  if (began) return {};
  return carrier.run(
      {"cp", "--archive", "--link", "--no-target-directory", "--", store.point(newest), store.incoming()});
}

Result<bool> take_out_and_list(const std::string& folder, const std::string& list, Inodes inodes,
                               const Listing& changes, const std::function<void(const Change&)>& on_listed) {
  List wanted{list};
  bool folder_itself = false;
  const auto want = [&](const Change& change) -> Result<void> {
    if (change.path == ".")
      folder_itself = true;
    else
      wanted.add(change.path);
    if (!change.folder) on_listed(change);
    return {};
  };
  HASYNC_TRY(const auto linked, inodes == Inodes::of_one_point ? linked_more(folder, changes)
                                                               : Result<std::set<ino_t>>{std::set<ino_t>{}});
  HASYNC_TRY(auto touched, take_out(folder, changes, want));
  if (!linked.empty()) {
    // Fetched anew, and not by --link-dest made the file that it was, its other names must come along.
    const auto others = [&](const store::OnChange& on_change) -> Result<void> {
      for (const auto& name : names_of(linked, folder)) HASYNC_CHECK(on_change({.what = What::linked, .path = name}));
      return {};
    };
    HASYNC_TRY(auto more, take_out(folder, others, want));
    touched.merge(more);
  }
  for (const auto& each : touched) HASYNC_CHECK(want({.folder = true, .path = each}));
  HASYNC_CHECK(wanted.close());
  return folder_itself;
}

Result<std::vector<Change>> names_of_full_files(const std::string& folder, const std::string& clone) {
  HASYNC_TRY(auto original, Beneath::open(folder));
  HASYNC_TRY(auto cloned, Beneath::open(clone));
  std::set<ino_t> full;
  std::error_code error;
  for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().lexically_relative(folder).string();
    if (cloned.look_at(name)) continue;
    if (const auto found = original.look_at(name)) full.insert(found->st_ino);
  }
  if (error) return fail(os_error("cannot read " + folder, error.value()));
  std::vector<Change> changes;
  for (auto& name : names_of(full, folder)) {
    const auto found = original.look_at(name);
    const auto bytes = found && S_ISREG(found->st_mode) ? std::int64_t{found->st_size} : 0;
    changes.push_back({.what = What::linked, .path = std::move(name), .bytes = bytes});
  }
  return changes;
}

Result<void> list_missing(const std::string& folder, const std::string& list, const Listing& all,
                          const store::OnChange& on_taken_out) {
  List wanted{list};
  HASYNC_TRY(auto beneath, Beneath::open(folder));
  const auto make_way = [&](const std::string& path) -> Result<void> {
    const auto found = beneath.look_at(path);
    if (!found || S_ISDIR(found->st_mode)) return {};
    HASYNC_CHECK(beneath.remove(path));
    return on_taken_out({.what = What::deleted, .path = path});
  };
  std::string last = ".";
  HASYNC_CHECK(all([&](const Change& change) -> Result<void> {
    if (change.path == "." || beneath.look_at(change.path)) return {};
    const auto inner = parent_of(change.path);
    for (auto each = inner; each != "." && each != last; each = parent_of(each)) {
      if (auto made = make_way(each); !made) return made;
    }
    last = inner;
    wanted.add(change.path);
    return {};
  }));
  return wanted.close();
}

Result<bool> list_folders(const std::string& folder, const std::string& list, const Listing& changes) {
  List folders{list};
  HASYNC_TRY(auto beneath, Beneath::open(folder));
  bool there_are_any = false;
  std::string last;
  const auto add = [&](const std::string& path) {
    const auto found = beneath.look_at(path);
    if (!found || !S_ISDIR(found->st_mode)) return;
    folders.add(path);
    there_are_any = true;
  };
  HASYNC_CHECK(changes([&](const Change& change) -> Result<void> {
    const auto inner = change.folder ? change.path : parent_of(change.path);
    for (auto each = inner; each != "." && each != last && !last.starts_with(each + "/"); each = parent_of(each))
      add(each);
    if (inner != ".") last = inner;
    return {};
  }));
  HASYNC_CHECK(folders.close());
  return there_are_any;
}

Result<void> keep_for_next_run(const store::StoreFolder& store, store::Catalog& catalog, const std::string& retired,
                               const store::Point& newest, Carrier& carrier) {
  HASYNC_TRY(const bool known, catalog.derives(newest.id, retired));
  if (!known) return {};
  const auto folder = store.trash() + "/" + retired;
  if (is_subvolume(store.point(newest.id))) return {};  // a snapshot is had at once
  const auto datasets = names_in(folder);
  if (datasets != names_in(store.point(newest.id))) return {};
  std::int64_t differing = 0;
  for (const auto& dataset : datasets) {
    HASYNC_TRY(const auto count, catalog.count_since(retired, newest.id, dataset));
    differing += count;
  }
  constexpr int a_part = 3;  // of more than a third, a clone that is made anew is as fast
  if (differing > newest.files / a_part) return {};
  for (const auto& dataset : datasets) {
    const auto from = fmt::format("{}/{}", store.point(newest.id), dataset);
    const auto into = fmt::format("{}/{}", folder, dataset);
    const auto changes = [&](const store::OnChange& on_change) {
      return catalog.each_change_since(retired, newest.id, dataset, on_change);
    };
    HASYNC_CHECK(follow(from, into, store.list(), changes, carrier));
  }
  const auto ready = clone_of(store, newest.id, carrier.seams().clock);
  HASYNC_CHECK(make_folders(fs::path{ready}.parent_path().string()));
  std::error_code moved;
  fs::rename(folder, ready, moved);
  return {};
}

}  // namespace hasync::sync
