// Whether a dataset of a database server can be dumped: its dump is begun as by a run, and ended when enough of it
// came.
#pragma once
#include "config/model.hpp"
#include "os/process.hpp"

namespace hasync::sync {

// begins: the server is there, knows the database and lets us in; what the user may not read in it can show later.
// silent: in that time neither enough came nor a fault was told.
enum class Trial { begins, silent };

// An error is the one that a run would fail with.
Result<Trial> try_dump(const config::Config& settings, const config::Dataset& dataset, Duration timeout,
                       ProcessRunner& runner);

}  // namespace hasync::sync
