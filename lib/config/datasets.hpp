// What follows from a dataset's type, for every room.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "config/model.hpp"

namespace hasync::config {

std::string_view dataset_type_name(DatasetType type);

// Whether it is a database of a server, named by a URI.
bool is_of_a_server(DatasetType type);

// The most bytes that its dump may have; 0: any.
std::int64_t dump_limit(const Dataset& dataset);

// The file of its dump in the dataset's folder of a recovery point; empty for files, which is no dump.
std::string dump_file(DatasetType type);
// Beside the dump of a PostgreSQL database: the roles of its server. Beside that of a MySQL database: its users.
inline constexpr std::string_view roles_file = "roles.sql", users_file = "users.sql";

// The URI of the database of a server that a promotion restores here.
const std::string& database_of(const Dataset& dataset);

// What a promotion puts in place here: a folder, or the file of a dump. Empty: nothing is.
std::string live_path(const Config& config, const Dataset& dataset);

}  // namespace hasync::config
