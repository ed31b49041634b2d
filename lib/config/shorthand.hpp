// Items of lists as one word of a command line: "app=/var/lib/app", "web=http://east.example.net/status", "start
// app=systemctl start app".
#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/model.hpp"

namespace hasync::config {

// Every part is read as the key table reads it from a file. An error's message begins with the text, quoted: say before
// it what the text was given for, as "--dataset ". ExitCode::usage.

// NAME=SOURCE or NAME=SOURCE:LIVE
Result<Dataset> dataset_from(const std::string& text);
// NAME=http://… , NAME=https://… or NAME=HOST:PORT
Result<Probe> probe_from(const std::string& text);
// PROGRAM ARGUMENT …, split at blanks
Result<std::vector<std::string>> command_from(const std::string& text);
// NAME=COMMAND
Result<Step> step_from(const std::string& text);

}  // namespace hasync::config
