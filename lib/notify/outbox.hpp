// The outbox: mail waits in the store until every recipient's server has answered for good.
#pragma once
#include "notify/compose.hpp"
#include "notify/smtp.hpp"
#include "os/clock.hpp"
#include "store/outbox.hpp"
#include "store/state.hpp"

namespace hasync::notify {

// Whom the mail of these settings is from.
std::string sender(const config::Config& settings);

// Queues the message for everybody in notify.email.to; nothing when there is nobody. Call it inside the transaction of
// what it tells of.
Result<void> queue(store::Database& database, const config::Config& settings, std::int64_t event,
                   const Message& message, Instant now);

enum class Which {
  fresh,  // those that were never tried: so that a mail server that hangs holds up a beat once, not with every beat
  due,    // those whose next try has come
  all,    // every one that waits
};

struct Flushed {
  int sent = 0, failed = 0, waiting = 0;  // recipients
  std::string trouble{};                  // why some still wait
};
// When one is wanted, sends all that wait, the oldest first, so that none overtakes another. Another process that is at
// it already does it for us: nothing to do. After a server that cannot be reached, or when `limit` is used up, the rest
// waits.
Result<Flushed> flush(store::Database& database, const config::Config& settings, const store::StatePaths& paths,
                      Clock& clock, Mailer& mailer, Which which, std::optional<Duration> limit = std::nullopt);

// 1 min, 2 min, 4 min, … up to an hour after so many tries.
Duration back_off(int tries);

}  // namespace hasync::notify
