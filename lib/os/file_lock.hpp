// One holder at a time, for as long as any process keeps the descriptor: flock(2) belongs to the open file description,
// so a child that inherits it holds the lock on when its parent is killed.
#pragma once
#include <optional>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "os/clock.hpp"

namespace hasync {

class FileLock {
 public:
  // Takes the lock, or ExitCode::busy with a message that names the holder's own words. `holder` is what others are
  // told while we hold it, as "sync run 12 (pid 4711)". The file stays when the lock ends.
  static Result<FileLock> take(const std::string& path, const std::string& holder);

  // The same, but a holder who is there for a moment only is waited for. ExitCode::busy after `patience`, or when
  // interrupted.
  static Result<FileLock> take_within(const std::string& path, const std::string& holder, Clock& clock,
                                      Duration patience);

  // Waits, 20 s at most, for the lock on a file that its holders replace while they hold it.
  static Result<FileLock> wait(const std::string& path);

  // A folder that is a lock itself: any number may share it, and as long as one does, nobody has it alone.
  // ExitCode::busy when it cannot be had now; an error of another kind where `folder` is not there any more.
  static Result<FileLock> share_folder(const std::string& folder);
  static Result<FileLock> take_folder(const std::string& folder);

  int fd() const { return file_.get(); }

 private:
  explicit FileLock(Fd file) : file_(std::move(file)) {}
  static Result<FileLock> lock_folder(const std::string& folder, int operation);
  Fd file_;
};

// Who holds it now, or none.
std::optional<std::string> lock_holder(const std::string& path);

}  // namespace hasync
