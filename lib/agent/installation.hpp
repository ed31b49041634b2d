// What the schedule of this node starts and needs: the settings as the room schedule knows them.
#pragma once
#include <string>

#include "agent/node.hpp"
#include "schedule/install.hpp"

namespace hasync::agent {

// Where the schedule is installed, and what it starts.
struct Installer {
  std::string program, config_path;
  schedule::Places places{};
};

schedule::Installation installation_of(const Node& node, const Installer& installer, const schedule::Grid& grid);

}  // namespace hasync::agent
