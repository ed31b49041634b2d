// The pre-flight: everything a sync or a failover will need, tried beforehand, each with what to do when it is missing.
#pragma once
#include <string>
#include <vector>

#include "agent/apply.hpp"
#include "agent/node.hpp"

namespace hasync::agent {

enum class Finding { good, unwise, bad };

struct Checked {
  std::string what;
  Finding finding = Finding::good;
  std::string words;
};

// Changes nothing. Every wait is bounded.
Result<std::vector<Checked>> check(const Node& node, const Installer& installer);

}  // namespace hasync::agent
