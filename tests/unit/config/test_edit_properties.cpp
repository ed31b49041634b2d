// Over many settings files, written in every style YAML has: an edit changes what it names, and not a byte elsewhere.
#include <random>

#include "config/edit.hpp"
#include "config/keys.hpp"
#include "config/rewrite.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::config;

namespace {

// Writes settings with random names, values, order, quoting, comments and layout. What it writes is known by its own
// list of paths and values, not by parsing.
class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed), end_(one_in(4) ? "\r\n" : "\n") {}

  std::vector<std::pair<std::string, std::string>> values;  // of scalars: path and text

  std::string document() {
    if (one_in(5)) return "{" + flow_entries("", 0) + "}" + (one_in(2) ? end_ : "");
    std::string text = one_in(10) ? "\xEF\xBB\xBF" : "";
    if (one_in(4)) text += "# settings: none" + end_ + end_;
    if (one_in(8)) text += "---" + end_;
    text += block_map("", 0);
    if (one_in(6)) text += "# the end" + end_;
    if (one_in(3)) text.erase(text.find_last_not_of("\r\n") + 1);
    return text;
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[random_() % from.size()];
  }

  // The keys below `path`, some of them.
  std::vector<std::string> names_below(const std::string& path) {
    std::vector<std::string> names;
    for (const auto& key : keys()) {
      if (!key.path.starts_with(path)) continue;
      auto name = key.path.substr(path.size());
      name = name.substr(0, name.find('.'));
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    std::shuffle(names.begin(), names.end(), random_);
    names.resize(1 + random_() % names.size());
    // An item is known by its name.
    if (path.ends_with("[].")) std::erase(names, "name"), names.insert(names.begin(), "name");
    return names;
  }

  static bool is_list(const std::string& name) { return name.ends_with("[]"); }
  static bool is_map(const std::string& path) {
    return std::any_of(keys().begin(), keys().end(), [&](const Key& key) { return key.path.starts_with(path + "."); });
  }
  static const Key* key_of(const std::string& path) { return find_key(path); }

  std::string comment() { return one_in(3) ? pick<std::string>({"  # one", " # a: b, [c] {", "\t# \"tab'"}) : ""; }
  std::string between() {
    std::string lines;
    // Below a block of lines a deep comment would be one of them.
    const auto margin = std::exchange(after_block_, false) ? "#" : "      # deep";
    while (one_in(4)) lines += pick<std::string>({"", "# a note", "# key: value", margin}) + end_;
    return lines;
  }

  std::string scalar(const std::string& shown, bool flow) {
    static const std::vector<std::string> texts{"west", "no",   "it's",  "a: b",   "#x",   " pad ", "ünï",  "[list]",
                                                "{m}",  "0x1f", "\"q\"", "back\\", "1.5",  "~",     "-",    "a,b",
                                                "*x",   "&y",   "15m",   "02:00",  "x #y", "a b c", "日本", "%",
                                                "@at",  "!t",   "|",     "> a",    "?",    "`"};
    const auto text = pick(texts);
    values.emplace_back(shown, text);
    switch (random_() % (flow ? 2 : 4)) {
      case 0: {
        std::string out = "'";
        for (const char byte : text) out += byte == '\'' ? std::string{"''"} : std::string{byte};
        return out + "'";
      }
      case 1:
        break;
      case 2:
        if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyz 0123456789") == std::string::npos && text.front() != ' ')
          return text;
        break;
      default:
        if (text.front() == ' ' || text.back() == ' ') break;
        block_scalar_ = true;
        return "|-" + comment() + end_ + "@" + text;
    }
    std::string out = "\"";
    for (const char byte : text) out += byte == '"' || byte == '\\' ? std::string{'\\', byte} : std::string{byte};
    return out + "\"";
  }

  std::string words(const std::string& shown) {
    std::string out = "[";
    for (std::size_t each = 0, count = 1 + random_() % 3; each < count; ++each)
      out += (each == 0 ? "" : pick<std::string>({", ", ","})) + scalar(shown + ".#" + std::to_string(each), true);
    return out + "]";
  }

  static std::string shown_below(const std::string& shown, const std::string& name) {
    return shown.empty() ? name : shown + "." + name;
  }

  std::string flow_entries(const std::string& path, int depth, std::string shown = "", const std::string& item = "") {
    std::string out;
    const bool lines = one_in(4);
    const auto gap = lines ? end_ + std::string(static_cast<std::size_t>(depth) + 1, ' ') : std::string{" "};
    for (const auto& name : names_below(path)) {
      out += (out.empty() ? "" : lines && one_in(3) ? ", # and" : ",") + gap;
      const auto bare = is_list(name) ? name.substr(0, name.size() - 2) : name;
      out += (one_in(5) ? "\"" + bare + "\"" : bare) + ": ";
      const auto below = shown_below(shown, bare);
      if (name == "name" && !item.empty())
        values.emplace_back(below, item), out += item;
      else
        out += flow_value(path + name, below, depth + 1);
    }
    return out + (lines && one_in(3) ? " # last" : "") + gap;
  }

  std::string flow_value(const std::string& path, const std::string& shown, int depth) {
    if (is_list(path)) {
      std::string out = "[";
      for (std::size_t each = 0, count = random_() % 3; each < count; ++each) {
        const auto item = "item" + std::to_string(each);
        out += (each == 0 ? "" : ", ") + std::string{"{"} + flow_entries(path + ".", depth, shown + "." + item, item) +
               "}";
      }
      return out + "]";
    }
    if (is_map(path)) return "{" + flow_entries(path + ".", depth, shown) + "}";
    const auto type = key_of(path)->type;
    return type == KeyType::words || (type == KeyType::address_list && one_in(2)) ? words(shown) : scalar(shown, true);
  }

  // A block scalar's text goes into the lines below, indented.
  std::string placed(std::string value, std::size_t indent) {
    if (!std::exchange(block_scalar_, false)) return value + comment() + end_;
    after_block_ = true;
    const auto at = value.find(end_ + "@") + end_.size();
    return value.replace(at, 1, std::string(indent + 3, ' ')) + end_;
  }

  std::string block_map(const std::string& path, std::size_t indent, const std::string& shown = "",
                        const std::string& item = "") {
    std::string out;
    const auto blanks = std::string(indent, ' ');
    for (const auto& name : names_below(path)) {
      // Right behind the dash of an item no comment may stand.
      if (item.empty() || !out.empty()) out += between();
      const auto bare = is_list(name) ? name.substr(0, name.size() - 2) : name;
      const auto below = shown_below(shown, bare);
      const auto full = path + name;
      out += blanks + (one_in(8) ? "'" + bare + "'" : bare) + pick<std::string>({":", ":", " :"});
      if (name == "name" && !item.empty())
        values.emplace_back(below, item), out += " " + item + comment() + end_;
      else if (is_list(full) && one_in(2))
        out += comment() + end_ + block_items(full, indent + pick<std::size_t>({0, 2, 3}), below);
      else if (!is_list(full) && is_map(full) && one_in(2))
        out += comment() + end_ + block_map(full + ".", indent + 1 + random_() % 4, below);
      else if (is_list(full) || is_map(full))
        out += " " + flow_value(full, below, static_cast<int>(indent) + 1) + comment() + end_;
      else if (const auto type = key_of(full)->type; type == KeyType::words && one_in(2))
        out += " " + words(below) + comment() + end_;
      else if (type == KeyType::words || (type == KeyType::address_list && one_in(2)))
        out += comment() + end_ + block_words(indent + 2, below);
      else
        out += " " + placed(scalar(below, false), indent);
    }
    return out;
  }

  std::string block_items(const std::string& path, std::size_t indent, const std::string& shown) {
    std::string out;
    for (std::size_t each = 0, count = 1 + random_() % 3; each < count; ++each) {
      const auto item = "item" + std::to_string(each);
      out += between();
      if (one_in(2)) {
        out += std::string(indent, ' ') + "- {" +
               flow_entries(path + ".", static_cast<int>(indent) + 1, shown + "." + item, item) + "}" + comment() +
               end_;
      } else {
        auto lines = block_map(path + ".", indent + 2, shown + "." + item, item);
        lines[indent] = '-';
        out += lines;
      }
    }
    return out;
  }

  std::string block_words(std::size_t indent, const std::string& shown) {
    std::string out;
    for (std::size_t each = 0, count = 1 + random_() % 3; each < count; ++each)
      out += between() + std::string(indent, ' ') + "- " +
             placed(scalar(shown + ".#" + std::to_string(each), false), indent);
    return out;
  }

  std::mt19937 random_;
  std::string end_;
  bool block_scalar_ = false, after_block_ = false;
};

