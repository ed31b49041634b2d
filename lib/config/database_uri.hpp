// "postgresql://[USER@][HOST[:PORT]]/NAME[?KEY=VALUE&…]": a database as its own programs understand it (libpq,
// Connection URIs). "mysql://…" likewise, with the one parameter socket; its programs take all that as options.
#pragma once
#include <string>
#include <vector>

#include "config/document.hpp"

namespace hasync::config {

bool is_database_uri(const std::string& text);
bool is_mysql_uri(const std::string& text);

// An error where it names no database, or holds a password, which a list of processes would show.
Result<void> check_database_uri(const std::string& uri);
Result<void> into_database_uri(std::string& place, const Value& value);

// The parts, decoded.
std::string database_name(const std::string& uri);
std::string database_host(const std::string& uri);  // empty: a socket of the machine it is asked on

// Who and where, as the programs of MySQL and MariaDB take it.
std::vector<std::string> mysql_options(const std::string& uri);

// The same server and user, another database.
std::string with_database(const std::string& uri, const std::string& name);

}  // namespace hasync::config
