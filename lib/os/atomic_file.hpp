// Files that are read whole and replaced whole: a reader, a crash or a full disk sees the old text or the new one.
#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace hasync {

Result<std::string> read_file(const std::string& path);
// Whether nobody but its owner may read or write it; also when it is not there.
bool is_private(const std::string& path);

// Writes a temporary file in the same folder, fsyncs, renames it over `path` and fsyncs the folder. Mode and owner of
// what was there are kept; a new file gets `mode`. A symlink stays one: what it points to is replaced.
Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode = 0644);
// The temporary files that replace_file() left beside `path` when it was killed.
std::vector<std::string> left_beside(const std::string& path);

// Makes `target` the relative target of the symlink `path` by one rename(2), and fsyncs the folder.
Result<void> replace_symlink(const std::string& path, const std::string& target);

// A file for another program to read, that only this user can read, and that goes with the object.
class ScratchFile {
 public:
  static Result<ScratchFile> holding(std::string_view content);
  ScratchFile(ScratchFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFile& operator=(ScratchFile&&) = delete;
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile();
  const std::string& path() const { return path_; }

 private:
  explicit ScratchFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Result<void> sync_folder(const std::string& path);

}  // namespace hasync
