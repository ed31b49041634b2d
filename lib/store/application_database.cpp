#include "store/application_database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/defer.hpp"
#include "base/text.hpp"
#include "os/tree.hpp"

namespace hasync::store {
namespace {

// A writer that holds its lock for longer than this is one that never lets go.
constexpr int busy_timeout_ms = 20'000;
constexpr int steps_between_questions = 100'000;  // some milliseconds

using Handle = std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)>;

// What SQLite keeps beside a database that somebody writes to stays there when he crashes.
bool has_beside(const std::string& path) {
  return ::access((path + "-wal").c_str(), F_OK) == 0 || ::access((path + "-journal").c_str(), F_OK) == 0;
}

Error about(const std::string& path, sqlite3* handle) {
  const int code = sqlite3_errcode(handle);
  std::string advice;
  const bool crashed = code == SQLITE_READONLY && has_beside(path);
  if (code == SQLITE_CANTOPEN || (code == SQLITE_READONLY && !crashed))
    advice = "; this user must be able to read it and, in WAL mode, to write in its folder while nobody has it open";
  if (code == SQLITE_BUSY) advice = "; who writes to it holds its lock for too long";
  if (crashed)
    advice = "; its last writer crashed, and the application has to open it once, or this user may not write beside it";
  if (code == SQLITE_FULL || code == SQLITE_IOERR) advice = "; is the file system full or failing?";
  return {ExitCode::failed, fmt::format("database {}: {}{}", path, sqlite3_errmsg(handle), advice)};
}

Result<Handle> open(const std::string& path, const std::string& named, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(named.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle handle{raw, sqlite3_close_v2};
  if (code != SQLITE_OK) return fail(about(path, raw));
  sqlite3_busy_timeout(raw, busy_timeout_ms);
  return handle;
}

// SQLite knows a path that it may not interpret only as one, not as a URI.
std::string as_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char byte : path) {
    const auto plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       byte == '/' || byte == '.' || byte == '-' || byte == '_';
    uri += plain ? std::string{byte} : fmt::format("%{:02x}", static_cast<unsigned char>(byte));
  }
  return uri + "?immutable=1";
}

std::int64_t number_told(sqlite3* handle, const char* pragma) {
  sqlite3_stmt* raw = nullptr;
  const Defer finalize{[&] { sqlite3_finalize(raw); }};
  const bool told =
      sqlite3_prepare_v2(handle, pragma, -1, &raw, nullptr) == SQLITE_OK && sqlite3_step(raw) == SQLITE_ROW;
  return told ? sqlite3_column_int64(raw, 0) : 0;
}

// Who fills the disk of a primary for a copy stops it. What cannot be asked, the copying itself tells.
Result<void> require_room(sqlite3* source, const std::string& path, const std::string& folder) {
  const auto needed = number_told(source, "PRAGMA page_count") * number_told(source, "PRAGMA page_size");
  const auto room = room_at(folder);
  if (!room || needed <= room->free_bytes) return {};
  return fail(ExitCode::failed, fmt::format("no room for the copy of {} that is made in {}: {} needed, {} free", path,
                                            folder, tell_size(needed), tell_size(room->free_bytes)));
}

}  // namespace

Result<Fd> copy_in_use(const std::string& path, const std::string& folder) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return fail(os_error(fmt::format("cannot read {}", path), errno));
  if (!S_ISREG(found.st_mode)) return fail(ExitCode::failed, fmt::format("{} is not a file", path));
  HASYNC_TRY(const auto source, open(path, path, SQLITE_OPEN_READONLY));
  HASYNC_CHECK(require_room(source.get(), path, folder));

  auto name = folder + "/dump-XXXXXX";
  Fd copy{::mkostemp(name.data(), O_CLOEXEC)};
  if (!copy) return fail(os_error(fmt::format("cannot make a copy of {} in {}", path, folder), errno));
  Result<Handle> target = open(name, name, SQLITE_OPEN_READWRITE);
  ::unlink(name.c_str());
  if (!target) return fail(std::move(target.error()));
  // It has no name, so nothing of it is needed after a crash.
  for (const auto* pragma : {"PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF"})
    if (sqlite3_exec(target->get(), pragma, nullptr, nullptr, nullptr) != SQLITE_OK)
      return fail(about(name, target->get()));
  auto* const backup = sqlite3_backup_init(target->get(), "main", source.get(), "main");
  if (backup == nullptr) return fail(about(path, target->get()));
  // All in one step: one in several begins anew whenever somebody has written.
  const int stepped = sqlite3_backup_step(backup, -1);
  const int ended = sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE || ended != SQLITE_OK) {
    auto error = about(path, target->get());
    if (stepped == SQLITE_FULL) error.message += fmt::format(" (the copy is made in {})", folder);
    return fail(std::move(error));
  }
  if (::lseek(copy.get(), 0, SEEK_SET) != 0) return fail(os_error("cannot read the copy", errno));
  return copy;
}

Result<void> check_sound(const std::string& path, const GoOn& go_on) {
  HASYNC_TRY(const auto database, open(path, as_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
  sqlite3_progress_handler(
      database.get(), steps_between_questions, [](void* asked) { return (*static_cast<const GoOn*>(asked))() ? 0 : 1; },
      const_cast<GoOn*>(&go_on));
  sqlite3_stmt* raw = nullptr;
  const int prepared = sqlite3_prepare_v2(database.get(), "PRAGMA integrity_check(1)", -1, &raw, nullptr);
  const Defer finalize{[&] { sqlite3_finalize(raw); }};
  if (prepared != SQLITE_OK) return fail(about(path, database.get()));
  const int stepped = sqlite3_step(raw);
  if (stepped == SQLITE_INTERRUPT) return fail(ExitCode::interrupted, "interrupted");
  if (stepped != SQLITE_ROW) return fail(about(path, database.get()));
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0));
  const std::string said = text == nullptr ? "" : text;
  if (said == "ok") return {};
  return fail(ExitCode::failed, fmt::format("database {} is damaged: {}", path, printable(said)));
}

}  // namespace hasync::store
