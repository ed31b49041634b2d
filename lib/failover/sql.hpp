// As much of SQL as it takes to read what pg_dumpall(1), pg_restore(1) and mariadb-dump(1) print. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace hasync::failover {

// Within any of these quotes, a doubled one stands for itself.
struct Dialect {
  std::string_view quotes;   // that begin a text or a name
  bool has_escapes = false;  // a backslash in a text takes its meaning from the next byte
};
inline constexpr Dialect postgresql_dialect{"\"'"};
inline constexpr Dialect mysql_dialect{"\"'`", true};

std::string quoted(std::string_view text, char quote);

// Each without its semicolon. Comments in -- and the commands of psql(1), which begin with a backslash, are none.
std::vector<std::string> split_statements(std::string_view sql, const Dialect& dialect);

// The name at the beginning of `text`, quoted or not, and how long it is there.
struct Name {
  std::string name;
  std::size_t length = 0;
};
Name read_name(std::string_view text, const Dialect& dialect);

// Where `word` stands outside of quotes; npos: nowhere.
std::size_t find_word(std::string_view sql, std::string_view word, const Dialect& dialect);

}  // namespace hasync::failover
