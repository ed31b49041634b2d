#include "sync/changes.hpp"

#include <algorithm>

namespace hasync::sync {
namespace {

constexpr std::size_t item_length = 11;  // "YXcstpoguax" of rsync(1), and "*deleting  "

bool is_digit(char byte, char highest) { return byte >= '0' && byte <= highest; }

// rsync's own escaping: \#ooo, three octal digits.
std::string bytes_of(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto octal = text.substr(at, 5);
    const bool escaped = octal.size() == 5 && octal.starts_with("\\#") && is_digit(octal[2], '3') &&
                         is_digit(octal[3], '7') && is_digit(octal[4], '7');
    if (!escaped) {
      bytes += text[at];
      continue;
    }
    bytes += static_cast<char>((octal[2] - '0') * 64 + (octal[3] - '0') * 8 + (octal[4] - '0'));
    at += 4;
  }
  return bytes;
}

std::int64_t number_of(std::string_view digits) {
  std::int64_t number = 0;
  for (const char byte : digits) {
    if (byte == ',') continue;
    if (!is_digit(byte, '9')) break;
    number = number * 10 + (byte - '0');
  }
  return number;
}

std::int64_t number_after(std::string_view line, std::string_view label) {
  const auto at = line.find(label);
  return at == std::string_view::npos ? 0 : number_of(line.substr(at + label.size()));
}

std::optional<What> what_of(std::string_view item) {
  if (item.starts_with("*deleting")) return What::deleted;
  if (std::string_view{"<>ch."}.find(item[0]) == std::string_view::npos) return std::nullopt;
  if (item.substr(2) == "+++++++++") return What::created;
  // c: another checksum, target of a symlink or device; s: another size; another time may mean another content.
  const bool sent = item[0] == '>' || item[0] == '<';
  const bool content = sent || item[2] == 'c' || item[3] == 's' || (item[0] == 'h' && item[4] == 't');
  return content ? What::changed : What::attributes;
}

// Told only where both were read: another checksum, but neither another size nor another time.
bool is_only_content(std::string_view item) {
  return item.size() > 4 && (item[0] == '>' || item[0] == '<') && item.substr(1, 4) == "fc..";
}

// Takes the next word off the front of `rest`.
std::string_view next_word(std::string_view& rest) {
  const auto end = rest.find(' ');
  const auto word = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return word;
}

}  // namespace

std::optional<Change> read_change(std::string_view line) {
  if (line.size() <= item_length || line[item_length] != ' ') return std::nullopt;
  const auto item = line.substr(0, item_length);
  const auto what = what_of(item);
  if (!what) return std::nullopt;
  auto rest = line.substr(item_length + 1);
  Change change{.what = *what};
  change.symlink = item[1] == 'L';
  change.only_content = is_only_content(item);
  change.bytes = number_of(next_word(rest));
  // No path has "//" in it, and no checksum; what a symlink leads to may.
  const auto end = rest.find("//"), last = rest.rfind("//");  // a folder's name ends with "/"
  if (end == std::string_view::npos) return std::nullopt;
  change.folder = rest.substr(end).starts_with("///");
  change.path = bytes_of(rest.substr(0, end));
  const auto after = rest.find('=', end) + 1;
  if (after == 0 || last < after) return std::nullopt;
  const auto leads = rest.substr(after, last - after);
  // Without one come as many blanks.
  const auto checksum = rest.substr(last + 2);
  change.checksum = checksum.substr(0, checksum.find(' '));
  constexpr std::string_view arrow = " => ";
  if (leads.starts_with(arrow)) change.leads_to = bytes_of(leads.substr(arrow.size()));
  return change;
}

void Counts::count(const Change& change) {
  const bool comes = change.folder ? change.what == What::created : change.what != What::deleted;
  if (comes && !change.leads_to) ++inodes;
  if (change.folder)
    ++folders;
  else if (change.what == What::created)
    ++created;
  else if (change.what == What::changed)
    ++changed;
  else if (change.what == What::attributes)
    ++attributes;
  else if (change.what == What::deleted)
    ++deleted;
}

Counts& Counts::operator+=(const Counts& other) {
  created += other.created;
  changed += other.changed;
  attributes += other.attributes;
  deleted += other.deleted;
  folders += other.folders;
  files += other.files;
  bytes += other.bytes;
  transferred += other.transferred;
  inodes += other.inodes;
  return *this;
}

void ChangeReader::take(std::string_view chunk) {
  for (auto end = chunk.find('\n'); end != std::string_view::npos; end = chunk.find('\n')) {
    begun_ += chunk.substr(0, end);
    take_line(begun_);
    begun_.clear();
    chunk.remove_prefix(end + 1);
  }
  begun_ += chunk;
}

// Progress is drawn over itself with carriage returns, without an end of line.
void ChangeReader::take_line(std::string_view line) {
  line.remove_prefix(line.rfind('\r') + 1);
  if (const auto change = read_change(line)) {
    counts_.count(*change);
    if (on_change_ && ended_) ended_ = on_change_(*change);
  } else if (line.starts_with("Number of files: ")) {
    all_ = number_after(line, "Number of files: ");
    all_folders_ = number_after(line, "dir: ");
  } else if (line.starts_with("Total file size: ")) {
    counts_.bytes = number_after(line, "Total file size: ");
  } else if (line.starts_with("Total transferred file size: ")) {
    counts_.transferred = number_after(line, "Total transferred file size: ");
  }
}

Result<Counts> ChangeReader::counts() {
  if (!ended_) return fail(ended_.error());
  counts_.files = std::max<std::int64_t>(0, all_ - all_folders_);
  return counts_;
}

std::optional<std::int64_t> read_sent(std::string_view chunk) {
  for (auto at = chunk.rfind('\r'); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : chunk.rfind('\r', at - 1)) {
    auto rest = chunk.substr(at + 1);
    const auto skip = [&](std::string_view letters) {
      const auto end = std::min(rest.find_first_not_of(letters), rest.size());
      const auto skipped = rest.substr(0, end);
      rest.remove_prefix(end);
      return skipped;
    };
    skip(" ");
    const auto bytes = skip("0123456789,"), blank = skip(" "), percent = skip("0123456789");
    if (!bytes.empty() && !blank.empty() && !percent.empty() && rest.starts_with('%')) return number_of(bytes);
  }
  return std::nullopt;
}

}  // namespace hasync::sync