std::string value_at(const Value& root, const std::string& path) {
  const auto found = find(root, path);
  return found.missing.empty() ? found.value->text : "(missing " + path + ")";
}

// How many bytes both begin with, and both end with, without counting any twice.
std::pair<std::size_t, std::size_t> common(const std::string& left, const std::string& right) {
  const auto begin = static_cast<std::size_t>(
      std::mismatch(left.begin(), left.end(), right.begin(), right.end()).first - left.begin());
  std::size_t end = 0;
  while (end + begin < std::min(left.size(), right.size()) &&
         left[left.size() - 1 - end] == right[right.size() - 1 - end])
    ++end;
  return {begin, end};
}

bool is_scalar_key(const std::string& path) { return path.find('#') == std::string::npos; }

}  // namespace

TEST_CASE("settings in any style read as they were meant, and setting a value to itself changes no byte") {
  int seen = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    Writer writer{seed};
    const auto text = writer.document();
    INFO("seed " << seed << "\n" << text);
    const auto root = parse_document(text, "f");
    REQUIRE(root);
    std::vector<Edit> same;
    for (const auto& [path, value] : writer.values) {
      REQUIRE(value_at(*root, path) == value);
      if (is_scalar_key(path)) same.emplace_back(Assignment{path, value}), ++seen;
    }
    // Where one address stands in for a list of one, a text that looks like a list is one.
    std::erase_if(same, [](const Edit& edit) { return std::get<Assignment>(edit).path == "notify.email.to"; });
    const auto done = carry_out(text, "f", same);
    REQUIRE(done);
    CHECK(done->text == text);
    CHECK(done->changes.empty());
  }
  CHECK(seen > 5000);
}

