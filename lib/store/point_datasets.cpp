#include "store/point_datasets.hpp"

#include "store/rows.hpp"

namespace hasync::store {
namespace {

const std::string select_datasets =
    "SELECT point, dataset, files, bytes, created, changed, attributes, deleted, file_system FROM point_datasets "
    "WHERE point = ? ";

PointDataset dataset_from(const Statement& row) {
  return {row.text(0),    row.text(1),    row.integer(2), row.integer(3), row.integer(4),
          row.integer(5), row.integer(6), row.integer(7), row.text(8)};
}

}  // namespace

Result<void> add_point_dataset(Database& database, const PointDataset& dataset) {
  HASYNC_TRY(auto insert,
             database.prepare("INSERT OR REPLACE INTO point_datasets (point, dataset, files, bytes, created, changed, "
                              "attributes, deleted, file_system) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(dataset.point).bind(dataset.dataset).bind(dataset.files).bind(dataset.bytes).bind(dataset.created);
  return insert.bind(dataset.changed).bind(dataset.attributes).bind(dataset.deleted).bind(dataset.file_system).run();
}

Result<std::optional<PointDataset>> find_point_dataset(Database& database, const std::string& point,
                                                       const std::string& dataset) {
  HASYNC_TRY(auto query, database.prepare(select_datasets + "AND dataset = ?"));
  query.bind(point).bind(dataset);
  return first_row(query, dataset_from);
}

Result<std::vector<PointDataset>> datasets_of_point(Database& database, const std::string& point) {
  HASYNC_TRY(auto query, database.prepare(select_datasets + "ORDER BY dataset"));
  query.bind(point);
  return all_rows(query, dataset_from);
}

}  // namespace hasync::store
