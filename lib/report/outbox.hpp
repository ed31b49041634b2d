#pragma once
#include <string>
#include <vector>

#include "report/format.hpp"
#include "store/outbox.hpp"

namespace hasync::report {

// The waiting mails; JSON: hasync.queue/1.
std::string render(const std::vector<store::Mail>& mails, Format format);

}  // namespace hasync::report
