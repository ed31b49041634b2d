// Names of one file in the newest point that are files of their own at the source by now. rsync's quick check finds
// nothing different in them (rsync(1), --hard-links: it tells what becomes a link, not what ceases to be one), and so
// they are looked for here.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/catalog.hpp"
#include "sync/changes.hpp"

namespace hasync::sync {

// The names that may be hard links of each other in a point: from the catalog, or, where it does not know, found by
// looking at every file.
Result<std::vector<std::string>> links_in(const store::StoreFolder& store, store::Catalog& catalog,
                                          const std::string& point, const std::string& dataset);
// The catalog knows them from now on.
Result<void> learn_links(const store::StoreFolder& store, store::Catalog& catalog, const std::string& point);

struct LinkedName {
  std::pair<dev_t, ino_t> file{};
  std::int64_t bytes = 0;
  bool is_fetched = false;  // the plan fetches it anyway, although nothing but a link differs
};
using LinkedNames = std::map<std::string, LinkedName>;
// Those of `names` that are not alone with their file in `folder`.
Result<LinkedNames> linked_names(const std::string& folder, const std::vector<std::string>& names);
// The plan does this about one of them: where it will not be the file that it was, it is none of them any more.
void take_note(LinkedNames& linked, const Change& change);
// Without those that are alone by now.
LinkedNames still_linked(LinkedNames linked);

// By name, which other it is a hard link to; of those that are there, the first of each file leads to nothing.
using LinksAtSource = std::map<std::string, std::string>;
// Which names have to become another file, those of each together, so that no file of the point is several at the
// source: of these, the one of most names stays what it is.
std::vector<std::vector<std::string>> names_to_part(const LinkedNames& linked, const LinksAtSource& at_source);

}  // namespace hasync::sync
