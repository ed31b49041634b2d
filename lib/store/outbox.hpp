// Events and the mails that tell of them. A mail is queued in the same Transaction as what it tells of, and kept until
// each recipient's server has answered.
#pragma once
#include <vector>

#include "store/rows.hpp"

namespace hasync::store {

struct Event {
  std::int64_t id = 0;
  Instant at{};
  std::string kind{};     // "sync failed", "promoted", "paused", …
  std::string summary{};  // one line
};

Result<std::int64_t> add_event(Database& database, const Event& event);
Result<std::optional<Event>> newest_event(Database& database, const std::string& kind);
Result<std::vector<Event>> list_events(Database& database, const Range& range);

enum class Delivery { queued, sent, failed };
std::string_view delivery_name(Delivery delivery);

struct Recipient {
  std::string address{};
  Delivery delivery = Delivery::queued;
  std::optional<Instant> at{};
  std::string reply{};  // the server's last words about this address
};

struct Mail {
  std::int64_t id = 0;
  std::optional<std::int64_t> event{};
  Instant queued{};
  std::string sender{}, subject{}, body{}, message_id{};
  std::vector<Recipient> recipients{};
  int tries = 0;
  Instant next_try{};
  std::string note{};  // why the last try did not deliver to all
};

Result<std::int64_t> queue_mail(Database& database, const Mail& mail);
// Mails with a recipient still queued, oldest first; all of them, whenever their next try is.
Result<std::vector<Mail>> queued_mails(Database& database);
Result<std::vector<Mail>> list_mails(Database& database, const Range& range);
// tries, next_try, note and each recipient's delivery, in one Transaction of its own.
Result<void> record_delivery(Database& database, const Mail& mail);

struct MailCount {
  std::int64_t queued = 0;  // recipients still waited for
  std::int64_t failed = 0;  // refused for good
};
Result<MailCount> count_mail(Database& database);

}  // namespace hasync::store
