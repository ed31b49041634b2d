// Names of a point that share a file with other names in it, while a run finds out whether they do so at the source.
// There may be a million of them: they are on disk, in a file without a name that SQLite makes and removes
// (sqlite.org/tempfiles.html).
#pragma once
#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "store/sqlite.hpp"

namespace hasync::store {

// As stat(2) tells it.
struct FileId {
  std::int64_t device = 0, inode = 0;
  bool operator==(const FileId&) const = default;
  bool operator<(const FileId& other) const { return std::tie(device, inode) < std::tie(other.device, other.inode); }
};
inline FileId file_id(const struct stat& found) {
  return {static_cast<std::int64_t>(found.st_dev), static_cast<std::int64_t>(found.st_ino)};
}

struct LinkedName {
  std::string name{};
  std::int64_t bytes = 0;
  bool is_fetched = false;  // the plan fetches it anyway, although nothing but a link differs
  std::string first{};      // the first name of its file at the source
};
using OnName = std::function<Result<void>(const std::string&)>;

class LinkedNames {
 public:
  Result<void> add(const std::string& name, const FileId& file, std::int64_t bytes);
  Result<void> remove(const std::string& name);
  Result<void> set_fetched(const std::string& name);
  // Without those that are alone with their file.
  Result<void> keep_shared();

  Result<bool> any();
  Result<bool> has_file(const FileId& file);
  Result<void> each_name(const OnName& on_name);

  // As rsync lists them, in any order: a name that leads to none is the first of its file.
  Result<void> set_at_source(const std::string& name, const std::optional<std::string>& leads_to);
  // The names of each file that are at the source.
  Result<void> each_file(const std::function<Result<void>(const std::vector<LinkedName>& names)>& on_file);

 private:
  Result<void> open();
  Result<void> lead_to_the_first();
  std::unique_ptr<Database> database_{};  // none: it is empty
  std::optional<Statement> insert_{}, remove_{}, fetched_{}, file_{}, at_source_{};
};

}  // namespace hasync::store
