#include "config/load.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "config/keys.hpp"
#include "config/validate.hpp"
#include "os/atomic_file.hpp"

namespace hasync::config {
namespace {

std::string shown_path(std::string pattern, const std::string& item) {
  if (const auto at = pattern.find("[]"); at != std::string::npos) pattern.replace(at, 2, "." + item);
  return pattern;
}

// "sync" and "sync.datasets[]" lead further down; "sync.keep" does not.
bool leads_further(const std::string& path) {
  return std::any_of(keys().begin(), keys().end(), [&](const Key& key) { return key.path.starts_with(path + "."); });
}

// The names that may stand directly below `prefix`.
std::vector<std::string> names_below(const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& key : keys()) {
    if (!key.path.starts_with(prefix)) continue;
    auto name = key.path.substr(prefix.size());
    name = name.substr(0, name.find_first_of(".["));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

// A path is how a setting is named elsewhere; in a file each of its names is a key by itself.
bool is_one_name(const std::string& text) { return text.find_first_of(".[") == std::string::npos; }

// How the file says "sync.keep": sync: { keep: … }
std::string nested(const std::string& path) {
  const auto dot = path.find('.');
  if (dot == std::string::npos) return path + ": …";
  return fmt::format("{}: {{ {} }}", path.substr(0, dot), nested(path.substr(dot + 1)));
}

class Reader {
 public:
  explicit Reader(Loaded& loaded) : loaded_(loaded), target_{loaded.config} {}

  void read_map(const Value& map, const std::string& prefix, const std::string& item) {
    std::set<std::string> seen;
    for (const auto& [key, value] : map.entries) {
      if (!seen.insert(key.text).second) {
        fault(key, fmt::format("\"{}\" is there twice in {}", printable(key.text), place(prefix, item)),
              "remove one of them");
        continue;
      }
      read_entry(key, value, prefix + key.text, prefix, item);
    }
    for (const auto& key : keys())
      if (key.need == Need::required && is_direct_child(key.path, prefix) &&
          !seen.contains(key.path.substr(prefix.size())))
        fault(map, fmt::format("{} is missing", shown_path(key.path, item)),
              fmt::format("{} (accepted: {})", key.help, key.accepts));
  }

 private:
  static bool is_direct_child(const std::string& path, const std::string& prefix) {
    return path.starts_with(prefix) && path.find_first_of(".[", prefix.size()) == std::string::npos;
  }

  static std::string place(const std::string& prefix, const std::string& item) {
    if (prefix.empty()) return "the settings";
    return shown_path(prefix.substr(0, prefix.size() - 1), item);
  }

  void read_entry(const Value& key, const Value& value, const std::string& path, const std::string& prefix,
                  const std::string& item) {
    if (!is_one_name(key.text)) {
      const bool meant = find_key(path) != nullptr && key.text.find('[') == std::string::npos;
      unknown(key, prefix, item,
              meant ? std::optional{fmt::format("a file nests its keys, write {}", nested(key.text))} : std::nullopt);
    } else if (const auto* known = find_key(path)) {
      read_known(*known, value.kind == Value::Kind::null ? key : value, value, item);
    } else if (leads_further(path + "[]")) {
      read_list(key, value, path, item);
    } else if (leads_further(path)) {
      if (value.kind == Value::Kind::map)
        read_map(value, path + ".", item);
      else if (value.kind != Value::Kind::null)
        fault(value, fmt::format("{} is not a map of settings", shown_path(path, item)), {});
    } else {
      const auto meant = nearest(key.text, names_below(prefix));
      unknown(key, prefix, item, meant ? std::optional{fmt::format("did you mean {}?", *meant)} : std::nullopt);
    }
  }

  void unknown(const Value& key, const std::string& prefix, const std::string& item, std::optional<std::string> hint) {
    fault(key, fmt::format("unknown key \"{}\" in {}", printable(key.text), place(prefix, item)),
          std::move(hint).value_or("see: hasync config keys"));
  }

  void read_known(const Key& key, const Value& where, const Value& value, const std::string& item) {
    const auto path = shown_path(key.path, item);
    loaded_.set_at[path] = place_of(where);
    if (const auto read = key.read(value, target_); !read)
      fault(where, fmt::format("{}: {}", path, read.error().message), fmt::format("accepted: {}", key.accepts));
  }

  void read_list(const Value& key, const Value& list, const std::string& path, const std::string& item) {
    loaded_.set_at[path] = place_of(key);
    if (list.kind == Value::Kind::null) return;
    if (list.kind != Value::Kind::list)
      return fault(list, fmt::format("{} is not a list", shown_path(path, item)), "write - { name: … }");
    std::set<std::string> names;
    for (const auto& each : list.items) {
      if (each.kind != Value::Kind::map) {
        fault(each, fmt::format("an item of {} is not a map", path), "write - { name: … }");
        continue;
      }
      const auto* name = each.find("name");
      const auto called = name != nullptr ? name->text : "(unnamed)";
      if (name != nullptr && !names.insert(called).second)
        fault(*name, fmt::format("{}: there are two called \"{}\"", path, printable(called)),
              "give each a name of its own");
      start_item(path);
      read_map(each, path + "[].", called);
      loaded_.set_at[fmt::format("{}.{}", path, called)] = place_of(name != nullptr ? *name : each);
    }
  }

  void start_item(const std::string& path) {
    auto& config = loaded_.config;
    if (path == "sync.datasets") target_.dataset = &config.sync.datasets.emplace_back();
    if (path == "sync.before") target_.hook = &config.sync.before.emplace_back();
    if (path == "sync.after") target_.hook = &config.sync.after.emplace_back();
    if (path == "heartbeat.probes") target_.probe = &config.heartbeat.probes.emplace_back();
    if (path == "failover.witnesses") target_.probe = &config.failover.witnesses.emplace_back();
    if (path == "failover.promote") target_.step = &config.failover.promote.emplace_back();
    if (path == "failover.demote") target_.step = &config.failover.demote.emplace_back();
  }

  void fault(const Value& where, std::string message, std::string hint) {
    loaded_.faults.push_back({place_of(where), std::move(message), std::move(hint)});
  }

  static Place place_of(const Value& value) {
    const auto length = value.kind == Value::Kind::scalar ? value.text.size() + (value.quoted ? 2 : 0) : 1;
    return {value.offset, std::max<std::size_t>(1, length)};
  }

  Loaded& loaded_;
  Target target_;
};

// A caret under the whole of a token whose value sits in a block or was folded would be wrong: it never passes the
// line's end.
void clip_to_line(std::vector<Fault>& faults, std::string_view text) {
  for (auto& fault : faults) {
    const auto end = std::min(text.find_first_of("\r\n", fault.at.offset), text.size());
    fault.at.length = std::clamp<std::size_t>(end - std::min(end, fault.at.offset), 1, fault.at.length);
  }
}

Result<void> check_permissions(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT)
      return fail(ExitCode::config,
                  fmt::format("there is no {}; write one with hasync init, or name yours with --config", path));
    return fail(os_error(fmt::format("cannot read {}", path), errno, ExitCode::config));
  }
  if (S_ISDIR(found.st_mode)) return fail(ExitCode::config, fmt::format("{} is a folder, not a file", path));
  if (!S_ISREG(found.st_mode)) return fail(ExitCode::config, fmt::format("{} is not a file", path));
  if ((found.st_mode & 022U) != 0)
    return fail(ExitCode::config, fmt::format("{} can be written by others than its owner; run: chmod go-w,o-r {}",
                                              path, shell_word(path)));
  if ((found.st_mode & 004U) != 0)
    return fail(ExitCode::config, fmt::format("{} can be read by others; run: chmod o-r {}", path, shell_word(path)));
  return {};
}

}  // namespace

