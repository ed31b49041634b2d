#include "config/document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

namespace hasync::config {
namespace {

// yaml-cpp counts from after a byte order mark.
std::size_t offset_of(const YAML::Mark& mark, std::size_t skipped) {
  return skipped + (mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos));
}

constexpr std::size_t deepest = 32;
// No settings have so many; an alias of an alias of an alias soon does.
constexpr int most_values = 50'000;

// Puts the values together from what yaml-cpp's parser meets, in the order of the text: its nodes would not tell an
// alias from what it stands for.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::size_t skipped) : skipped_(skipped) {}

  Value take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(mark, anchor, {}); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchored_.find(anchor);
    if (known == anchored_.end()) throw YAML::ParserException(mark, "the alias stands in what it names");
    count(mark, known->second);
    Value value = known->second;
    value.alias = true;
    value.offset = offset_of(mark, skipped_);
    add(std::move(value));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    leaf(mark, anchor, {.kind = Value::Kind::scalar, .text = text, .quoted = tag == "!"});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, anchor, {.kind = Value::Kind::list, .flow = style == YAML::EmitterStyle::Flow});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, anchor, {.kind = Value::Kind::map, .flow = style == YAML::EmitterStyle::Flow});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Value value;
    YAML::anchor_t anchor = 0;
    std::optional<Value> key{};
  };

  void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Value value) {
    count(mark, value);
    value.offset = offset_of(mark, skipped_);
    remember(anchor, value);
    add(std::move(value));
  }
  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Value value) {
    if (open_.size() >= deepest) throw YAML::ParserException(mark, "nested too deeply");
    count(mark, value);
    value.offset = offset_of(mark, skipped_);
    open_.push_back({std::move(value), anchor});
  }
  void close() {
    auto closed = std::move(open_.back());
    open_.pop_back();
    remember(closed.anchor, closed.value);
    add(std::move(closed.value));
  }
  void add(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto& around = open_.back(); around.value.kind == Value::Kind::list) {
      around.value.items.push_back(std::move(value));
    } else if (around.key) {
      around.value.entries.emplace_back(std::move(*std::exchange(around.key, std::nullopt)), std::move(value));
    } else {
      around.key = std::move(value);
    }
  }
  void remember(YAML::anchor_t anchor, const Value& value) {
    if (anchor != 0) anchored_[anchor] = value;
  }
  void count(const YAML::Mark& mark, const Value& value) {
    if ((left_ -= values_in(value)) < 0) throw YAML::ParserException(mark, "too many values; are aliases nested?");
  }
  static int values_in(const Value& value) {
    int values = 1;
    for (const auto& item : value.items) values += values_in(item);
    for (const auto& [key, each] : value.entries) values += values_in(key) + values_in(each);
    return values;
  }

  std::size_t skipped_;
  int left_ = most_values;
  Value root_{};
  std::vector<Open> open_{};
  std::map<YAML::anchor_t, Value> anchored_{};
};

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

const Value* Value::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first.text == key; });
  return found == entries.end() ? nullptr : &found->second;
}

bool Value::operator==(const Value& other) const {
  if (kind != other.kind || text != other.text || items != other.items || entries.size() != other.entries.size())
    return false;
  return std::is_permutation(entries.begin(), entries.end(), other.entries.begin());
}

Result<Value> parse_document(std::string_view text, const std::string& file) {
  const std::size_t skipped = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  try {
    std::istringstream in{std::string{text}};
    YAML::Parser parser{in};
    Builder first{skipped}, further{skipped};
    parser.HandleNextDocument(first);
    if (parser.HandleNextDocument(further))
      return fail({ExitCode::config,
                   "there is more than one YAML document in the file; keep one",
                   {},
                   SourcePosition{file, 1, 1}});
    auto root = first.take();
    if (root.kind == Value::Kind::null) root.kind = Value::Kind::map;
    if (root.kind != Value::Kind::map)
      return fail({ExitCode::config,
                   "the settings must be a map, as \"node: { name: west }\"",
                   {},
                   SourcePosition{file, 1, 1}});
    return root;
  } catch (const YAML::Exception& error) {
    const auto offset = offset_of(error.mark, skipped);
    return fail({ExitCode::config, "is not YAML: " + error.msg, {}, position_at(text, offset, file)});
  }
}

SourcePosition position_at(std::string_view text, std::size_t offset, const std::string& file) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto characters = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_start), before.end(),
                                        [](char byte) { return !is_continuation(byte); });
  return {file, static_cast<int>(line), static_cast<int>(characters) + 1};
}

}  // namespace hasync::config
