// Making a new point out of a clone of the newest one. A clone shares every file with it, so that only what differs has
// to be taken out and fetched anew; what is shared is never written to. A point that is no longer kept is made into the
// clone that the next run begins with.
#pragma once
#include <optional>
#include <string>

#include "store/catalog.hpp"
#include "store/sharing.hpp"
#include "store/sync_runs.hpp"
#include "sync/carrier.hpp"

namespace hasync::sync {

// What is in a folder, sorted: the datasets of a point, for one.
std::vector<std::string> names_in(const std::string& folder);

// STORE/incoming is empty, and of the kind that points have.
Result<void> begin_empty(const store::StoreFolder& store, store::Sharing sharing);
// STORE/incoming becomes a clone of the point `newest`.
Result<void> begin_with_clone(const store::StoreFolder& store, const std::string& newest, store::Sharing sharing,
                              Carrier& carrier);

// Tells every change, what is in a folder before the folder.
using Listing = std::function<Result<void>(const store::OnChange&)>;
// Whether a file of the clone is one with that of the point it was made from.
enum class Inodes { of_many_points, of_one_point };
// `folder` holds a clone; what the changes name leaves it, and is put on the list of what rsync is to fetch, unless it
// is deleted; each that is no folder is told. Gives whether `folder` itself is to become what it is at the source,
// which is not put on the list.
Result<bool> take_out_and_list(const std::string& folder, const std::string& list, Inodes inodes,
                               const Listing& changes, const std::function<void(const Change&)>& on_listed);

// Names in `folder`, of which `clone` was made, of the files that could not have one more name each: all names of each,
// with its bytes, although some are in the clone.
Result<std::vector<Change>> names_of_full_files(const std::string& folder, const std::string& clone);

// Puts on the list what of `all` is not there in `folder`, and takes out what is in the way of it, which is told.
Result<void> list_missing(const std::string& folder, const std::string& list, const Listing& all,
                          const store::OnChange& on_taken_out);
// Puts on the list those folders of `folder` that something changed in; gives whether there are any.
Result<bool> list_folders(const std::string& folder, const std::string& list, const Listing& changes);

// Makes the point `retired`, which is in the trash, into a clone of `newest` for the next run, where the catalog knows
// in what the two differ and that is not most of it.
Result<void> keep_for_next_run(const store::StoreFolder& store, store::Catalog& catalog, const std::string& retired,
                               const store::Point& newest, Carrier& carrier);

}  // namespace hasync::sync