TEST_CASE("setting another value changes that value, and not a byte before or behind it") {
  int refused = 0, done_ones = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    Writer writer{seed};
    const auto text = writer.document();
    std::mt19937 random{seed};
    const auto& [path, old_value] = writer.values[random() % writer.values.size()];
    if (!is_scalar_key(path) || path.ends_with(".name") || path == "notify.email.to") continue;
    const auto value = "new value " + std::to_string(seed) + (seed % 3 == 0 ? ", [x]: #y" : "");
    INFO("seed " << seed << " " << path << "\n" << text);
    const auto done = carry_out(text, "f", {Assignment{path, value}});
    if (!done) {
      ++refused;
      continue;
    }
    ++done_ones;
    INFO("became\n" << done->text);
    const auto before = parse_document(text, "f").value(), after = parse_document(done->text, "f").value();
    for (const auto& [each, was] : writer.values) REQUIRE(value_at(after, each) == (each == path ? value : was));
    // All that differs stands between where the value began and where it ended, quotes and all.
    const auto offset = find(before, path).value->offset;
    const auto [begin, end] = common(text, done->text);
    CHECK(begin >= offset);
    const auto replaced = text.substr(offset, text.size() - end - std::min(offset, text.size() - end));
    CHECK(replaced.size() <= old_value.size() + 40);
    CHECK(done->changes.size() == 1);
  }
  INFO(refused << " refused, " << done_ones << " done");
  CHECK(refused == 0);
  CHECK(done_ones > 400);
}

TEST_CASE("a key that is added and taken out again leaves the text as it was") {
  int added_ones = 0, restored = 0;
  for (unsigned seed = 0; seed < 700; ++seed) {
    Writer writer{seed};
    const auto text = writer.document();
    const auto root = parse_document(text, "f").value();
    std::mt19937 random{seed};
    const auto& key = keys()[random() % keys().size()];
    if (key.path.find("[]") != std::string::npos || key.type == KeyType::words || find(root, key.path).missing.empty())
      continue;
    INFO("seed " << seed << " " << key.path << "\n" << text);
    const auto added = carry_out(text, "f", {Assignment{key.path, "new"}});
    INFO((added ? "" : describe(added.error())));
    REQUIRE(added);
    INFO("became\n" << added->text);
    const auto after = parse_document(added->text, "f").value();
    CHECK(value_at(after, key.path) == "new");
    for (const auto& [each, was] : writer.values) REQUIRE(value_at(after, each) == was);
    ++added_ones;
    // No byte of the old text is gone.
    auto rest = added->text.begin();
    for (const char byte : text) {
      rest = std::find(rest, added->text.end(), byte);
      REQUIRE(rest++ != added->text.end());
    }
    // What held it was there already: then taking it out gives the old text.
    const auto missing = find(root, key.path).missing;
    const auto top = key.path.substr(
        0, key.path.size() - [&] {
          std::size_t below = 0;
          for (std::size_t at = 1; at < missing.size(); ++at) below += missing[at].size() + 1;
          return below;
        }());
    const auto out = carry_out(added->text, "f", {Removal{top}});
    REQUIRE(out);
    const auto left = parse_document(out->text, "f").value();
    for (const auto& [each, was] : writer.values) REQUIRE(value_at(left, each) == was);
    if (out->text == text) ++restored;
  }
  INFO(added_ones << " added, " << restored << " restored to the byte");
  CHECK(added_ones > 200);
  CHECK(restored > added_ones * 3 / 4);
}
