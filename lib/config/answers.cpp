#include "config/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "config/shorthand.hpp"
#include "config/validate.hpp"

namespace hasync::config {
namespace {

template <typename Item>
Result<void> add_named(std::vector<Item>& list, Result<Item> item) {
  if (!item) return fail(std::move(item.error()));
  if (std::any_of(list.begin(), list.end(), [&](const Item& each) { return each.name == item->name; }))
    return fail(ExitCode::usage, fmt::format("there are two called \"{}\"; give each a name of its own", item->name));
  list.push_back(std::move(*item));
  return {};
}

Result<void> add_witness(Config& settings, const std::string& text) {
  HASYNC_TRY(auto witness, probe_from(text));
  if (witness.type != ProbeType::tcp || witness.host.empty())
    return fail(ExitCode::usage, fmt::format("\"{}\" is not NAME=HOST:PORT, as gateway=10.0.0.254:443", text));
  return add_named<Probe>(settings.failover.witnesses, std::move(witness));
}

Result<void> set_fence(Config& settings, const std::string& text) {
  HASYNC_TRY(settings.failover.fence.emplace().run, command_from(text));
  return {};
}

std::vector<Answer> all_answers() {
  constexpr auto one = Count::one;
  constexpr auto several = Count::several;
  constexpr auto optional = Need::optional;
  constexpr auto required = Need::required;
  return {
      {"node", "node.name", "NAME", "this server's name", one, required},
      {"role", "node.role", "ROLE", "primary or secondary"},
      {"peer", "peer.name", "NAME", "the other server's name", one, required},
      {"transport", "peer.transport", "NAME", "ssh or local"},
      {"host", "peer.host", "HOST", "where the peer is, for ssh"},
      {"user", "peer.user", "USER", "the user on the peer"},
      {"port", "peer.port", "PORT", "the port of its ssh server"},
      {"identity-file", "peer.identity_file", "FILE", "the private key that opens the peer"},
      {"known-hosts-file", "peer.known_hosts_file", "FILE", "where the peer's host key is pinned"},
      {"dataset", "sync.datasets", "DATASET", "NAME=SOURCE or NAME=SOURCE:LIVE", several, required,
       [](Config& settings, const std::string& text) {
         return add_named<Dataset>(settings.sync.datasets, dataset_from(text));
       }},
      {"store", "sync.store", "FOLDER", "where recovery points are kept"},
      {"keep", "sync.keep", "COUNT", "how many of them"},
      {"start-time", "sync.start_time", "TIME", "the first run, UTC: HH:MM or 2026-11-24T02:00:00Z"},
      {"run-every", "sync.run_every", "DURATION", "how often, as 15m"},
      {"bandwidth-limit", "sync.bandwidth_limit", "RATE", "the most a run may transfer, as 20MiB/s"},
      {"probe", "heartbeat.probes", "PROBE", "NAME=URL or NAME=HOST:PORT", several, optional,
       [](Config& settings, const std::string& text) {
         return add_named<Probe>(settings.heartbeat.probes, probe_from(text));
       }},
      {"interval", "heartbeat.interval", "DURATION", "how often the peer is asked whether it is alive"},
      {"failures", "heartbeat.failures", "COUNT", "so many failed attempts in a row mean that it is gone"},
      {"recheck-interval", "heartbeat.recheck_interval", "DURATION", "the wait from a failed attempt to the next"},
      {"timeout", "heartbeat.timeout", "DURATION", "an attempt that takes longer has failed"},
      {"action", "failover.action", "NAME", "when the peer is gone: standby or promote"},
      {"max-data-age", "failover.max_data_age", "DURATION", "older data is not promoted; 0: any age"},
      {"witness", "failover.witnesses", "WITNESS", "NAME=HOST:PORT; one must answer before a promotion", several,
       optional, add_witness},
      {"fence", "failover.fence.run", "COMMAND", "must succeed before a promotion; split at blanks", one, optional,
       set_fence},
      {"step", "failover.promote", "STEP", "a step of a promotion: NAME=COMMAND, split at blanks", several, optional,
       [](Config& settings, const std::string& text) {
         return add_named<Step>(settings.failover.promote, step_from(text));
       }},
      {"demote-step", "failover.demote", "STEP", "a step of a demotion, when the other server has taken over", several,
       optional,
       [](Config& settings, const std::string& text) {
         return add_named<Step>(settings.failover.demote, step_from(text));
       }},
      {"on-sync-completion", "notify.on_sync_completion", "WORD",
       "true or false: mail after every run that brought something new"},
      {"on-failure", "notify.on_failure", "WORD", "true or false: mail when something fails, and when it is over"},
      {"email", "notify.email.to", "ADDRESS", "who is told", several},
      {"from", "notify.email.from", "ADDRESS", "whom the mail is from"},
      {"smtp", "notify.smtp.url", "URL", "the mail server, as smtp://mail.example.com:587"},
      {"tls", "notify.smtp.tls", "NAME", "required or none"},
      {"smtp-username", "notify.smtp.username", "NAME", "for a mail server that wants a login"},
      {"smtp-password-file", "notify.smtp.password_file", "FILE", "a file with its password, mode 0600"},
      {"retain", "history.retain", "DURATION", "how long the history is kept"},
  };
}

Place place_of(const Value& value) {
  return {value.offset,
          value.kind == Value::Kind::scalar ? std::max<std::size_t>(1, value.text.size() + (value.quoted ? 2 : 0)) : 1};
}

class Taker {
 public:
  void take(const Given& given) {
    const auto& answer = *given.answer;
    if (answer.add == nullptr) return set(answer, given.value);
    if (given.value.kind != Value::Kind::list) return add(answer, given.value);
    for (const auto& item : given.value.items) add(answer, item);
  }

