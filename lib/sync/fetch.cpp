#include "sync/fetch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/text.hpp"
#include "os/beneath.hpp"
#include "os/checksum.hpp"
#include "os/subvolume.hpp"
#include "os/tree.hpp"
#include "sync/build.hpp"
#include "sync/meanwhile.hpp"
#include "sync/resume.hpp"
#include "sync/rsync.hpp"

namespace hasync::sync {
namespace {

constexpr std::string_view too_many_links = ": Too many links";  // as strerror(3) tells EMLINK

// What must not be made of what is here already: names of one file that are to part, and what has capabilities. Of a
// file that differs in its mode, owner or ACL alone, or that cannot be linked, rsync makes a copy, which gets the
// capabilities first and the owner then, with whom the kernel takes them away (chown(2)).
class Apart {
 public:
  // `newest`: the dataset's folder in the newest point; empty: nothing of it is at hand.
  Apart(const std::vector<std::string>& to_part, const std::string& newest) : names_(to_part.begin(), to_part.end()) {
    if (auto opened = Beneath::open(newest)) newest_.emplace(std::move(*opened));
  }
  void add(const std::string& name) { names_.insert(name); }
  // A name that is to be fetched.
  void take(const std::string& name) {
    if (newest_ && newest_->has_capabilities(name)) names_.insert(name);
  }
  const std::set<std::string>& names() const { return names_; }

 private:
  std::optional<Beneath> newest_{};
  std::set<std::string> names_;
};

class Fetching {
 public:
  Fetching(const FetchOrder& order, store::Catalog& catalog, Carrier& carrier)
      : order_(order), catalog_(catalog), carrier_(carrier) {}

  Result<Fetched> all() {
    const auto& plan = order_.plan;
    carrier_.meter().will_fetch(to_fetch());
    HASYNC_TRY(const bool cloned, clone_newest());
    HASYNC_CHECK(remove_other_datasets());
    if (is_subvolume(order_.store.incoming())) inodes_ = Inodes::of_one_point;
    // Beside what is not trusted nothing is shared with the newest point: a file that gets another name would be sent.
    if (std::any_of(plan.datasets.begin(), plan.datasets.end(), [](const auto& each) { return each.adds_links; }))
      HASYNC_CHECK(drop_what_was_left(order_.store));
    HASYNC_TRY(kept_, take_up(order_.store, carrier_));
    for (std::size_t at = 0; at < plan.datasets.size(); ++at) {
      const auto& dataset = carrier_.settings().sync.datasets[at];
      const auto& planned = plan.datasets[at];
      if (dataset.type != config::DatasetType::files) {
        HASYNC_CHECK(place_dump(planned));
        continue;
      }
      if (cloned && planned.argv.empty() && !some_are_full_) continue;
      carrier_.meter().fetches(dataset.name, 0);
      HASYNC_TRY(const bool all, cloned && !planned.newest.empty() ? transfer_listed(dataset, planned)
                                                                   : transfer_all(dataset, planned));
      fetched_.whole = fetched_.whole && all;
      HASYNC_CHECK(look_for_replaced_folders(meanwhile(dataset)));
      carrier_.meter().has_fetched(dataset.name);
    }
    HASYNC_CHECK(end_parts(order_.store));
    carrier_.meter().finishes();
    return fetched_;
  }

 private:
  std::vector<DatasetProgress> to_fetch() const {
    std::vector<DatasetProgress> all;
    for (std::size_t at = 0; at < order_.plan.datasets.size(); ++at) {
      const auto& planned = order_.plan.datasets[at];
      if (carrier_.settings().sync.datasets[at].type == config::DatasetType::files && !planned.argv.empty())
        all.push_back({.dataset = planned.dataset, .planned = planned.counts.transferred});
    }
    return all;
  }

  // Of a file that has all the names that it may have, some are not in the clone (link(2), EMLINK). On a file system
  // without hard links rsync copies what it cannot link.
  Result<bool> clone_newest() {
    const auto sharing = store::probe_sharing(order_.store.path);
    if (order_.plan.newest) {
      const auto cloned = begin_with_clone(order_.store, *order_.plan.newest, sharing, carrier_);
      if (cloned) return true;
      if (cloned.error().code == ExitCode::interrupted) return fail(cloned.error());
      some_are_full_ = cloned.error().message.ends_with(too_many_links);
      if (some_are_full_) return true;
      carrier_.note("the newest point could not be cloned, so that everything was compared again: " +
                    cloned.error().message);
      HASYNC_CHECK(remove_tree(order_.store.incoming()));
    }
    HASYNC_CHECK(begin_empty(order_.store, sharing));
    return false;
  }

