#include "sync/moved.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace hasync::sync {
namespace {

// Smaller ones are sent as fast as they are compared.
constexpr std::int64_t worth_finding = 64 << 10;
// Of more, memory would grow with the tree.
constexpr std::size_t most_noted = 100'000;

// More of a path tells no more.
constexpr int most_names = 8;

// The last `names` of a path; nothing where it has not so many.
std::string_view end_of(std::string_view path, int names) {
  auto at = path.size();
  for (; names > 0; --names) {
    if (at == 0 || at == std::string_view::npos) return {};
    at = path.rfind('/', at - 1);
  }
  return at == std::string_view::npos ? path : path.substr(at + 1);
}

using Paths = std::vector<std::string>;

// Takes from both what ends in the same so many names.
void match(int names, std::int64_t bytes, Paths& going, Paths& coming, std::vector<Moved>& matched) {
  std::multimap<std::string_view, Paths::iterator> by_end;
  for (auto path = going.begin(); path != going.end(); ++path)
    if (const auto end = end_of(*path, names); !end.empty()) by_end.emplace(end, path);
  for (auto& to : coming) {
    const auto [first, last] = by_end.equal_range(end_of(to, names));
    const auto found = std::find_if(first, last, [&](const auto& each) { return *each.second != to; });
    if (found == last) continue;
    matched.push_back({std::exchange(*found->second, {}), std::exchange(to, {}), bytes});
    by_end.erase(found);
  }
  std::erase(going, "");
  std::erase(coming, "");
}

}  // namespace

void Moves::note(const std::string& path, std::int64_t bytes, BySize& files) {
  if (bytes < worth_finding || noted_ == most_noted) return;
  ++noted_;
  files[bytes].push_back(path);
}

std::vector<Moved> Moves::found() const {
  std::vector<Moved> all;
  for (auto [bytes, coming] : coming_) {
    const auto same_size = going_.find(bytes);
    if (same_size == going_.end()) continue;
    auto going = same_size->second;
    const bool only = going.size() == 1 && coming.size() == 1;
    for (int names = most_names; names > 0; --names) match(names, bytes, going, coming, all);
    if (only && !coming.empty() && going.front() != coming.front())
      all.push_back({going.front(), coming.front(), bytes});
  }
  return all;
}

}  // namespace hasync::sync
