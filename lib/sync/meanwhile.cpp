#include "sync/meanwhile.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <vector>

#include "base/text.hpp"
#include "os/beneath.hpp"
#include "os/checksum.hpp"
#include "sync/resume.hpp"
#include "sync/rsync.hpp"

namespace hasync::sync {
namespace {

std::string folder_of(const Meanwhile& meanwhile) { return meanwhile.store.incoming() + "/" + meanwhile.dataset.name; }

// Nothing where what was planned for a path is there, else what is. The dataset's own folder is always there.
std::optional<Change> other_than(const Change& planned, Beneath& beneath) {
  if (planned.what == What::deleted || planned.path == ".") return std::nullopt;
  const auto found = beneath.look_at(planned.path);
  if (!found) return Change{.what = What::deleted, .folder = planned.folder, .path = planned.path};
  const bool is_folder = S_ISDIR(found->st_mode);
  if (is_folder == planned.folder) return std::nullopt;
  return Change{.what = What::created,
                .folder = is_folder,
                .path = planned.path,
                .bytes = S_ISREG(found->st_mode) ? std::int64_t{found->st_size} : 0};
}

Error was_replaced(const config::Dataset& dataset, const std::string& folder) {
  return {.code = ExitCode::failed,
          .message = fmt::format("dataset {}: {} is no folder any more: a symlink took its place while it was read, so "
                                 "that what came may be from elsewhere, and nothing is published; to try again at "
                                 "once: hasync sync",
                                 dataset.name, printable(folder)),
          .outlook = Outlook::passing};
}

}  // namespace

void ReplacedFolders::take(const Change& change) {
  const auto above = change.path.substr(0, change.path.rfind('/') + 1);
  const bool is_above_told = above.empty() || (last_ + "/").starts_with(above);
  if (first_.empty() && change.symlink) first_ = change.path;
  if (first_.empty() && change.folder && !is_above_told) first_ = above.substr(0, above.size() - 1);
  if (change.folder) last_ = change.path;
}

Result<void> take_checksum(const std::string& folder, Change& change) {
  if (!change.checksum.empty() || change.folder) return {};
  HASYNC_TRY(auto beneath, Beneath::open(folder));
  const auto found = beneath.look_at(change.path);
  if (!found || !S_ISREG(found->st_mode)) return {};
  HASYNC_TRY(change.checksum, xxh128_of(folder + "/" + change.path));
  return {};
}

Result<bool> correct_record(const Meanwhile& meanwhile) {
  const auto folder = folder_of(meanwhile);
  HASYNC_TRY(auto beneath, Beneath::open(folder));
  std::vector<Change> others;
  HASYNC_CHECK(meanwhile.changes([&](const Change& planned) -> Result<void> {
    if (auto other = other_than(planned, beneath)) others.push_back(std::move(*other));
    return {};
  }));
  for (auto& other : others) {
    HASYNC_CHECK(take_checksum(folder, other));
    HASYNC_CHECK(meanwhile.catalog.correct(meanwhile.dataset.name, other));
  }
  return others.empty();
}

Result<void> catch_up(const Meanwhile& meanwhile) {
  const auto& dataset = meanwhile.dataset;
  auto& carrier = meanwhile.carrier;
  const auto folder = folder_of(meanwhile), list = meanwhile.store.list();
  const auto all = [&](const store::OnChange& on_change) -> Result<void> {
    HASYNC_CHECK(carrier.run(dataset, plan_argv(carrier.settings(), dataset, meanwhile.store.nowhere()), on_change));
    return {};
  };
  const auto add = [&](const Change& change) { return meanwhile.catalog.add(dataset.name, change); };
  HASYNC_CHECK(list_missing(folder, list, all,
                            [&](const Change& gone) { return meanwhile.catalog.correct(dataset.name, gone); }));
  // rsync tells no checksum of a hard link to what it did not have to fetch.
  const auto take = [&](Change change) -> Result<void> {
    HASYNC_CHECK(take_checksum(folder, change));
    return add(change);
  };
  // Nothing else is at hand: what was a symlink in the newest point may be a folder by now.
  HASYNC_CHECK(carrier.run(
      dataset, transfer_listed_argv(carrier.settings(), dataset, {}, list, folder, Progress::silent), take));
  return {};
}

Result<void> look_for_replaced_folders(const Meanwhile& meanwhile) {
  const auto& [dataset, store, changes, catalog, carrier] = meanwhile;
  HASYNC_TRY(const bool there_are_any, list_folders(folder_of(meanwhile), store.list(), changes));
  if (!there_are_any) return {};
  ReplacedFolders replaced;
  const auto note = [&replaced](const Change& change) -> Result<void> {
    replaced.take(change);
    return {};
  };
  const auto looked = carrier.run(dataset, look_argv(carrier.settings(), dataset, store.list(), store.nowhere()), note);
  if (!looked && looked.error().code == ExitCode::unsafe) return {};  // the peer gives no lists
  if (looked && replaced.first().empty()) return {};
  HASYNC_CHECK(keep_what_was_left(store));
  return fail(replaced.first().empty() ? looked.error() : was_replaced(dataset, replaced.first()));
}

}  // namespace hasync::sync
