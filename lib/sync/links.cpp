#include "sync/links.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "os/beneath.hpp"

namespace hasync::sync {
namespace {

namespace fs = std::filesystem;
using File = std::pair<dev_t, ino_t>;

Error cannot_read(const std::string& folder, const std::error_code& error) {
  return os_error("cannot read " + folder, error.value());
}

Result<std::vector<std::string>> found_in(const std::string& folder) {
  std::map<File, std::string> first;  // emptied once it is told
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    struct stat found {};
    const auto& path = entry->path();
    if (::lstat(path.c_str(), &found) != 0 || S_ISDIR(found.st_mode) || found.st_nlink < 2) continue;
    auto name = path.lexically_relative(folder).string();
    const auto [known, is_first] = first.try_emplace({found.st_dev, found.st_ino}, name);
    if (is_first) continue;
    if (!known->second.empty()) names.push_back(std::exchange(known->second, {}));
    names.push_back(std::move(name));
  }
  if (error) return fail(cannot_read(folder, error));
  return names;
}

// The first name of the file that `name` is one of at the source.
const std::string& leader_of(const std::string& name, const LinksAtSource& at_source) {
  const auto* leader = &name;
  for (std::size_t steps = 0; steps < at_source.size(); ++steps) {
    const auto found = at_source.find(*leader);
    if (found == at_source.end() || found->second.empty()) break;
    leader = &found->second;
  }
  return *leader;
}

struct Part {
  std::vector<std::string> names{};
  std::int64_t staying = 0;
};
// What each file is at the source by now, by the first name there; names that have vanished meanwhile are left out.
using Parts = std::map<std::string, Part>;

std::map<File, Parts> parts_of(const LinkedNames& linked, const LinksAtSource& at_source) {
  std::map<File, Parts> files;
  for (const auto& [name, is] : linked) {
    if (!at_source.contains(name)) continue;
    auto& part = files[is.file][leader_of(name, at_source)];
    part.names.push_back(name);
    part.staying += is.is_fetched ? 0 : 1;
  }
  return files;
}

}  // namespace

Result<std::vector<std::string>> links_in(const store::StoreFolder& store, store::Catalog& catalog,
                                          const std::string& point, const std::string& dataset) {
  HASYNC_TRY(auto known, catalog.links_in(point, dataset));
  if (known) return std::move(*known);
  return found_in(store.point(point) + "/" + dataset);
}

Result<void> learn_links(const store::StoreFolder& store, store::Catalog& catalog, const std::string& point) {
  HASYNC_TRY(const auto known, catalog.links_in(point, {}));
  if (known) return {};
  std::map<std::string, std::vector<std::string>> links;
  std::error_code error;
  for (fs::directory_iterator entry{store.point(point), error}, end; !error && entry != end; entry.increment(error)) {
    HASYNC_TRY(links[entry->path().filename().string()], found_in(entry->path().string()));
  }
  if (error) return fail(cannot_read(store.point(point), error));
  return catalog.set_links(point, links);
}

Result<LinkedNames> linked_names(const std::string& folder, const std::vector<std::string>& names) {
  LinkedNames linked;
  HASYNC_TRY(auto beneath, Beneath::open(folder));
  for (const auto& name : names) {
    const auto found = beneath.look_at(name);
    if (!found || S_ISDIR(found->st_mode) || found->st_nlink < 2) continue;
    linked[name] = {{found->st_dev, found->st_ino}, S_ISREG(found->st_mode) ? std::int64_t{found->st_size} : 0};
  }
  return still_linked(std::move(linked));
}

void take_note(LinkedNames& linked, const Change& change) {
  const auto name = linked.find(change.path);
  if (name == linked.end()) return;
  const bool only_link = change.what == What::attributes && change.leads_to;
  if (only_link)
    name->second.is_fetched = true;
  else
    linked.erase(name);
}

LinkedNames still_linked(LinkedNames linked) {
  std::map<File, int> names;
  for (const auto& [name, is] : linked) ++names[is.file];
  std::erase_if(linked, [&](const auto& each) { return names[each.second.file] < 2; });
  return linked;
}

std::vector<std::vector<std::string>> names_to_part(const LinkedNames& linked, const LinksAtSource& at_source) {
  std::vector<std::vector<std::string>> to_part;
  for (const auto& [file, parts] : parts_of(linked, at_source)) {
    const auto stays = std::max_element(parts.begin(), parts.end(), [](const auto& one, const auto& other) {
      return one.second.staying < other.second.staying;
    });
    for (auto part = parts.begin(); part != parts.end(); ++part)
      if (part != stays) to_part.push_back(part->second.names);
  }
  return to_part;
}

}  // namespace hasync::sync
