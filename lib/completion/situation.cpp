#include "completion/situation.hpp"

#include <algorithm>

namespace hasync::completion {
namespace {

bool is_option(const std::string& word) { return word.size() > 1 && word.starts_with('-'); }

const Command* find_command(const Command& command, const std::string& name) {
  const auto& all = command.commands;
  const auto found = std::find_if(all.begin(), all.end(), [&](const Command& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

class Reader {
 public:
  explicit Reader(const Command& root) { situation_.path.push_back(&root); }

  void pass(const std::string& word) {
    if (wants_ == Wants::value) return give(word);
    if (!only_arguments_ && word == "--") {
      only_arguments_ = true;
      wants_ = Wants::nothing;
    } else if (!only_arguments_ && is_option(word)) {
      option(word);
    } else if (const auto* next = only_arguments_ ? nullptr : find_command(situation_.command(), word)) {
      situation_.path.push_back(next);
      situation_.arguments.clear();
      wants_ = Wants::nothing;
    } else if (wants_ == Wants::more) {
      give(word);
    } else {
      situation_.arguments.push_back(word);
    }
  }

  Situation end(const std::string& word) {
    situation_.word = word;
    if (wants_ == Wants::value) return value_of(*taking_, 0);
    if (!only_arguments_ && word.starts_with('-')) return end_option(word);
    if (!only_arguments_ && !situation_.command().commands.empty()) {
      situation_.place = Place::command;
      return situation_;
    }
    if (wants_ == Wants::more) return value_of(*taking_, 0);
    const auto& arguments = situation_.command().arguments;
    const auto at = situation_.arguments.size();
    if (at < arguments.size()) return value_of(arguments[at], 0);
    if (!arguments.empty() && arguments.back().takes == Takes::many) return value_of(arguments.back(), 0);
    if (word.empty() && !only_arguments_) situation_.place = Place::option;  // nothing else can stand here
    return situation_;
  }

 private:
  enum class Wants { nothing, value, more };

  // Options of the outer commands are understood after the inner one's name too.
  const Parameter* find_option(const std::string& name) const {
    for (auto command = situation_.path.rbegin(); command != situation_.path.rend(); ++command)
      for (const auto& option : (*command)->options)
        if (std::find(option.names.begin(), option.names.end(), name) != option.names.end()) return &option;
    return nullptr;
  }

  void option(const std::string& word) {
    const auto equals = word.find('=');
    const auto* found = find_option(word.substr(0, equals));
    wants_ = Wants::nothing;
    if (found == nullptr) return;
    situation_.given.push_back(found);
    if (found->takes == Takes::nothing) return;
    taking_ = found;
    wants_ = Wants::value;
    if (equals != std::string::npos) give(word.substr(equals + 1));
  }

  void give(const std::string& value) {
    const auto& names = taking_->names;
    if (std::find(names.begin(), names.end(), "--config") != names.end()) situation_.settings = value;
    wants_ = taking_->takes == Takes::many ? Wants::more : Wants::nothing;
  }

  Situation end_option(const std::string& word) {
    const auto equals = word.find('=');
    situation_.place = equals == std::string::npos ? Place::option : Place::nothing;
    const auto* found = equals == std::string::npos ? nullptr : find_option(word.substr(0, equals));
    if (found == nullptr || found->takes == Takes::nothing) return situation_;
    return value_of(*found, equals + 1);
  }

  Situation value_of(const Parameter& parameter, std::size_t kept) {
    situation_.place = Place::value;
    situation_.parameter = &parameter;
    situation_.kept = kept;
    const auto last = parameter.delimiter == '\0' ? std::string::npos : situation_.word.rfind(parameter.delimiter);
    if (last != std::string::npos && last >= kept) situation_.kept = last + 1;
    return situation_;
  }

  Situation situation_;
  const Parameter* taking_ = nullptr;
  Wants wants_ = Wants::nothing;
  bool only_arguments_ = false;
};

}  // namespace

std::string Situation::command_path() const {
  std::string names;
  for (std::size_t at = 1; at < path.size(); ++at) names += (at == 1 ? "" : " ") + path[at]->name;
  return names;
}

std::string Situation::parameter_name() const {
  if (parameter == nullptr) return {};
  const auto& all = command().arguments;
  const auto found = std::find_if(all.begin(), all.end(), [&](const Parameter& each) { return &each == parameter; });
  return found == all.end() ? parameter->names.back() : std::to_string(found - all.begin() + 1);
}

Situation understand(const Command& root, const std::vector<std::string>& words) {
  Reader reader{root};
  for (std::size_t at = 0; at + 1 < words.size(); ++at) reader.pass(words[at]);
  return reader.end(words.empty() ? std::string{} : words.back());
}

}  // namespace hasync::completion
