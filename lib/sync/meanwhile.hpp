// A source may change between plan and transfer, and while it is read. What came then need not be what was planned.
#pragma once
#include "config/model.hpp"
#include "store/catalog.hpp"
#include "store/point_folder.hpp"
#include "sync/build.hpp"
#include "sync/carrier.hpp"

namespace hasync::sync {

// A dataset of STORE/incoming, which has been fetched, and its planned changes.
struct Meanwhile {
  const config::Dataset& dataset;
  const store::StoreFolder& store;
  Listing changes;
  store::Catalog& catalog;
  Carrier& carrier;
};

// The checksum of a file of `folder` becomes known where rsync told none.
Result<void> take_checksum(const std::string& folder, Change& change);

// The catalog becomes what is there. Gives whether it was so already: a file that is a folder by now came without what
// is in it.
Result<bool> correct_record(const Meanwhile& meanwhile);

// What came may speak of files that are newer than the plan, as an index does: so those are fetched, too. What is there
// already is not touched, as it may be shared with earlier points.
Result<void> catch_up(const Meanwhile& meanwhile);

// Of folders that rsync(1) lists, each with all that it is in, the first that is a symlink; empty: none is. Of one that
// leads to where something listed is, rsync tells nothing, but what is in it; otherwise what is in a folder comes right
// after it.
class ReplacedFolders {
 public:
  void take(const Change& change);
  const std::string& first() const { return first_; }

 private:
  std::string first_{}, last_{};
};

// Fails where a symlink has taken the place of a folder that files were fetched from: rsync follows it, wherever it
// leads to (rsync(1), --no-implied-dirs). What came is kept as a crash leaves it then, and where that cannot be told.
Result<void> look_for_replaced_folders(const Meanwhile& meanwhile);

}  // namespace hasync::sync
