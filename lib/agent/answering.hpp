// What the questions of `hasync init` have in common: reading an answer, and telling more of a key.
#pragma once
#include "agent/questions.hpp"

namespace hasync::agent {

// Reads the text as the key's value in a file would be read.
Result<void> set(Draft& draft, const std::string& path, const std::string& text);
std::string default_of(const std::string& path);
// The key table's own words, for who asks for more.
std::string more_of(const std::string& path);

bool is_yes(std::string_view text);
Result<std::string> yes_or_no(const std::string& text);
// Of an answer of several: blanks or commas between.
std::vector<std::string> words_of(const std::string& text);

bool by_ssh(const View& view);
bool is_secondary(const View& view);

// Of an entry that is a look, not a question.
Question nothing_to_ask(const View& view);
Result<std::string> nothing_to_take(const View& view, Draft& draft, const std::string& text);

}  // namespace hasync::agent