  Settled settled(const std::vector<Given>& given) && {
    for (const auto& answer : answers())
      if (answer.need == Need::required &&
          std::none_of(given.begin(), given.end(), [&](const Given& each) { return each.answer == &answer; }))
        out_.faults.push_back({{}, answer.name + ": is missing", answer.help});
    // What was not understood would only be told a second time.
    if (!out_.faults.empty()) return std::move(out_);
    for (auto& fault : contradictions(out_.settings, places_)) {
      fault.message = in_words_of_answers(fault.message);
      out_.faults.push_back(std::move(fault));
    }
    return std::move(out_);
  }

 private:
  void set(const Answer& answer, const Value& value) {
    const auto* key = find_key(answer.path);
    Target target{out_.settings};
    places_[answer.path] = place_of(value);
    if (const auto read = key->read(value, target); !read)
      out_.faults.push_back({place_of(value), answer.name + ": " + read.error().message, "accepted: " + key->accepts});
  }

  void add(const Answer& answer, const Value& value) {
    if (value.kind != Value::Kind::scalar) {
      out_.faults.push_back({place_of(value), answer.name + ": is not one text", answer.help});
      return;
    }
    places_[answer.path + "." + value.text.substr(0, value.text.find('='))] = place_of(value);
    if (const auto added = answer.add(out_.settings, value.text); !added)
      out_.faults.push_back({place_of(value), answer.name + ": " + added.error().message});
  }

  // "peer.host: is missing" is "host: is missing" to who gave --host, and "sync.datasets.app.live: …" is "dataset
  // app.live: …".
  static std::string in_words_of_answers(const std::string& message) {
    const auto path = message.substr(0, message.find(": "));
    for (const auto& answer : answers()) {
      if (path == answer.path) return answer.name + message.substr(path.size());
      if (path.starts_with(answer.path + ".")) return answer.name + " " + message.substr(answer.path.size() + 1);
    }
    return message;
  }

  Settled out_;
  std::map<std::string, Place> places_;
};

}  // namespace

const std::vector<Answer>& answers() {
  static const std::vector<Answer> all = all_answers();
  return all;
}

const Answer* find_answer(std::string_view name) {
  const auto found =
      std::find_if(answers().begin(), answers().end(), [&](const Answer& each) { return each.name == name; });
  return found == answers().end() ? nullptr : &*found;
}

Told told_in(const Value& document) {
  Told told;
  std::vector<std::string> names;
  for (const auto& answer : answers()) names.push_back(answer.name);
  for (const auto& [key, value] : document.entries) {
    const auto* answer = find_answer(key.text);
    if (answer == nullptr) {
      const auto meant = nearest(key.text, names);
      told.faults.push_back({place_of(key), fmt::format("unknown answer \"{}\"", printable(key.text)),
                             meant ? fmt::format("did you mean {}?", *meant) : "see: hasync init --help"});
    } else if (std::any_of(told.given.begin(), told.given.end(),
                           [&](const Given& each) { return each.answer == answer; })) {
      told.faults.push_back({place_of(key), fmt::format("\"{}\" is there twice", key.text),
                             answer->count == Count::several ? "write one list, as [A, B]" : "remove one of them"});
    } else {
      auto placed = value;
      if (value.kind == Value::Kind::null) placed.offset = key.offset;
      told.given.push_back({answer, std::move(placed)});
    }
  }
  return told;
}

std::vector<Given> merged(std::vector<Given> given, std::vector<Given> more) {
  std::erase_if(given, [&](const Given& each) {
    return std::any_of(more.begin(), more.end(), [&](const Given& other) { return other.answer == each.answer; });
  });
  given.insert(given.end(), more.begin(), more.end());
  return given;
}

Settled settle(const std::vector<Given>& given) {
  Taker taker;
  for (const auto& each : given) taker.take(each);
  return std::move(taker).settled(given);
}

}  // namespace hasync::config
