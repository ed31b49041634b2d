#include "store/point_folder.hpp"

#include <algorithm>
#include <filesystem>

namespace hasync::store {

namespace fs = std::filesystem;

std::optional<std::string> current_point(const StoreFolder& store) {
  std::error_code error;
  const auto target = fs::read_symlink(store.current(), error);
  if (error || target.parent_path() != "points") return std::nullopt;
  const auto id = target.filename().string();
  if (!parse_rfc3339(id)) return std::nullopt;
  return fs::is_directory(store.point(id), error) ? std::optional{id} : std::nullopt;
}

std::vector<std::string> point_ids(const StoreFolder& store) {
  std::vector<std::pair<Instant, std::string>> found;
  std::error_code error;
  for (fs::directory_iterator entry{store.points(), error}, end; !error && entry != end; entry.increment(error)) {
    const auto id = entry->path().filename().string();
    if (const auto at = parse_rfc3339(id)) found.emplace_back(*at, id);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> ids;
  for (auto& [at, id] : found) ids.push_back(std::move(id));
  return ids;
}

}  // namespace hasync::store
