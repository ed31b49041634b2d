#include "agent/questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "agent/answering.hpp"
#include "agent/reaching.hpp"
#include "base/text.hpp"
#include "config/keys.hpp"
#include "config/shorthand.hpp"
#include "schedule/grid.hpp"

namespace hasync::agent {
namespace {

tl::unexpected<Error> wrong(std::string message) { return fail(ExitCode::usage, std::move(message)); }

bool always(const View&) { return true; }
const config::Peer& peer_of(const View& view) { return view.draft.settings.peer; }

// What a host calls itself, as far as it is a name of a node.
std::string name_from_host(const std::string& host) {
  const auto name = host.substr(0, host.find('.'));
  Draft scratch;
  return set(scratch, "node.name", name) && name != "localhost" ? name : std::string{};
}

// A name for the dataset of a folder that was picked, not named.
std::string name_for(const std::string& folder, const std::vector<config::Dataset>& others) {
  const auto named = [](std::string path) {
    for (char& letter : path)
      if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
            letter == '-'))
        letter = '_';
    return path;
  };
  const auto last = folder.rfind('/');
  auto name = named(folder.substr(last + 1));
  const bool taken =
      std::any_of(others.begin(), others.end(), [&](const config::Dataset& each) { return each.name == name; });
  return taken ? named(folder.substr(1)) : name;
}

// The same folder on both, for an application that looks in one place; where the sources are folders of this machine,
// it must be another.
std::string shorthand_for(const View& view, const std::string& folder, const std::vector<config::Dataset>& others) {
  const auto name = name_for(folder, others);
  return by_ssh(view) ? fmt::format("{0}={1}:{1}", name, folder) : fmt::format("{}={}", name, folder);
}

const std::vector<peer::Folder>& folders_of(const View& view) {
  static const std::vector<peer::Folder> none;
  const auto& seen = view.found.folders;
  return seen && seen->of == subject(Look::folders, view.draft) && seen->what ? *seen->what : none;
}

Question ask_datasets(const View& view) {
  const auto& choices = folders_of(view);
  return {.choices = choices,
          .what = "What is replicated",
          .why = choices.empty() ? "folders: /var/lib/app, or NAME=SOURCE:LIVE; several with blanks between"
                                 : "numbers of the list, or NAME=SOURCE:LIVE; several with blanks between",
          .more =
              "SOURCE is the folder on the primary, LIVE where the application looks once this server is primary.\n"
              "Without LIVE it is put into STORE/live/NAME; a number, or a folder alone, means the same folder on "
              "both.\nA folder with a blank in its path: write the settings first, then add it with an editor."};
}

Result<std::string> take_datasets(const View& view, Draft& draft, const std::string& text) {
  const auto& choices = folders_of(view);
  std::vector<config::Dataset> datasets;
  std::vector<std::string> kept;
  for (auto word : words_of(text)) {
    std::size_t number = 0;
    const bool is_number =
        std::from_chars(word.data(), word.data() + word.size(), number).ptr == word.data() + word.size();
    if (is_number && (number == 0 || number > choices.size())) return wrong(fmt::format("{} is not in the list", word));
    if (is_number) word = choices[number - 1].path;
    if (word.starts_with('/')) word = shorthand_for(view, word, datasets);
    HASYNC_TRY(auto dataset, config::dataset_from(word));
    if (std::any_of(datasets.begin(), datasets.end(), [&](const auto& each) { return each.name == dataset.name; }))
      return wrong(fmt::format("there are two called \"{}\"; give each a name of its own", dataset.name));
    datasets.push_back(std::move(dataset));
    kept.push_back(word);
  }
  draft.settings.sync.datasets = std::move(datasets);
  return join(kept, " ");
}

