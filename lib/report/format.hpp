// For whom a report is written.
#pragma once

namespace hasync::report {

enum class Format { text, json };

}  // namespace hasync::report
