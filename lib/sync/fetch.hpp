// Carrying out a plan: what is to be in the new point comes into STORE/incoming.
#pragma once
#include <string>

#include "sync/plan.hpp"

namespace hasync::sync {

struct FetchOrder {
  const store::StoreFolder& store;
  const Plan& plan;
  std::string point;  // the one that is being made
};
struct Fetched {
  bool whole = true;        // if not, some of what was planned was gone when it was to be fetched
  std::int64_t spared = 0;  // bytes that were planned to be sent, of files that had only moved
};
// Checksums and what is made from nothing go into the catalog's record of the point.
Result<Fetched> fetch(const FetchOrder& order, store::Catalog& catalog, Carrier& carrier);

}  // namespace hasync::sync
