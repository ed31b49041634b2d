#include "notify/outbox.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "os/file_lock.hpp"

namespace hasync::notify {
namespace {

// Only those still waited for: who has the mail does not get it again.
Envelope envelope_of(const store::Mail& mail, const config::Config& settings) {
  Envelope envelope{mail.sender, {}, mail.subject, mail.body, mail.message_id, settings.node.name, mail.queued};
  for (const auto& recipient : mail.recipients)
    if (recipient.delivery == store::Delivery::queued) envelope.recipients.push_back(recipient.address);
  return envelope;
}

store::Delivery delivery(Answer answer) {
  return answer == Answer::accepted  ? store::Delivery::sent
         : answer == Answer::refused ? store::Delivery::failed
                                     : store::Delivery::queued;
}

void take_answers(store::Mail& mail, const std::vector<RecipientAnswer>& answers, Instant now) {
  mail.note.clear();
  for (const auto& answer : answers)
    for (auto& recipient : mail.recipients)
      if (recipient.address == answer.address) {
        recipient = {recipient.address, delivery(answer.answer), now, answer.reply};
        if (answer.answer != Answer::accepted) mail.note = recipient.address + ": " + answer.reply;
      }
}

void count(Flushed& flushed, const store::Mail& mail, const Envelope& tried) {
  for (const auto& recipient : mail.recipients) {
    if (std::find(tried.recipients.begin(), tried.recipients.end(), recipient.address) == tried.recipients.end())
      continue;
    flushed.sent += recipient.delivery == store::Delivery::sent ? 1 : 0;
    flushed.failed += recipient.delivery == store::Delivery::failed ? 1 : 0;
    flushed.waiting += recipient.delivery == store::Delivery::queued ? 1 : 0;
  }
}

bool any_wanted(const std::vector<store::Mail>& waiting, Which which, Instant now) {
  return std::any_of(waiting.begin(), waiting.end(), [&](const store::Mail& mail) {
    return which == Which::all || (which == Which::due ? mail.next_try <= now : mail.tries == 0);
  });
}

}  // namespace

std::string sender(const config::Config& settings) {
  return settings.notify.email.from.empty() ? "hasync@" + settings.node.name : settings.notify.email.from;
}

Duration back_off(int tries) {
  return std::min<Duration>(std::chrono::hours{1}, std::chrono::minutes{1} * (1 << std::clamp(tries - 1, 0, 6)));
}

Result<void> queue(store::Database& database, const config::Config& settings, std::int64_t event,
                   const Message& message, Instant now) {
  if (settings.notify.email.to.empty()) return {};
  const auto from = sender(settings);
  store::Mail mail{.event = event, .queued = now, .sender = from, .subject = message.subject, .body = message.body};
  mail.message_id = fmt::format("hasync.{}.{}.{}", to_ms(now), event, from);
  mail.next_try = now;
  for (const auto& address : settings.notify.email.to) mail.recipients.push_back({address});
  HASYNC_CHECK(store::queue_mail(database, mail));
  return {};
}

Result<Flushed> flush(store::Database& database, const config::Config& settings, const store::StatePaths& paths,
                      Clock& clock, Mailer& mailer, Which which, std::optional<Duration> limit) {
  Flushed flushed;
  const auto began = clock.uptime();
  HASYNC_TRY(auto waiting, store::queued_mails(database));
  if (!any_wanted(waiting, which, clock.now()) || settings.notify.smtp.url.empty()) return flushed;
  const auto lock = FileLock::take(paths.mail_lock(), fmt::format("hasync agent notify (pid {})", ::getpid()));
  if (!lock) return lock.error().code == ExitCode::busy ? Result<Flushed>{flushed} : fail(lock.error());
  HASYNC_TRY(waiting, store::queued_mails(database));
  if (!any_wanted(waiting, which, clock.now())) return flushed;  // another process has just been at it
  for (auto& mail : waiting) {
    const auto now = clock.now();
    const auto envelope = envelope_of(mail, settings);
    const auto answers = flushed.trouble.empty()
                             ? mailer.send(envelope, limit ? *limit - (clock.uptime() - began) : Duration::max())
                             : fail(ExitCode::failed, flushed.trouble);
    ++mail.tries;
    mail.next_try = now + back_off(mail.tries);
    if (answers) {
      take_answers(mail, *answers, now);
    } else {
      mail.note = flushed.trouble = answers.error().message;
    }
    count(flushed, mail, envelope);
    HASYNC_CHECK(store::record_delivery(database, mail));
  }
  return flushed;
}

}  // namespace hasync::notify