  // Those that the settings no longer name are no part of the new point.
  Result<void> remove_other_datasets() {
    if (!order_.plan.newest) return {};
    const auto& datasets = carrier_.settings().sync.datasets;
    const auto newest = order_.store.point(*order_.plan.newest);
    for (const auto& name : names_in(newest)) {
      if (std::any_of(datasets.begin(), datasets.end(), [&](const auto& dataset) { return dataset.name == name; }))
        continue;
      HASYNC_CHECK(record_removal(name, fmt::format("{}/{}", newest, name)));
      HASYNC_CHECK(remove_tree(order_.store.incoming() + "/" + name));
    }
    return {};
  }

  // Of all that is in `folder`: some of it may be there again in a later point, and the rest must not come back with
  // it.
  Result<void> record_removal(const std::string& dataset, const std::string& folder) {
    std::error_code error;
    if (!std::filesystem::is_directory(std::filesystem::symlink_status(folder, error))) return {};
    // What may not be read goes with the folder that it is in.
    constexpr auto what_may_be_read = std::filesystem::directory_options::skip_permission_denied;
    for (std::filesystem::recursive_directory_iterator entry{folder, what_may_be_read, error}, end;
         !error && entry != end; entry.increment(error)) {
      const bool is_folder = entry->symlink_status().type() == std::filesystem::file_type::directory;
      HASYNC_CHECK(catalog_.add(
          dataset,
          {.what = What::deleted, .folder = is_folder, .path = entry->path().lexically_relative(folder).string()}));
    }
    return error ? Result<void>{fail(os_error("cannot read " + folder, error.value()))} : Result<void>{};
  }

  // What the clone holds in its place is a dump of before, or what the dataset was before it was a dump: the same one,
  // where nothing differs.
  Result<void> place_dump(const DatasetPlan& planned) {
    const auto made = order_.store.dumps() + "/" + planned.dataset,
               target = order_.store.incoming() + "/" + planned.dataset;
    std::error_code error;
    if (!planned.counts.any_change() && std::filesystem::exists(target, error)) return {};
    if (!planned.newest.empty()) HASYNC_CHECK(record_removal(planned.dataset, planned.newest));
    HASYNC_CHECK(remove_tree(target));
    std::filesystem::rename(made, target, error);
    if (error == std::errc::cross_device_link)  // into a subvolume
      HASYNC_CHECK(carrier_.run({"cp", "--archive", "--reflink=auto", "--no-target-directory", "--", made, target}));
    else if (error)
      return fail(os_error(fmt::format("cannot move {} to {}", made, target), error.value()));
    if (!planned.counts.any_change()) return {};
    for (const auto& entry : std::filesystem::directory_iterator{target, error}) {
      HASYNC_TRY(auto checksum, xxh128_of(entry.path().string()));
      HASYNC_CHECK(catalog_.add(planned.dataset, {.what = What::changed,
                                                  .path = entry.path().filename().string(),
                                                  .bytes = static_cast<std::int64_t>(entry.file_size(error)),
                                                  .checksum = std::move(checksum)}));
    }
    return {};
  }

  Result<bool> transfer_all(const config::Dataset& dataset, const DatasetPlan& planned) {
    const auto target = order_.store.incoming() + "/" + dataset.name;
    HASYNC_CHECK(make_folders(target));
    HASYNC_TRY(auto at_hand, at_hand_of(dataset, planned));
    // From one subvolume to another it would all be copied, unknown to us.
    if (inodes_ == Inodes::of_one_point) at_hand.newest.clear();
    Apart apart{planned.to_part, at_hand.newest};
    HASYNC_CHECK(changes_of(dataset)([&](const Change& change) -> Result<void> {
      if (!change.folder && change.what != What::deleted && change.what != What::linked) apart.take(change.path);
      return {};
    }));
    HASYNC_CHECK(fetch_apart(dataset, apart.names(), at_hand));
    const auto take = [&](Change change) -> Result<void> {
      if (planned.newest.empty()) change.what = What::created;
      HASYNC_CHECK(take_what_rsync_may_not_tell(target, at_hand, change));
      return catalog_.add(dataset.name, change);
    };
    HASYNC_TRY(const auto counts,
               carrier_.run(dataset, transfer_argv(carrier_.settings(), dataset, at_hand, target, progress()), take,
                            on_output(dataset)));
    HASYNC_TRY(const bool whole, planned.newest.empty() ? Result<bool>{true} : correct_record(meanwhile(dataset)));
    return whole && counts.files >= planned.counts.files;
  }

