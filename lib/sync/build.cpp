#include "sync/build.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "os/beneath.hpp"
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

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

Result<void> begin_with_clone(const store::StoreFolder& store, const std::string& newest, Carrier& carrier) {
  const auto ready = clone_of(store, newest, carrier.seams().clock);
  std::error_code moved;
  if (is_there(ready)) fs::rename(ready, store.incoming(), moved);
  const bool began = is_there(store.incoming());
  HASYNC_CHECK(remove_tree(store.clones()));
  if (began) return {};
  return carrier.run(
      {"cp", "--archive", "--link", "--no-target-directory", "--", store.point(newest), store.incoming()});
}

Result<std::int64_t> take_out(const std::string& folder, const std::string& list, const Listing& changes) {
  HASYNC_TRY(auto beneath, Beneath::open(folder));
  std::ofstream file{list, std::ios::binary | std::ios::trunc};
  std::int64_t listed = 0;
  // What happens in a folder moves its time, which is to be set again, unless the folder goes, too.
  std::set<std::string> touched;
  const auto list_path = [&](const std::string& path) {
    file.write(path.c_str(), static_cast<std::streamsize>(path.size() + 1));
  };
  const auto take = [&](const Change& change) -> Result<void> {
    const bool stays_folder = change.folder && change.what != What::deleted;
    HASYNC_CHECK(stays_folder ? beneath.remove_unless_folder(change.path) : beneath.remove(change.path));
    if (!stays_folder) touched.erase(change.path);
    if (change.path != ".") touched.insert(parent_of(change.path));
    if (change.what == What::deleted) return {};
    list_path(change.path);
    if (!change.folder && change.what != What::linked) ++listed;
    return {};
  };
  HASYNC_CHECK(changes(take));
  for (auto folder_path : touched)
    for (; folder_path != "."; folder_path = parent_of(folder_path)) list_path(folder_path);
  if (!touched.empty()) list_path(".");
  file.close();
  if (!file) return fail(ExitCode::failed, "cannot write " + list + ": No space left on device");
  return listed;
}

Result<void> keep_for_next_run(const store::StoreFolder& store, store::Catalog& catalog, const std::string& retired,
                               const store::Point& newest, Carrier& carrier) {
  HASYNC_TRY(const bool known, catalog.derives(newest.id, retired));
  if (!known) return {};
  const auto folder = store.trash() + "/" + retired;
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
    const auto from = store.point(newest.id) + "/" + dataset, into = folder + "/" + dataset;
    HASYNC_TRY(const auto listed, take_out(into, store.list(), [&](const store::OnChange& on_change) {
                 return catalog.each_change_since(retired, newest.id, dataset, on_change);
               }));
    static_cast<void>(listed);
    HASYNC_CHECK(carrier.run(share_argv(from, into, store.list())));
  }
  const auto ready = clone_of(store, newest.id, carrier.seams().clock);
  HASYNC_CHECK(make_folders(fs::path{ready}.parent_path().string()));
  std::error_code moved;
  fs::rename(folder, ready, moved);
  return {};
}

}  // namespace hasync::sync
