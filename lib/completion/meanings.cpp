#include "completion/meanings.hpp"

#include <algorithm>

#include "agent/history.hpp"
#include "base/text.hpp"
#include "completion/settings.hpp"
#include "failover/guards.hpp"
#include "schedule/install.hpp"
#include "sync/guards.hpp"

namespace hasync::completion {
namespace {

using Q = const Question&;

Proposal words(const std::vector<std::string>& all) {
  Proposal proposal;
  for (const auto& each : all) proposal.candidates.push_back({each, {}});
  return proposal;
}

std::string first_sentence(const std::string& text) { return text.substr(0, text.find(". ")); }

Proposal fixed_words(Q question) { return words(split(question.of, ' ')); }

Proposal key(Q question) {
  Proposal proposal;
  for (const auto& each : known_keys(question.known))
    proposal.candidates.push_back({each.path, first_sentence(each.key->help)});
  return proposal;
}

// Those that stand in the file, and may go.
Proposal key_in_file(Q question) {
  Proposal proposal;
  for (const auto& each : known_keys(question.known)) {
    const auto there = present(question.known, each.path);
    if (there && there->line > 0 && each.key->need == config::Need::optional)
      proposal.candidates.push_back({each.path, there->value});
  }
  return proposal;
}

bool is_assigned(const Situation& situation, const std::string& path) {
  return std::any_of(situation.arguments.begin(), situation.arguments.end(),
                     [&](const std::string& each) { return each.starts_with(path + "="); });
}

Proposal assignment(Q question) {
  const auto typed = question.situation.value();
  const auto equals = typed.find('=');
  const auto keys = known_keys(question.known);
  Proposal proposal;
  if (equals == std::string::npos) {
    for (const auto& each : keys)
      if (!is_assigned(question.situation, each.path))
        proposal.candidates.push_back({each.path + "=", first_sentence(each.key->help)});
    return proposal;
  }
  const auto path = typed.substr(0, equals);
  const auto named = std::find_if(keys.begin(), keys.end(), [&](const KnownKey& each) { return each.path == path; });
  if (named == keys.end()) return proposal;
  proposal = values(*named->key, present(question.known, path), typed.substr(equals + 1));
  for (auto& each : proposal.candidates) each.text = path + "=" + each.text;
  proposal.kept = equals + 1;
  return proposal;
}

// For settings that are yet to be written.
Proposal value_of(Q question) {
  const auto* named = config::find_key(question.of);
  return named == nullptr ? Proposal{} : values(*named, std::nullopt, question.situation.value());
}

Proposal item_of(Q question) { return words(names(question.known, question.of)); }

// `step remove promote NAME`, whether "promote" is a command or an argument before the name.
Proposal item_of_chosen(Q question) {
  const auto& arguments = question.situation.arguments;
  return arguments.empty() ? Proposal{} : words(names(question.known, question.of + "." + arguments.front()));
}

Proposal address(Q question) { return words(addresses(question.known)); }

Proposal point(Q question) { return words(question.known.points); }

// NAME=FOLDER, or NAME=FOLDER:FOLDER
Proposal named_folder(Q question) {
  Proposal proposal;
  const auto last = question.situation.value().find_last_of("=:");
  if (last == std::string::npos) return proposal;
  proposal.files = Files::folders;
  proposal.kept = last + 1;
  return proposal;
}

Proposal command(Q question) {
  const auto* here = &question.root;
  for (const auto& name : question.situation.arguments) {
    const auto& below = here->commands;
    const auto next = std::find_if(below.begin(), below.end(), [&](const Command& each) { return each.name == name; });
    if (next == below.end()) return {};
    here = &*next;
  }
  Proposal proposal;
  for (const auto& each : here->commands) proposal.candidates.push_back({each.name, each.help});
  return proposal;
}

Proposal history_kind(Q) { return words(agent::history_kind_names()); }

Proposal scheduler(Q) {
  using schedule::Scheduler;
  Proposal proposal = words({"auto"});
  for (const auto each : {Scheduler::systemd, Scheduler::systemd_user, Scheduler::cron_d, Scheduler::crontab})
    proposal.candidates.push_back({std::string{schedule::scheduler_name(each)}, {}});
  return proposal;
}

Proposal guard_of_promotion(Q) {
  Proposal proposal;
  for (const auto& guard : failover::judge_guards({}))
    if (failover::check_forced({guard.name})) proposal.candidates.push_back({guard.name, {}});
  return proposal;
}

Proposal guard_of_sync(Q) { return words(sync::forceable_guards()); }

Proposal file(Q) { return {{}, Files::files, 0}; }
Proposal folder(Q) { return {{}, Files::folders, 0}; }

struct Row {
  std::string_view command;
  std::string_view parameter;  // an option, or the place of an argument from 1
  Meaning meaning;
  std::string_view of{};
};

constexpr Row rows[]{
    {"config get", "1", key},
    {"config set", "1", assignment},
    {"config unset", "1", key_in_file},
    {"dataset remove", "1", item_of, "sync.datasets"},
    {"hook add", "1", fixed_words, "before after"},
    {"hook add", "--dataset", item_of, "sync.datasets"},
    {"hook list", "1", fixed_words, "before after"},
    {"hook remove", "1", fixed_words, "before after"},
    {"hook remove", "2", item_of_chosen, "sync"},
    {"probe remove", "1", item_of, "heartbeat.probes"},
    {"witness remove", "1", item_of, "failover.witnesses"},
    {"step add", "1", fixed_words, "promote demote"},
    {"step list", "1", fixed_words, "promote demote"},
    {"step remove", "1", fixed_words, "promote demote"},
    {"step remove", "2", item_of_chosen, "failover"},
    {"step remove promote", "1", item_of, "failover.promote"},
    {"step remove demote", "1", item_of, "failover.demote"},
    {"email remove", "1", address},

    {"init", "--role", value_of, "node.role"},
    {"init", "--transport", value_of, "peer.transport"},
    {"init", "--user", value_of, "peer.user"},
    {"init", "--port", value_of, "peer.port"},
    {"init", "--store", value_of, "sync.store"},
    {"init", "--run-every", value_of, "sync.run_every"},
    {"init", "--action", value_of, "failover.action"},
    {"init", "--tls", value_of, "notify.smtp.tls"},
    {"init", "--dataset", named_folder},

    {"apply", "--scheduler", scheduler},
    {"history", "1", history_kind},
    {"sync", "--force", guard_of_sync},
    {"promote", "--force", guard_of_promotion},
    {"points show", "1", point},
    {"points diff", "1", point},
    {"points diff", "2", point},
    {"points verify", "1", point},
    {"points restore", "1", point},
    {"points restore", "3", item_of, "sync.datasets"},
    {"points restore", "--dataset", item_of, "sync.datasets"},
    {"points publish", "1", point},
    {"points discard", "1", point},
    {"help", "1", command},
};

// Of every command.
constexpr std::pair<std::string_view, Meaning> values_by_name[]{{"FILE", file}, {"FOLDER", folder}};

}  // namespace

Proposal propose_value(const Command& root, const Situation& situation, const Known& known) {
  const auto path = situation.command_path(), name = situation.parameter_name();
  const auto* row = std::find_if(std::begin(rows), std::end(rows),
                                 [&](const Row& each) { return each.command == path && each.parameter == name; });
  if (row != std::end(rows)) return row->meaning({root, situation, known, std::string{row->of}});
  for (const auto& [value, meaning] : values_by_name)
    if (situation.parameter->value == value) return meaning({root, situation, known, {}});
  return {};
}

}  // namespace hasync::completion
