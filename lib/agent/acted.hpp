// What an outage has led to: the words kept in its episode, and what they mean for the beats after. Pure; words and
// meaning stand here together, and nowhere else.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace hasync::agent {

std::string stayed_in_standby();
std::string refused(const std::vector<std::string>& blocking);
std::string promoted(std::int64_t failover);
std::string promotion_failed(std::int64_t failover);
// By a beat, which judges anew; and by an operator, for this outage.
std::string given_up_for_now(const std::string& why);
std::string given_up_by_operator();
// A failure that an operator has acknowledged.
std::string acknowledged(const std::string& acted);

// Whether no beat promotes in this outage any more: it was promoted, or that failed and nobody has seen it, or an
// operator gave it up.
bool is_final(const std::string& acted);
bool is_failure(const std::string& acted);

}  // namespace hasync::agent
