// A point beside its sources as they are now, compared by content. Nothing is pulled, and nothing changes.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "store/sqlite.hpp"
#include "sync/carrier.hpp"
#include "sync/inspect.hpp"

namespace hasync::sync {

// content: other content, although size and time are alike. No application that works does that: one of the two is
// damaged, and a sync run does not see it. The others are what a source that goes on looks like.
enum class AtSource { content, changed, attributes, created, deleted };
std::string_view at_source_name(AtSource what);
AtSource at_source(const Change& change);

// Which of the two is not as it was when the point was made.
enum class Damaged { source, point, unknown };
std::string_view damaged_name(Damaged damaged);

struct SourceDifference {
  AtSource what = AtSource::changed;
  Change change{};
  Damaged damaged = Damaged::unknown;  // of content only
};

struct DatasetCompared {
  std::string dataset;
  std::string why_not{};     // why it is not compared; empty: it is
  std::int64_t alike = 0;    // files of the source that are in the point as they are
  std::int64_t content = 0;  // so many differ in nothing else
  Counts counts{};           // changed: without those
};

struct SourceOrder {
  const config::Config& settings;
  store::Database& database;
  const store::StoreFolder& store;
  std::string point;
  const Verified& verified;  // of that point
  std::function<void(const std::string& dataset, const SourceDifference&)> on_difference;
};
// The peer is asked first who it is, as before a run: ExitCode::unreachable, ExitCode::unsafe where it or this node is
// not what is meant.
Result<std::vector<DatasetCompared>> compare_with_source(const SourceOrder& order, Seams seams);

}  // namespace hasync::sync
