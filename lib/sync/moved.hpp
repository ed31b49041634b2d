// Files that have another name at the source than they had: what the newest point holds under the old one need not be
// sent again. A guess, by size and name, which rsync proves by checksum before it believes it. Pure.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hasync::sync {

// Both below the dataset's folder, in the newest point and in the new one.
struct Moved {
  std::string from, to;
  std::int64_t bytes = 0;
};

// Told of a plan, in any order, which files go or change and which come.
class Moves {
 public:
  // The newest point has a file of that size there that will not stay.
  void goes(const std::string& path, std::int64_t bytes) { note(path, bytes, going_); }
  // The new point needs one that the newest does not have there.
  void comes(const std::string& path, std::int64_t bytes) { note(path, bytes, coming_); }

  // What came from where: of the files of the same size the one whose path ends alike, the longer the better, or the
  // only one of that size on both sides.
  std::vector<Moved> found() const;

 private:
  using BySize = std::map<std::int64_t, std::vector<std::string>>;
  void note(const std::string& path, std::int64_t bytes, BySize& files);

  BySize going_{}, coming_{};
  std::size_t noted_ = 0;
};

}  // namespace hasync::sync
