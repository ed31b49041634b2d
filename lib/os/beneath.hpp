// What is beneath one folder, named by relative paths that come from elsewhere: no symlink on the way is followed, and
// ".." leads nowhere.
#pragma once
#include <sys/stat.h>

#include <optional>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace hasync {

class Beneath {
 public:
  static Result<Beneath> open(const std::string& folder);

  // What lstat(2) tells of what `path` names; nothing where it names nothing.
  std::optional<struct stat> look_at(const std::string& path);
  // Whether it names a file that has capabilities (capabilities(7)).
  bool has_capabilities(const std::string& path);
  // A folder with all in it. Nothing there is fine.
  Result<void> remove(const std::string& path);
  // The same, but a folder stays one.
  Result<void> remove_unless_folder(const std::string& path);
  // What `path` names in `source`, whatever it is but a folder, gets the same name here (linkat(2)); folders on the way
  // are made. Nothing there is fine.
  Result<void> link_from(Beneath& source, const std::string& path) { return link_from(source, path, path); }
  // The same, by the name `path` here.
  Result<void> link_from(Beneath& source, const std::string& there, const std::string& path);
  // A new file `name` here holds what the file `path` of `source` does, and shares its blocks (ioctl_ficlone(2)); for
  // us alone to read. Whether that could be done.
  bool share_blocks_of(Beneath& source, const std::string& path, const std::string& name);

 private:
  Beneath(std::string folder, Fd fd) : folder_(std::move(folder)), root_(std::move(fd)) {}
  // The folder that `path` is in, and its name there; -1 when there is none. That folder stays open for the next.
  int parent_of(const std::string& path, std::string& name);
  void make_parents(const std::string& path);

  std::string folder_;
  Fd root_;
  std::string parent_path_{};
  Fd parent_{};
};

}  // namespace hasync