Question ask_probe(const View& view) {
  return {.what = fmt::format("What tells that {} is alive", peer_of(view).name),
          .why = by_ssh(view) ? "a URL of the application tells most; or HOST:PORT; or ssh: its ssh port"
                              : "a URL of the application, or HOST:PORT",
          .otherwise = by_ssh(view) ? "ssh" : "",
          .more =
              "Several with blanks between: it is alive when any of them answers. A URL must be answered with status "
              "200.\nNAME=URL and NAME=HOST:PORT give it a name in messages."};
}

Result<std::string> take_probe(const View& view, Draft& draft, const std::string& text) {
  draft.settings.heartbeat.probes.clear();
  if (text == "ssh" && by_ssh(view)) return text;
  for (auto word : words_of(text)) {
    const bool is_url = word.starts_with("http://") || word.starts_with("https://");
    if (is_url || word.find('=') == std::string::npos) word.insert(0, is_url ? "web=" : "port=");
    HASYNC_TRY(auto probe, config::probe_from(word));
    auto& probes = draft.settings.heartbeat.probes;
    if (std::any_of(probes.begin(), probes.end(), [&](const auto& each) { return each.name == probe.name; }))
      return wrong(fmt::format("there are two called \"{}\"; name them, as a={}", probe.name, word));
    probes.push_back(std::move(probe));
  }
  return text;
}

Result<std::string> take_unit(const View&, Draft& draft, const std::string& text) {
  if (text == "none") return text;
  static constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.\\@-";
  if (text.find_first_not_of(allowed) != std::string::npos || text.front() == '-')
    return wrong(fmt::format("\"{}\" is not the name of a systemd unit, as app.service", printable(text)));
  draft.settings.failover.promote = {{.name = "start " + text, .run = {"systemctl", "enable", "--now", text}}};
  draft.settings.failover.demote = {{.name = "stop " + text, .run = {"systemctl", "disable", "--now", text}}};
  return text;
}

Result<std::string> take_email(const View&, Draft& draft, const std::string& text) {
  if (text == "none") return text;
  config::Value list{.kind = config::Value::Kind::list};
  for (const auto& word : words_of(text)) list.items.push_back({.kind = config::Value::Kind::scalar, .text = word});
  config::Target target{draft.settings};
  if (const auto read = config::find_key("notify.email.to")->read(list, target); !read)
    return wrong(read.error().message);
  return text;
}

// Nobody listens between a program and a server on the same machine, and few of those have a certificate.
Result<std::string> take_smtp(const View&, Draft& draft, const std::string& text) {
  HASYNC_CHECK(set(draft, "notify.smtp.url", text));
  const auto server = text.substr(text.find("://") + 3);
  for (const std::string here : {"localhost", "127.0.0.1", "[::1]"})
    if (text.starts_with("smtp://") && (server == here || server.starts_with(here + ":")))
      draft.settings.notify.smtp.tls = config::Tls::none;
  return text;
}

Question ask_write(const View& view) {
  return {.what = fmt::format("Write {}", view.here.config_path),
          .why = "yes; no: nothing is written; show: the file as it will be",
          .otherwise = "yes",
          .more = "The file is yours: any editor, hasync config set, and hasync init --replace change it."};
}

std::string next_quarter(Instant now) { return format_clock(schedule::anchor_for(std::nullopt, now)); }

std::vector<Entry> questions_about_the_names() {
  return {
      {"node",
       {},
       always,
       [](const View& view) {
         return Question{.what = "This server's name",
                         .why = "mail and messages call it so, and so must the peer's settings",
                         .otherwise = name_from_host(view.here.host_name),
                         .more = more_of("node.name")};
       },
       nullptr,
       "node.name"},
      {"role",
       {},
       always,
       [](const View&) {
         return Question{.what = "Is it primary or secondary",
                         .why = "the primary serves; the secondary pulls the data and stands by",
                         .otherwise = default_of("node.role"),
                         .more = more_of("node.role")};
       },
       nullptr,
       "node.role"},
      {"peer",
       {},
       always,
       [](const View&) {
         return Question{.what = "The other server's name",
                         .why = "as its own settings call it",
                         .otherwise = "",
                         .more = more_of("peer.name")};
       },
       nullptr,
       "peer.name"},
  };
}