  // Whether everything came that is listed.
  Result<bool> transfer_listed(const config::Dataset& dataset, const DatasetPlan& planned) {
    const auto target = order_.store.incoming() + "/" + dataset.name;
    const auto changes = changes_of(dataset);
    HASYNC_CHECK(keep_moved(dataset, planned));
    // What is linked to an interrupted run's file, or to none, is not the file that its other names are.
    const auto inodes = planned.newest_misleads || !kept_.runs.empty() ? Inodes::of_one_point : inodes_;
    HASYNC_TRY(auto at_hand, at_hand_of(dataset, planned));
    Apart apart{planned.to_part, at_hand.newest};
    HASYNC_TRY(const auto full, full_files(dataset, planned));
    const auto on_listed = [&](const Change& change) {
      // What only gets another name is linked then, as its other names are that are not listed.
      const bool is_linked = change.what == What::linked && inodes == Inodes::of_many_points;
      if (full.contains(change.path)) apart.add(change.path);
      if (!is_linked) apart.take(change.path);
    };
    HASYNC_TRY(const bool folder_itself, take_out_and_list(target, order_.store.list(), inodes, changes, on_listed));
    HASYNC_TRY(const bool shares, begin_with_blocks(planned.newest, at_hand.parts, changes));
    at_hand.begun = at_hand.begun || shares;
    HASYNC_TRY(bool as_planned, fetch_apart(dataset, apart.names(), at_hand));
    HASYNC_TRY(const bool moved_as_planned, fetch_moved(dataset, planned, at_hand));
    as_planned = as_planned && moved_as_planned;
    const auto take = [&](Change change) -> Result<void> {
      if (change.folder) return {};
      HASYNC_CHECK(take_what_rsync_may_not_tell(target, at_hand, change));
      HASYNC_TRY(const auto bytes, catalog_.bytes_planned(dataset.name, change.path));
      HASYNC_CHECK(catalog_.add_link(dataset.name, change));
      as_planned = as_planned && (change.checksum.empty() || bytes == change.bytes);
      if (bytes < 0) return catalog_.add(dataset.name, change);
      return change.checksum.empty() ? Result<void>{}
                                     : catalog_.set_checksum(dataset.name, change.path, change.checksum);
    };
    const auto argv =
        transfer_listed_argv(carrier_.settings(), dataset, at_hand, order_.store.list(), target, progress());
    HASYNC_CHECK(carrier_.run(dataset, argv, take, on_output(dataset)));
    HASYNC_TRY(const bool whole, correct_record(meanwhile(dataset)));
    const bool as_then = as_planned && whole;
    if (!as_then) HASYNC_CHECK(catch_up(meanwhile(dataset)));
    if (folder_itself || !as_then)
      HASYNC_CHECK(carrier_.run(dataset, folder_itself_argv(carrier_.settings(), dataset, target), {}));
    return whole;
  }

  // What can have no more names becomes another file, by all of its names. They are on record then.
  Result<std::set<std::string>> full_files(const config::Dataset& dataset, const DatasetPlan& planned) {
    if (!some_are_full_) return std::set<std::string>{};
    std::set<std::string> names;
    HASYNC_TRY(const auto full, names_of_full_files(planned.newest, order_.store.incoming() + "/" + dataset.name));
    for (const auto& each : full) {
      HASYNC_CHECK(catalog_.add(dataset.name, each));
      names.insert(each.path);
    }
    if (!names.empty())
      carrier_.note(
          fmt::format("dataset {}: {} names share files with earlier points no longer, as a file of theirs has "
                      "as many as the file system of {} allows",
                      dataset.name, with_thousands(static_cast<std::int64_t>(names.size())), order_.store.path));
    return names;
  }

  Listing changes_of(const config::Dataset& dataset) const {
    return [this, &dataset](const store::OnChange& on_change) {
      return catalog_.each_change(order_.point, dataset.name, on_change);
    };
  }

  Meanwhile meanwhile(const config::Dataset& dataset) const {
    return {dataset, order_.store, changes_of(dataset), catalog_, carrier_};
  }

  Result<AtHand> at_hand_of(const config::Dataset& dataset, const DatasetPlan& planned) const {
    AtHand at_hand{.newest = planned.newest_misleads ? "" : planned.newest,
                   .parts = partial_folder(order_.store, dataset.name)};
    HASYNC_CHECK(make_folders(at_hand.parts));
    std::error_code error;
    at_hand.begun = !std::filesystem::is_empty(at_hand.parts, error);
    for (const auto& run : kept_.runs)
      if (std::filesystem::is_directory(run + "/" + dataset.name, error))
        at_hand.interrupted.push_back(run + "/" + dataset.name);
    at_hand.on_disk = at_hand.interrupted.empty() || kept_.on_disk;
    return at_hand;
  }

