#include "cmd/command_tree.hpp"

namespace hasync::cmd {
namespace {

completion::Parameter parameter(const CLI::Option& option) {
  completion::Parameter told{.help = option.get_description(), .value = option.get_type_name()};
  if (option.get_positional()) told.names.push_back(option.get_name(true));
  for (const auto& name : option.get_snames()) told.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) told.names.push_back("--" + name);
  const bool repeats = option.get_expected_max() == CLI::detail::expected_max_vector_size;
  told.takes = repeats                          ? completion::Takes::many
               : option.get_expected_max() == 0 ? completion::Takes::nothing
                                                : completion::Takes::one;
  told.delimiter = option.get_delimiter();
  return told;
}

}  // namespace

completion::Command command_tree(const CLI::App& app) {
  completion::Command told{.name = app.get_name(), .help = app.get_description()};
  for (const auto* option : app.get_options())
    if (!option->get_group().empty())
      (option->get_positional() ? told.arguments : told.options).push_back(parameter(*option));
  for (const auto* each : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!each->get_group().empty()) told.commands.push_back(command_tree(*each));
  return told;
}

}  // namespace hasync::cmd
