// From argv to an exit code: the whole command line, its errors, and the one place where an Error becomes words.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "cmd/command.hpp"

namespace hasync::cmd {
namespace {

// The command the operator was talking to when the line went wrong.
const CLI::App& innermost(const CLI::App& app) {
  const auto named = app.get_subcommands();
  return named.empty() ? app : innermost(*named.front());
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* each : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!each->get_group().empty()) names.push_back(each->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// What was not understood: the first word that is no option, else the first option.
std::string stray_word(const CLI::App& root) {
  const auto words = root.remaining(true);
  for (const auto& word : words)
    if (!word.starts_with("-")) return word;
  return words.empty() ? std::string{} : words.front();
}

std::string usage_message(const CLI::App& root, const CLI::App& app, const CLI::ParseError& error) {
  // A value that was refused says why itself.
  if (error.get_name() == "ValidationError" || error.get_name() == "ConversionError") return error.what();
  const auto stray = stray_word(root);
  const bool wants_command = !command_names(app).empty();
  const bool needs_command = app.get_require_subcommand_min() > 0;
  if (stray.empty()) return needs_command ? "which command? one of " + join(command_names(app), ", ") : error.what();
  const bool is_option = stray.starts_with("-");
  const auto candidates = is_option ? option_names(app) : command_names(app);
  auto message = fmt::format("{} \"{}\"",
                             is_option       ? "unknown option"
                             : wants_command ? "unknown command"
                                             : "unexpected argument",
                             printable(stray));
  if (const auto meant = nearest(stray, candidates)) message += fmt::format("; did you mean {}?", *meant);
  return message;
}

int tell_usage_error(const CLI::App& root, const CLI::ParseError& error) {
  const auto& app = innermost(root);
  const auto name = full_name(app);
  say_on_stderr(fmt::format("{0}: {1}\nsee: {0} --help\n", name, usage_message(root, app, error)));
  return static_cast<int>(ExitCode::usage);
}

bool takes_many(const CLI::App& app, const std::string& option) {
  const auto* found = app.get_option_no_throw(option.substr(0, option.find('=')));
  return found != nullptr && found->get_allow_extra_args();
}

// As CLI11 wants them, the last first. A "--" after an option that takes many words is to it only the end of those, and
// what comes then may be an option again; so it gets another.
std::vector<std::string> words_to_parse(const CLI::App& root, int argc, const char* const* argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const auto mark = std::find(words.begin(), words.end(), "--");
  const auto* app = &root;
  for (auto word = words.begin(); word != mark; ++word) {
    const auto named = app->get_subcommands([&](const CLI::App* each) { return each->get_name() == *word; });
    if (!named.empty()) app = named.front();
  }
  const auto option = std::find_if(std::make_reverse_iterator(mark), words.rend(),
                                   [](const std::string& word) { return word.size() > 1 && word.front() == '-'; });
  if (mark != words.end() && option != words.rend() && takes_many(*app, *option)) words.insert(mark, "--");
  std::reverse(words.begin(), words.end());
  return words;
}

}  // namespace

int run(int argc, const char* const* argv) {
  Session session;
  stop_on_signals(session.interrupt);
  Invocation invocation{session, {}};
  CLI::App root{"Keeps a second server ready to take over from the first", "hasync"};
  build(root, invocation);
  try {
    root.parse(words_to_parse(root, argc, argv));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return root.exit(error);
    return tell_usage_error(root, error);
  }
  auto ended = invocation.action(session);
  if (const auto printed = session.all_printed(); ended && !printed) ended = fail(printed.error());
  if (ended) return static_cast<int>(*ended);
  const auto told = describe(ended.error());
  if (told.find('\n') != std::string::npos)
    say_on_stderr(told + "\n");  // the faults of a settings file, each beginning with its place
  else
    session.log().error(told);
  return static_cast<int>(ended.error().code);
}

}  // namespace hasync::cmd
