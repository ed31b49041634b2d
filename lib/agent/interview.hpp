// The conversation of `hasync init` as a value: which question is next, what an answer makes of it, and what must be
// looked at before the next can be asked. Pure; who holds it prints, reads and looks.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"
#include "peer/folders.hpp"
#include "peer/host_key.hpp"

namespace hasync::agent {

// What is known before anything is asked.
struct Surroundings {
  std::string host_name;    // as gethostname(2)
  std::string config_path;  // absolute
  Instant now{};            // the first run is the next quarter of an hour
  bool has_key = false;     // own_key(config_path) is there
  bool has_pinned = false;  // own_known_hosts(config_path) is there
};

// Beside the settings: FOLDER/ssh/id_ed25519 and FOLDER/ssh/known_hosts.
std::string own_key(const std::string& config_path);
std::string own_known_hosts(const std::string& config_path);

// What the answers make so far.
struct Draft {
  config::Config settings{};
  bool makes_key = false;
  bool pins_host_key = false;
  bool let_in_later = false;  // the peer does not know our new key yet: trying ssh is no use
};

// What is looked at between two questions, as the Draft says then.
enum class Look { host_key, make_key, ssh, folders };

// What came of a look, and of which draft: a later answer may make it stale.
template <typename T>
struct Seen {
  std::string of;
  Result<T> what;
};

struct Findings {
  std::optional<Seen<peer::HostKey>> host_key{};
  std::optional<Seen<std::string>> made_key{};  // the public key, as one line
  std::optional<Seen<std::string>> ssh{};       // the rsync of the peer
  std::optional<Seen<std::vector<peer::Folder>>> folders{};
};

struct Question {
  std::string id;
  std::string above;                    // what must be seen before it can be answered
  std::vector<peer::Folder> choices{};  // picked by number, from 1
  std::string what;
  std::string why;
  std::string otherwise;  // what Enter alone means; empty: there must be an answer
  std::string more;       // for who asks with ?
};

enum class Stage { asking, agreed, left };

struct Interview {
  Surroundings here;
  Findings found{};
  std::map<std::string, std::string> answers{};  // by question, as typed
  std::size_t at = 0;
  Stage stage = Stage::asking;
  std::string said{};  // what the last answer or look is answered with, without the end of its last line
};

Interview begin_interview(Surroundings here);
std::optional<Look> next_look(const Interview& interview);
Question next_question(const Interview& interview);
// One line as typed: an answer, or one of: ? back < show quit.
Interview answered(Interview interview, std::string_view line);

Interview learned(Interview interview, Result<peer::HostKey> host_key);
Interview learned_of_made_key(Interview interview, Result<std::string> public_key);
Interview learned_of_ssh(Interview interview, Result<std::string> rsync);
Interview learned(Interview interview, Result<std::vector<peer::Folder>> folders);

Draft draft(const Interview& interview);

}  // namespace hasync::agent
