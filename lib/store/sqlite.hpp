// SQLite as hasync uses it: WAL, synchronous=FULL, foreign keys, a busy timeout, and every write in BEGIN IMMEDIATE.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace hasync::store {

class Statement;

class Database {
 public:
  // Opens or creates; the file gets mode 0600. Errors: not ours, not writable, not a database, no room.
  static Result<Database> open(const std::string& path);
  // Opens what is there for reading only; ExitCode::failed when there is nothing.
  static Result<Database> open_to_read(const std::string& path);
  // A new one without a name, for as long as this object is there; in TMPDIR, or /var/tmp.
  static Result<Database> open_temporary();
  // Whether what is there is no database, or one whose pages contradict each other.
  static bool is_damaged(const std::string& path);

  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  std::int64_t last_id() const;
  const std::string& path() const { return path_; }
  Error error(std::string_view doing) const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  static Result<Database> open_with(const std::string& path, int flags);
  std::unique_ptr<sqlite3, Closer> handle_;
  std::string path_;
};

// One prepared statement: bind in order, then step through its rows.
class Statement {
 public:
  Statement& bind(std::int64_t value);
  Statement& bind(int value) { return bind(std::int64_t{value}); }
  Statement& bind(std::string_view value);
  Statement& bind(const std::string& value) { return bind(std::string_view{value}); }
  Statement& bind(const char* value) { return bind(std::string_view{value}); }
  Statement& bind(Instant value) { return bind(std::int64_t{to_ms(value)}); }
  Statement& bind(Duration value) { return bind(std::int64_t{value.count()}); }
  Statement& bind_null();
  template <typename T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }

  Result<bool> step();  // true: there is a row
  Result<void> run();   // for statements without rows; ready to be bound again
  void reset();         // to be bound again before all its rows were read

  std::int64_t integer(int column) const;
  std::string text(int column) const;
  Instant instant(int column) const { return instant_from_ms(integer(column)); }
  Duration duration(int column) const { return Duration{integer(column)}; }
  bool is_null(int column) const;
  std::optional<std::int64_t> maybe_integer(int column) const;
  std::optional<std::string> maybe_text(int column) const;
  std::optional<Instant> maybe_instant(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const;
  };
  Statement(sqlite3_stmt* handle, const Database& database) : handle_(handle), database_(&database) {}
  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
  const Database* database_;
  int bound_ = 0;
};

// All writes between begin() and commit() happen, or none: without commit() the destructor rolls back.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace hasync::store
