// What a run that did not come to its end had fetched, for the runs after it: whole files, which they share as they do
// those of a point, and parts of files, which rsync goes on from (rsync(1), --partial-dir). Of what a run that was
// killed had nobody knows whether the disk has it, or will: it only spares the network what it holds, block by block.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/point_folder.hpp"
#include "sync/carrier.hpp"

namespace hasync::sync {

// Where rsync puts, in STORE/incoming, what it has of a file that it cannot end. Not part of the point.
std::string partial_folder(const store::StoreFolder& store, const std::string& dataset);

// Where files are that must not be one with those of the newest point. Not part of the point either.
std::string apart_folder(const store::StoreFolder& store, const std::string& dataset);
// Where files are by the names that they are thought to have moved to, and where those that have. Neither are these.
std::string guessed_folder(const store::StoreFolder& store, const std::string& dataset);
std::string moved_folder(const store::StoreFolder& store, const std::string& dataset);

// STORE/incoming, which is not to become a point, is kept so; or removed, where it is of no use. All of it is on disk.
Result<void> keep_what_came(const store::StoreFolder& store);
// The same, where a crash left it.
Result<void> keep_what_was_left(const store::StoreFolder& store);

// What of it takes room: what it shares with points by hard links does not.
struct HasCome {
  std::int64_t files = 0, bytes = 0;
};
HasCome what_has_come(const store::StoreFolder& store);
// What a crash left goes: it takes room beside what is fetched.
Result<void> drop_what_was_left(const store::StoreFolder& store);

// The folders of the runs whose whole files are kept, newest first.
struct AtHandOfRuns {
  std::vector<std::string> runs{};
  bool on_disk = true;  // all of them
};
// STORE/incoming gets its folder for parts of files, with those that were kept.
Result<AtHandOfRuns> take_up(const store::StoreFolder& store, Carrier& carrier);
// STORE/incoming is whole.
Result<void> end_parts(const store::StoreFolder& store);

// Where the store's file system shares blocks: of each large file that changes, rsync begins with what `newest` has,
// and writes only the blocks that differ. Gives whether there is one.
Result<bool> begin_with_blocks(const std::string& newest, const std::string& parts,
                               const std::function<Result<void>(const store::OnChange&)>& changes);

}  // namespace hasync::sync