Result<std::string> read_settings(const std::string& path) {
  HASYNC_CHECK(check_permissions(path));
  auto text = read_file(path);
  if (text) return text;
  text.error().code = ExitCode::config;
  return fail(std::move(text.error()));
}

Loaded check_text(std::string_view text, const Value& document) {
  Loaded loaded;
  Reader reader{loaded};
  reader.read_map(document, "", "");
  for (const auto* section : {"node", "peer"})
    if (document.find(section) == nullptr)
      loaded.faults.push_back(
          {Place{}, fmt::format("{0}.name is missing", section), fmt::format("write {}: {{ name: … }}", section)});
  // Of a key that could not be read nothing more is said.
  for (auto& fault : contradictions(loaded.config, loaded.set_at)) {
    const auto key = fault.message.substr(0, fault.message.find(": ") + 1);
    const bool told = std::any_of(loaded.faults.begin(), loaded.faults.end(),
                                  [&](const Fault& each) { return each.message.starts_with(key); });
    if (!told) loaded.faults.push_back(std::move(fault));
  }
  clip_to_line(loaded.faults, text);
  return loaded;
}

Result<Loaded> load_text(std::string_view text, const std::string& path) {
  auto document = parse_document(text, path);
  if (!document) return fail(std::move(document.error()));
  auto loaded = check_text(text, *document);
  if (!loaded.faults.empty()) return fail(ExitCode::config, render(loaded.faults, text, path));
  return loaded;
}

Result<Loaded> load(const std::string& path) {
  HASYNC_TRY(const auto text, read_settings(path));
  return load_text(text, path);
}

namespace {

Result<void> told(std::vector<Fault> faults, std::string_view text, const std::string& path) {
  if (faults.empty()) return {};
  clip_to_line(faults, text);
  return fail(ExitCode::config, render(std::move(faults), text, path));
}

}  // namespace

Result<void> check_named_files(const Loaded& loaded, std::string_view text, const std::string& path) {
  return told(faults_of_named_files(loaded.config, loaded.set_at), text, path);
}

Result<void> check_all_named(const Loaded& loaded, std::string_view text, const std::string& path) {
  auto faults = faults_of_named_files(loaded.config, loaded.set_at);
  for (auto& fault : faults_of_named_programs(loaded.config, loaded.set_at)) faults.push_back(std::move(fault));
  return told(std::move(faults), text, path);
}

}  // namespace hasync::config
