#include "sync/name_list.hpp"

#include <fcntl.h>

#include <cerrno>

#include "sync/rsync.hpp"

namespace hasync::sync {
namespace {

Error cannot_keep() { return os_error("cannot keep a list of names in a temporary file in " P_tmpdir, errno); }

}  // namespace

Result<NameList> NameList::open() {
  NameList list{std::tmpfile()};
  if (!list.file_) return fail(cannot_keep());
  ::fcntl(::fileno(list.file_.get()), F_SETFD, FD_CLOEXEC);
  return list;
}

Result<void> NameList::add(const std::string& name) {
  const auto entry = listed(name);
  if (std::fwrite(entry.data(), 1, entry.size(), file_.get()) != entry.size()) return fail(cannot_keep());
  return {};
}

Result<int> NameList::file() {
  if (std::fflush(file_.get()) != 0 || std::fseek(file_.get(), 0, SEEK_SET) != 0) return fail(cannot_keep());
  return ::fileno(file_.get());
}

}  // namespace hasync::sync
