#include "store/sqlite.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <filesystem>

#include "base/fd.hpp"

namespace hasync::store {
namespace {

constexpr int busy_timeout_ms = 20'000;

// SQLite makes the file itself, but with the umask's mode; mail and evidence in it are not for everyone.
Result<void> create_private(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (file) return {};
  auto error = os_error(fmt::format("cannot open the store {}", path), errno);
  if (errno == EACCES) error.message += "; run hasync as the user who owns it, or name another folder with --state-dir";
  return fail(std::move(error));
}

}  // namespace

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void Statement::Finalizer::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Error Database::error(std::string_view doing) const {
  const int code = sqlite3_errcode(handle_.get());
  const auto why = sqlite3_errmsg(handle_.get());
  const auto kind = code == SQLITE_BUSY ? ExitCode::busy : ExitCode::failed;
  std::string advice;
  if (code == SQLITE_FULL || code == SQLITE_IOERR) advice = "; is its file system full or failing? Make room there";
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
    advice =
        "; set node.role to what this server is now, then move the file aside: hasync makes a new one. Role, term, "
        "schedule, queued mail and history in it are lost, the recovery points are not";
  if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN)
    advice = "; run hasync as the user who owns it, or name another with --state-dir";
  return {kind, fmt::format("store {}: cannot {}: {}{}", path_, doing, why, advice)};
}

Result<Database> Database::open_with(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database{handle, path};
  if (code != SQLITE_OK) return fail(database.error("open it"));
  sqlite3_extended_result_codes(handle, 0);
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  return database;
}

Result<Database> Database::open(const std::string& path) {
  if (std::error_code none; std::filesystem::is_directory(path, none))
    return fail(ExitCode::failed, fmt::format("store {}: is a directory; move it aside", path));
  HASYNC_CHECK(create_private(path));
  HASYNC_TRY(auto database, open_with(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  // Each process writes little and ends: to make, copy back and remove the log each time would be five syncs of the
  // disk instead of one. So the log stays, and is copied back while it is short enough to be read anew by whoever comes
  // next.
  sqlite3_db_config(database.handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  for (const auto* pragma : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
                             "PRAGMA wal_autocheckpoint = 100"})
    HASYNC_CHECK(database.execute(pragma));
  return database;
}

Result<Database> Database::open_to_read(const std::string& path) { return open_with(path, SQLITE_OPEN_READONLY); }

Result<Database> Database::open_temporary() {
  HASYNC_TRY(auto database, open_with("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  database.path_ = "in a temporary file (TMPDIR, else /var/tmp)";
  return database;
}

bool Database::is_damaged(const std::string& path) {
  const auto database = open_with(path, SQLITE_OPEN_READWRITE);
  if (!database) return false;
  static_cast<void>(sqlite3_exec(database->handle_.get(), "PRAGMA journal_mode = WAL; SELECT * FROM sqlite_schema",
                                 nullptr, nullptr, nullptr));
  const int code = sqlite3_errcode(database->handle_.get());
  return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return fail(error("write to it"));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK)
    return fail(error("read it"));
  return Statement{statement, *this};
}

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  sqlite3_bind_text(handle_.get(), ++bound_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind_null() {
  sqlite3_bind_null(handle_.get(), ++bound_);
  return *this;
}

Result<bool> Statement::step() {
  switch (sqlite3_step(handle_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return fail(database_->error("use it"));
  }
}

Result<void> Statement::run() {
  HASYNC_CHECK(step());
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  bound_ = 0;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_blob(handle_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }

std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional{integer(column)};
}
std::optional<std::string> Statement::maybe_text(int column) const {
  return is_null(column) ? std::nullopt : std::optional{text(column)};
}
std::optional<Instant> Statement::maybe_instant(int column) const {
  return is_null(column) ? std::nullopt : std::optional{instant(column)};
}

Result<Transaction> Transaction::begin(Database& database) {
  HASYNC_CHECK(database.execute("BEGIN IMMEDIATE"));
  return Transaction{database};
}

Transaction::~Transaction() {
  if (database_ != nullptr) static_cast<void>(database_->execute("ROLLBACK"));
}

Result<void> Transaction::commit() {
  HASYNC_CHECK(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace hasync::store
