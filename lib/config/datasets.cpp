#include "config/datasets.hpp"

namespace hasync::config {
namespace {

constexpr std::int64_t most_of_a_command = std::int64_t{10} << 30;

}  // namespace

std::string_view dataset_type_name(DatasetType type) {
  switch (type) {
    case DatasetType::files:
      return "files";
    case DatasetType::postgresql:
      return "postgresql";
    case DatasetType::mysql:
      return "mysql";
    case DatasetType::sqlite:
      return "sqlite";
    case DatasetType::command:
      break;
  }
  return "command";
}

bool is_of_a_server(DatasetType type) { return type == DatasetType::postgresql || type == DatasetType::mysql; }

std::int64_t dump_limit(const Dataset& dataset) {
  if (dataset.max_size > 0) return dataset.max_size;
  return dataset.type == DatasetType::command ? most_of_a_command : 0;
}

std::string dump_file(DatasetType type) {
  switch (type) {
    case DatasetType::files:
      break;
    case DatasetType::postgresql:
      return "dump.pgdump";
    case DatasetType::mysql:
      return "dump.sql";
    case DatasetType::sqlite:
      return "dump.sqlite";
    case DatasetType::command:
      return "dump";
  }
  return {};
}

const std::string& database_of(const Dataset& dataset) {
  return dataset.database.empty() ? dataset.source : dataset.database;
}

std::string live_path(const Config& config, const Dataset& dataset) {
  if (is_of_a_server(dataset.type)) return {};
  if (!dataset.live.empty()) return dataset.live;
  return dataset.restore.empty() ? config.sync.store + "/live/" + dataset.name : std::string{};
}

}  // namespace hasync::config
