#include "failover/sql.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace hasync::failover {
namespace {

bool is_quote(char byte, const Dialect& dialect) { return dialect.quotes.find(byte) != std::string_view::npos; }

// What is quoted from the beginning of `text` on, and how long that is there.
Name read_quoted(std::string_view text, const Dialect& dialect) {
  const char quote = text.front();
  Name found;
  for (std::size_t at = 1; at < text.size(); ++at) {
    const bool is_last = at + 1 == text.size();
    if (text[at] == quote && (is_last || text[at + 1] != quote)) {
      found.length = at + 1;
      return found;
    }
    const bool is_escaped = dialect.has_escapes && quote != '`' && text[at] == '\\' && !is_last;
    if (text[at] == quote || is_escaped) ++at;
    found.name += text[at];
  }
  found.length = text.size();
  return found;
}

}  // namespace

std::string quoted(std::string_view text, char quote) {
  std::string whole(1, quote);
  for (const char byte : text) whole.append(byte == quote ? 2 : 1, byte);
  return whole + quote;
}

std::vector<std::string> split_statements(std::string_view sql, const Dialect& dialect) {
  std::vector<std::string> statements;
  std::string statement;
  for (std::size_t at = 0; at < sql.size();) {
    const bool fresh = trim(statement).empty();
    if (sql.substr(at).starts_with("--") || (fresh && sql[at] == '\\')) {
      at = std::min(sql.size(), sql.find('\n', at));
    } else if (is_quote(sql[at], dialect)) {
      const auto length = read_quoted(sql.substr(at), dialect).length;
      statement += sql.substr(at, length);
      at += length;
    } else if (sql[at] == ';') {
      statements.emplace_back(trim(statement));
      statement.clear();
      ++at;
    } else {
      statement += sql[at++];
    }
  }
  return statements;
}

Name read_name(std::string_view text, const Dialect& dialect) {
  if (!text.empty() && is_quote(text.front(), dialect)) return read_quoted(text, dialect);
  const auto length = std::min(text.size(), text.find_first_of(" ,;\n\t(.@"));
  return {std::string{text.substr(0, length)}, length};
}

std::size_t find_word(std::string_view sql, std::string_view word, const Dialect& dialect) {
  for (std::size_t at = 0; at < sql.size();) {
    if (is_quote(sql[at], dialect))
      at += read_quoted(sql.substr(at), dialect).length;
    else if (sql.substr(at).starts_with(word))
      return at;
    else
      ++at;
  }
  return std::string_view::npos;
}

}  // namespace hasync::failover
