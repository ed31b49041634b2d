// Names of one file in the newest point that are files of their own at the source by now. rsync's quick check finds
// nothing different in them (rsync(1), --hard-links: it tells what becomes a link, not what ceases to be one), and so
// they are looked for here.
#pragma once
#include <string>
#include <vector>

#include "store/catalog.hpp"
#include "store/linked_names.hpp"
#include "sync/changes.hpp"

namespace hasync::sync {

// The names in `folder`, which is that of the dataset in the point, that are hard links of each other: of those that
// the catalog knows to have been, or, where it does not know, of all.
Result<store::LinkedNames> links_in(const std::string& folder, store::Catalog& catalog, const std::string& point,
                                    const std::string& dataset);
// The catalog knows them from now on.
Result<void> learn_links(const store::StoreFolder& store, store::Catalog& catalog, const std::string& point);

// The plan does this about one of them: where it will not be the file that it was, it is none of them any more.
Result<void> take_note(store::LinkedNames& linked, const Change& change);

// Of one file of the point, by what its names are at the source: which have to become another file, those of each
// together. The one of most names stays what it is.
std::vector<std::vector<store::LinkedName>> names_to_part(const std::vector<store::LinkedName>& names);

}  // namespace hasync::sync
