// STORE/catalog.db: in what each recovery point differs from the one it was made from, the checksum of what each file
// holds, and which names may be hard links of each other. Where it is lost or damaged it is begun anew: only the speed
// of a run and `points verify` depend on it.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/linked_names.hpp"
#include "store/point_folder.hpp"
#include "store/sqlite.hpp"

namespace hasync::store {

// linked: nothing differs, but a new hard link leads to it, and so both are fetched.
enum class What { created, changed, attributes, deleted, linked };
std::string_view what_name(What what);

struct Change {
  What what = What::created;
  bool folder = false;
  std::string path{};                     // below the dataset's folder; "." is that folder
  std::int64_t bytes = 0;                 // of the file as it is in the source; of a deleted one, 0
  std::string checksum{};                 // XXH128 in hexadecimal; empty unless its content was transferred
  std::optional<std::string> leads_to{};  // the path that it is a hard link to; not kept
  bool symlink = false;                   // not kept
  bool only_content = false;              // of a file: its size and time are alike; found by reading it, not kept
};
using OnChange = std::function<Result<void>(const Change&)>;

class Catalog {
 public:
  static Result<Catalog> open(const StoreFolder& store);

  // The record of a point that is being made from `base` (none: from nothing). Until commit() there is no such record.
  Result<void> begin(const std::string& point, const std::optional<std::string>& base);
  // A path that is there now is not deleted, whatever was there before it, and one that is only linked changes no more
  // than is known. What it leads to is fetched with it.
  Result<void> add(const std::string& dataset, const Change& change);
  // In place of what was added.
  Result<void> correct(const std::string& dataset, const Change& change);
  // Only that it is a hard link: told when it was fetched, and not before.
  Result<void> add_link(const std::string& dataset, const Change& change);
  Result<void> set_checksum(const std::string& dataset, const std::string& path, const std::string& checksum);
  // Of a file of the point that is being made, as it was added; -1 where none was.
  Result<std::int64_t> bytes_planned(const std::string& dataset, const std::string& path);
  Result<void> commit();
  void roll_back();

  // The changes of one point against its base, also of the one that is being made. Backwards: what is in a folder comes
  // before the folder.
  Result<void> each_change(const std::string& point, const std::string& dataset, const OnChange& on_change);
  // Whether `point` came to be from `earlier`, with all between them on record.
  Result<bool> derives(const std::string& point, const std::string& earlier);
  // All in which `point` may differ from the `earlier` one that it derives from: for each path the newest change, in
  // that order, too.
  Result<void> each_change_since(const std::string& earlier, const std::string& point, const std::string& dataset,
                                 const OnChange& on_change);
  Result<std::int64_t> count_since(const std::string& earlier, const std::string& point, const std::string& dataset);
  // Whether all links in the point are on record, from its beginning.
  Result<bool> knows_links(const std::string& point);
  // All names of the point that were ever told to be hard links, whether or not they still are.
  Result<void> each_link(const std::string& point, const std::string& dataset, const OnName& on_name);
  // What `each` tells are all that are links in the point.
  using OnLink = std::function<Result<void>(const std::string& dataset, const std::string& name)>;
  Result<void> learn_links(const std::string& point, const std::function<Result<void>(const OnLink&)>& each);
  // Empty where none is on record.
  Result<std::string> checksum_in(const std::string& point, const std::string& dataset, const std::string& path);

  // The point is gone: what later ones need of its record becomes theirs.
  Result<void> forget(const std::string& point);
  // The same for each that is not among `there`: what a crash left.
  Result<void> keep_only(const std::vector<std::string>& there);

 private:
  explicit Catalog(std::unique_ptr<Database> database) : database_(std::move(database)) {}
  // The numbers of `point` and of those before it, newest first; empty when it is not on record.
  Result<std::vector<std::int64_t>> lineage(const std::string& point);
  Result<std::int64_t> number_of(const std::string& point);  // 0: none
  Result<void> add_with(Statement& insert, const std::string& dataset, const Change& change) const;
  // "3,2": those of `point`'s lineage that came after `earlier`.
  Result<std::string> numbers_since(const std::string& earlier, const std::string& point);
  Result<void> lay_over(std::int64_t below, std::int64_t above);
  Result<void> drop(std::int64_t number);

  std::unique_ptr<Database> database_;
  std::optional<Transaction> transaction_{};
  std::optional<Statement> insert_{}, insert_unless_there_{}, insert_link_{}, checksum_{}, bytes_{}, lookup_{};
  std::int64_t being_made_ = 0;
  // Of the point that was asked for last: to verify asks a million times.
  std::string asked_point_{};
  std::vector<std::int64_t> asked_lineage_{};
};

}  // namespace hasync::store
