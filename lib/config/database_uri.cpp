#include "config/database_uri.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "config/read_value.hpp"

namespace hasync::config {
namespace {

constexpr std::string_view postgresql = "postgresql://", mysql = "mysql://";

tl::unexpected<Error> wrong(std::string message) { return fail(ExitCode::config, std::move(message)); }

struct Parts {
  std::string_view user, host, port, name, parameters;
};

Parts parts_of(const std::string& uri) {
  auto rest = std::string_view{uri}.substr(is_mysql_uri(uri) ? mysql.size() : postgresql.size());
  Parts parts;
  if (const auto question = rest.find('?'); question != std::string_view::npos) {
    parts.parameters = rest.substr(question + 1);
    rest = rest.substr(0, question);
  }
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    parts.name = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    parts.user = rest.substr(0, at);
    rest = rest.substr(at + 1);
  }
  const auto bracket = rest.find(']');
  const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.host = rest.substr(0, colon);
  if (colon != std::string_view::npos) parts.port = rest.substr(colon + 1);
  return parts;
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned byte = 0;
    const auto* const digits = text.data() + at + 1;
    if (text[at] == '%' && at + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      plain += static_cast<char>(byte);
      at += 2;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       byte == '-' || byte == '_' || byte == '.';
    out += plain ? std::string{byte} : fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  }
  return out;
}

std::string parameter(const Parts& parts, std::string_view name) {
  for (const auto& each : split(parts.parameters, '&'))
    if (const auto equals = each.find('='); equals != std::string::npos && each.substr(0, equals) == name)
      return decoded(each.substr(equals + 1));
  return {};
}

}  // namespace

bool is_mysql_uri(const std::string& text) { return text.starts_with(mysql); }
bool is_database_uri(const std::string& text) { return text.starts_with(postgresql) || is_mysql_uri(text); }

Result<void> check_database_uri(const std::string& uri) {
  if (!is_database_uri(uri))
    return wrong(
        fmt::format("\"{}\" is not the URI of a database, as postgresql:///app or mysql:///app", printable(uri)));
  const auto odd = [](char byte) { return static_cast<unsigned char>(byte) <= 0x20 || byte == 0x7F; };
  if (std::any_of(uri.begin(), uri.end(), odd)) return wrong("holds a blank or a control byte; write it as %20");
  const auto parts = parts_of(uri);
  if (parts.user.find(':') != std::string_view::npos || !parameter(parts, "password").empty())
    return wrong(
        "holds a password; keep it in the .pgpass or .my.cnf of who connects, or let the server trust its socket");
  const auto name = decoded(parts.name);
  if (name.empty() || !parameter(parts, "dbname").empty())
    return wrong("names no database; write its name behind the host, as postgresql:///app");
  constexpr std::array own{"postgres", "template0",          "template1",         "mysql",
                           "sys",      "information_schema", "performance_schema"};
  if (std::find(own.begin(), own.end(), name) != own.end())
    return wrong(fmt::format("{} belongs to the server itself; name the application's own database", name));
  const auto given = split(parts.parameters, '&');
  const auto known = [](const std::string& each) { return each.empty() || each.starts_with("socket="); };
  if (is_mysql_uri(uri) && !std::all_of(given.begin(), given.end(), known))
    return wrong("has a parameter that is not known; mysql knows socket");
  if (name.find('\0') != std::string::npos) return wrong("holds a NUL byte");
  return {};
}

Result<void> into_database_uri(std::string& place, const Value& value) {
  HASYNC_TRY(auto text, read_text(value));
  HASYNC_CHECK(check_database_uri(text));
  place = std::move(text);
  return {};
}

std::string database_name(const std::string& uri) { return decoded(parts_of(uri).name); }

std::string database_host(const std::string& uri) {
  const auto parts = parts_of(uri);
  auto host = parameter(parts, "host");
  if (host.empty()) host = parameter(parts, "hostaddr");
  if (host.empty()) host = decoded(parts.host);
  const bool of_this_machine = host.starts_with('/') || host.starts_with('@') || host == "localhost" ||
                               host.starts_with("127.") || host == "[::1]" || host == "::1";
  return of_this_machine ? std::string{} : host;
}

std::vector<std::string> mysql_options(const std::string& uri) {
  const auto parts = parts_of(uri);
  std::vector<std::string> options;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) options.push_back(fmt::format("--{}={}", name, value));
  };
  auto host = decoded(parts.host);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  add("host", host);
  add("port", std::string{parts.port});
  add("socket", parameter(parts, "socket"));
  add("user", decoded(parts.user));
  return options;
}

std::string with_database(const std::string& uri, const std::string& name) {
  const auto parts = parts_of(uri);
  const auto begin = static_cast<std::size_t>(parts.name.data() - uri.data());
  return uri.substr(0, begin) + encoded(name) + uri.substr(begin + parts.name.size());
}

}  // namespace hasync::config
