// Who is at the keyboard.
#pragma once
#include <string>

namespace hasync {

// "root", or "alice as root" where alice has become root: by the login that the kernel keeps (proc(5),
// /proc/PID/loginuid), or as sudo(8) tells. For records; it proves nothing.
std::string acting_user();

}  // namespace hasync
