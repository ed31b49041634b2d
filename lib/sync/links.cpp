#include "sync/links.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "os/beneath.hpp"

namespace hasync::sync {
namespace {

namespace fs = std::filesystem;
using store::LinkedName;
using store::LinkedNames;

Error cannot_read(const std::string& folder, const std::error_code& error) {
  return os_error("cannot read " + folder, error.value());
}

// A file that has no other name anywhere is left out, and so is a folder.
Result<void> add(LinkedNames& linked, const std::string& name, const struct stat& found) {
  if (S_ISDIR(found.st_mode) || found.st_nlink < 2) return {};
  return linked.add(name, store::file_id(found), S_ISREG(found.st_mode) ? std::int64_t{found.st_size} : 0);
}

Result<LinkedNames> found_in(const std::string& folder) {
  LinkedNames linked;
  std::error_code error;
  for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    struct stat found {};
    const auto& path = entry->path();
    if (::lstat(path.c_str(), &found) != 0) continue;
    HASYNC_CHECK(add(linked, path.lexically_relative(folder).string(), found));
  }
  if (error) return fail(cannot_read(folder, error));
  HASYNC_CHECK(linked.keep_shared());
  return linked;
}

struct Part {
  std::vector<LinkedName> names{};
  std::int64_t staying = 0;
};

}  // namespace

Result<LinkedNames> links_in(const std::string& folder, store::Catalog& catalog, const std::string& point,
                             const std::string& dataset) {
  HASYNC_TRY(const bool known, catalog.knows_links(point));
  if (!known) return found_in(folder);
  LinkedNames linked;
  HASYNC_TRY(auto beneath, Beneath::open(folder));
  HASYNC_CHECK(catalog.each_link(point, dataset, [&](const std::string& name) -> Result<void> {
    const auto found = beneath.look_at(name);
    return found ? add(linked, name, *found) : Result<void>{};
  }));
  HASYNC_CHECK(linked.keep_shared());
  return linked;
}

Result<void> learn_links(const store::StoreFolder& store, store::Catalog& catalog, const std::string& point) {
  HASYNC_TRY(const bool known, catalog.knows_links(point));
  if (known) return {};
  return catalog.learn_links(point, [&](const store::Catalog::OnLink& on_link) -> Result<void> {
    std::error_code error;
    for (fs::directory_iterator entry{store.point(point), error}, end; !error && entry != end; entry.increment(error)) {
      HASYNC_TRY(auto linked, found_in(entry->path().string()));
      const auto dataset = entry->path().filename().string();
      HASYNC_CHECK(linked.each_name([&](const std::string& name) { return on_link(dataset, name); }));
    }
    return error ? Result<void>{fail(cannot_read(store.point(point), error))} : Result<void>{};
  });
}

Result<void> take_note(LinkedNames& linked, const Change& change) {
  const bool only_link = change.what == What::attributes && change.leads_to;
  return only_link ? linked.set_fetched(change.path) : linked.remove(change.path);
}

std::vector<std::vector<LinkedName>> names_to_part(const std::vector<LinkedName>& names) {
  std::map<std::string, Part> parts;
  for (const auto& name : names) {
    auto& part = parts[name.first];
    part.names.push_back(name);
    part.staying += name.is_fetched ? 0 : 1;
  }
  const auto stays = std::max_element(parts.begin(), parts.end(), [](const auto& one, const auto& other) {
    return one.second.staying < other.second.staying;
  });
  std::vector<std::vector<LinkedName>> to_part;
  for (auto part = parts.begin(); part != parts.end(); ++part)
    if (part != stays) to_part.push_back(std::move(part->second.names));
  return to_part;
}

}  // namespace hasync::sync
