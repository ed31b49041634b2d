// Datasets that are no folders: what is run on the peer to dump one, and what its end means. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"
#include "os/process.hpp"

namespace hasync::sync {

// One file of a dump.
struct DumpPart {
  std::string file;               // in the dataset's folder
  std::vector<std::string> argv;  // run on the peer; its standard output is the file
  // What is run instead where the former ended in such a way; a note for the run says so. Nothing: there is no such
  // file.
  std::vector<std::string> otherwise{};
  bool (*otherwise_when)(const ProcessResult& result) = nullptr;
  std::string note{};
};
std::vector<DumpPart> dump_parts(const config::Dataset& dataset);
// All that may be run on the peer to dump the datasets of these settings.
std::vector<std::vector<std::string>> dump_commands(const config::Config& settings);
// Whether any of them prints what is worth compressing; pg_dump(1) compresses by itself.
bool has_plain_dumps(const config::Config& settings);
// As started from here.
std::vector<std::string> from_here(const config::Config& settings, const std::vector<std::string>& argv);
// The roles' passwords are for a superuser alone.
bool may_not_see_passwords(const ProcessResult& result);
bool has_no_such_program(const ProcessResult& result);
// The users of MySQL or MariaDB are for who may read its own database, and not every dump program tells them.
bool may_not_tell_users(const ProcessResult& result);
// The note of a part that a dump does without, and why.
std::string tell_without(const DumpPart& part, const ProcessResult& result);

// Nothing: the dump was made, as far as the program can tell.
std::optional<Error> judge_dump(const config::Config& settings, const config::Dataset& dataset,
                                const std::string& program, const ProcessResult& result);
// What pg_restore(1) said of an archive that it read to its end.
std::optional<Error> judge_archive(const ProcessResult& result);

// The end of what mysqldump printed says that there is no more.
std::optional<Error> judge_end_of_sql(std::string_view end);

// Where an archive of pg_dump --format=custom says when it was made, by its first bytes: all else is the same when the
// database is. None: it is not known where.
struct Span {
  std::size_t begin = 0, end = 0;
};
std::optional<Span> creation_time(std::string_view archive);
// What pg_dumpall told, without the keys that it makes anew each time.
std::string without_keys(std::string_view roles);

// A dump without a byte: more often a command that failed without saying so than a decision.
std::optional<Error> refuse_empty_dump(const config::Config& settings, const config::Dataset& dataset,
                                       std::int64_t bytes, const std::vector<std::string>& forced);

// Whom the original belongs to and who may use it; told by `hasync agent dump` in a line before the dump itself.
struct Ownership {
  unsigned mode = 0600;
  unsigned user = 0, group = 0;
  bool operator==(const Ownership&) const = default;
};
std::string tell_ownership(const Ownership& ownership);          // "hasync.dump/1 640 1000 1000\n"
std::optional<Ownership> read_ownership(std::string_view line);  // without the newline
inline constexpr std::size_t longest_ownership = 64;             // of such a line

}  // namespace hasync::sync