std::vector<Entry> questions_about_the_work() {
  return {
      {"look for folders", Look::folders,
       [](const View& view) { return !by_ssh(view) || !is_secondary(view) || reaches(view); }, nothing_to_ask,
       nothing_to_take},
      {"datasets", {}, always, ask_datasets, take_datasets},
      {"store",
       {},
       is_secondary,
       [](const View&) {
         return Question{.what = "Where copies of the data are kept",
                         .why = "on one file system, with room for all of it and what changes",
                         .otherwise = default_of("sync.store"),
                         .more = more_of("sync.store")};
       },
       nullptr,
       "sync.store"},
      {"run every",
       {},
       is_secondary,
       [](const View&) {
         return Question{.what = "How often the data is pulled",
                         .why = "work that is younger than this may be lost in a failover",
                         .otherwise = default_of("sync.run_every"),
                         .more = more_of("sync.run_every")};
       },
       nullptr,
       "sync.run_every"},
      {"start time",
       {},
       is_secondary,
       [](const View& view) {
         return Question{.what = "The first run, UTC",
                         .why = fmt::format("HH:MM, or a time as 2026-11-24T02:00:00Z; then every {}",
                                            format_duration(view.draft.settings.sync.run_every)),
                         .otherwise = next_quarter(view.here.now),
                         .more = more_of("sync.start_time")};
       },
       nullptr,
       "sync.start_time"},
      {"probe", {}, is_secondary, ask_probe, take_probe},
      {"action",
       {},
       is_secondary,
       [](const View& view) {
         return Question{.what = fmt::format("When {} is gone: standby or promote", peer_of(view).name),
                         .why = "standby: tell people, who decide; promote: become the primary by itself",
                         .otherwise = default_of("failover.action"),
                         .more =
                             "promote should have a fence, which keeps the old primary from serving, and a witness, "
                             "which tells an outage from\na cut of this server's own network: failover.fence and "
                             "failover.witnesses, see hasync.yaml(5)."};
       },
       nullptr,
       "failover.action"},
      {"unit",
       {},
       always,
       [](const View&) {
         return Question{.what = "The systemd unit of the application",
                         .why = "started when this server becomes primary, stopped when the other has; or none",
                         .otherwise = "none",
                         .more =
                             "As app.service. Other commands: failover.promote and failover.demote, see "
                             "hasync.yaml(5)."};
       },
       take_unit},
      {"email",
       {},
       always,
       [](const View&) {
         return Question{.what = "Who is told when something fails",
                         .why = "e-mail addresses, blanks between; none: nobody is",
                         .otherwise = "none",
                         .more = more_of("notify.email.to")};
       },
       take_email},
      {"smtp",
       {},
       [](const View& view) { return !view.draft.settings.notify.email.to.empty(); },
       [](const View&) {
         return Question{.what = "The mail server",
                         .why = "encrypted and its certificate verified, or not sent; on this machine in clear",
                         .otherwise = "smtp://localhost:25",
                         .more =
                             "smtp://HOST:PORT or smtps://HOST:PORT. One that wants a login: "
                             "notify.smtp.username and password_file, see hasync.yaml(5)."};
       },
       take_smtp},
      {"write", {}, always, ask_write, [](const View&, Draft&, const std::string& text) { return yes_or_no(text); }},
  };
}

}  // namespace

Result<std::string> take(const Entry& entry, const View& view, Draft& draft, const std::string& text) {
  if (entry.take != nullptr) return entry.take(view, draft, text);
  HASYNC_CHECK(set(draft, entry.sets, text));
  return text;
}

const std::vector<Entry>& script() {
  static const std::vector<Entry> all = [] {
    auto entries = questions_about_the_names();
    for (const auto& more : {questions_about_the_way(), questions_about_the_work()})
      entries.insert(entries.end(), more.begin(), more.end());
    return entries;
  }();
  return all;
}

}  // namespace hasync::agent
