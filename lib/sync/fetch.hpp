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
// with_gaps: some of what was planned was gone when it was to be fetched.
enum class Fetched { whole, with_gaps };
// Checksums and what is made from nothing go into the catalog's record of the point.
Result<Fetched> fetch(const FetchOrder& order, store::Catalog& catalog, Carrier& carrier);

}  // namespace hasync::sync