  // Linked to what is here already, the names of one file that are to part would be one again, and capabilities would
  // be lost. Gives whether they are as they were planned.
  Result<bool> fetch_apart(const config::Dataset& dataset, const std::set<std::string>& names, AtHand& at_hand) {
    if (names.empty()) return true;
    at_hand.apart = apart_folder(order_.store, dataset.name);
    HASYNC_CHECK(make_folders(at_hand.apart));
    bool as_planned = true;
    const auto take = [&](Change change) -> Result<void> {
      if (change.leads_to) HASYNC_CHECK(take_checksum(at_hand.apart, change));
      if (change.checksum.empty()) return {};
      HASYNC_TRY(const auto bytes, catalog_.bytes_planned(dataset.name, change.path));
      as_planned = as_planned && (bytes < 0 || bytes == change.bytes);
      return catalog_.set_checksum(dataset.name, change.path, change.checksum);
    };
    const auto argv = transfer_apart_argv(carrier_.settings(), dataset, at_hand.newest, at_hand.apart);
    HASYNC_TRY(auto list, NameList::open());
    for (const auto& name : names) HASYNC_CHECK(list.add(name));
    HASYNC_CHECK(carrier_.run_over(list, dataset, argv, take));
    // Without its capabilities a file would seem to be worse than that in the newest point. The second time they stay.
    HASYNC_CHECK(carrier_.run_over(list, dataset, argv, take));
    return as_planned;
  }

  // By the names that they seem to have now, before those of before are taken out.
  Result<void> keep_moved(const config::Dataset& dataset, const DatasetPlan& planned) const {
    if (planned.moved.empty()) return {};
    const auto guessed = guessed_folder(order_.store, dataset.name);
    HASYNC_CHECK(make_folders(guessed));
    HASYNC_TRY(auto clone, Beneath::open(order_.store.incoming() + "/" + dataset.name));
    HASYNC_TRY(auto kept, Beneath::open(guessed));
    // One that can have no other name, as it has all that it may have, is sent.
    for (const auto& each : planned.moved) static_cast<void>(kept.link_from(clone, each.from, each.to));
    return {};
  }

  // What has moved is at hand then, as is what an interrupted run had. Gives whether all are as they were planned.
  Result<bool> fetch_moved(const config::Dataset& dataset, const DatasetPlan& planned, AtHand& at_hand) {
    moved_.clear();
    if (planned.moved.empty()) return true;
    const auto moved = moved_folder(order_.store, dataset.name);
    HASYNC_CHECK(make_folders(moved));
    std::map<std::string, std::int64_t> bytes;
    HASYNC_TRY(auto names, NameList::open());
    for (const auto& each : planned.moved)
      if (bytes.emplace(each.to, each.bytes).second) HASYNC_CHECK(names.add(each.to));
    bool as_planned = true;
    std::int64_t spared = 0;
    const auto take = [&](const Change& change) -> Result<void> {
      const auto wanted = bytes.find(change.path);
      if (wanted == bytes.end()) return {};
      as_planned = as_planned && change.bytes == wanted->second;
      if (change.what == What::attributes) spared += change.bytes;
      moved_.insert(change.path);
      return catalog_.set_checksum(dataset.name, change.path, change.checksum);
    };
    const auto argv =
        transfer_moved_argv(carrier_.settings(), dataset, guessed_folder(order_.store, dataset.name), moved);
    const auto came = carrier_.run_over(names, dataset, argv, take);
    if (!came && came.error().code == ExitCode::unsafe) return true;  // the peer gives no lists
    if (!came) return fail(came.error());
    at_hand.interrupted.insert(at_hand.interrupted.begin(), moved);
    fetched_.spared += spared;
    carrier_.meter().spares(dataset.name, spared);
    return as_planned;
  }

  // rsync tells none of a file that it links to what an interrupted run had, or to what has moved; nor of a hard link
  // to what it did not have to fetch.
  Result<void> take_what_rsync_may_not_tell(const std::string& target, const AtHand& at_hand, Change& change) const {
    const bool may_lack = !at_hand.interrupted.empty() || change.leads_to;
    return may_lack && !moved_.contains(change.path) ? take_checksum(target, change) : Result<void>{};
  }

  Progress progress() const { return carrier_.meter().is_watched() ? Progress::told : Progress::silent; }
  std::function<void(std::string_view)> on_output(const config::Dataset& dataset) const {
    return [this, &dataset](std::string_view chunk) {
      if (const auto sent = read_sent(chunk)) carrier_.meter().fetches(dataset.name, *sent);
    };
  }

  const FetchOrder& order_;
  store::Catalog& catalog_;
  Carrier& carrier_;
  Fetched fetched_{};
  std::set<std::string> moved_{};  // of the dataset at hand, with their checksums on record
  Inodes inodes_ = Inodes::of_many_points;
  bool some_are_full_ = false;  // files of the newest point, of which the clone has not all names
  AtHandOfRuns kept_{};
};

}  // namespace

Result<Fetched> fetch(const FetchOrder& order, store::Catalog& catalog, Carrier& carrier) {
  return Fetching{order, catalog, carrier}.all();
}

}  // namespace hasync::sync
