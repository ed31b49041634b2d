#include "store/outbox.hpp"

#include <algorithm>
#include <array>

namespace hasync::store {
namespace {

constexpr std::array delivery_names{"queued", "sent", "failed"};

const std::string select_mails =
    "SELECT id, event, queued, sender, subject, body, message_id, tries, next_try, note FROM mails ";

Mail mail_from(const Statement& row) {
  return {row.integer(0),
          row.maybe_integer(1),
          row.instant(2),
          row.text(3),
          row.text(4),
          row.text(5),
          row.text(6),
          {},
          static_cast<int>(row.integer(7)),
          row.instant(8),
          row.text(9)};
}

Recipient recipient_from(const Statement& row) {
  const auto name = row.text(1);
  const auto at = std::find(delivery_names.begin(), delivery_names.end(), name) - delivery_names.begin();
  return {row.text(0), static_cast<Delivery>(at), row.maybe_instant(2), row.text(3)};
}

Result<std::vector<Mail>> with_recipients(Database& database, Statement& mails) {
  HASYNC_TRY(auto found, all_rows(mails, mail_from));
  for (auto& mail : found) {
    HASYNC_TRY(auto query,
               database.prepare("SELECT address, state, at, reply FROM recipients WHERE mail = ? ORDER BY address"));
    query.bind(mail.id);
    HASYNC_TRY(mail.recipients, all_rows(query, recipient_from));
  }
  return found;
}

Event event_from(const Statement& row) { return {row.integer(0), row.instant(1), row.text(2), row.text(3)}; }

}  // namespace

std::string_view delivery_name(Delivery delivery) { return delivery_names.at(static_cast<std::size_t>(delivery)); }

Result<std::int64_t> add_event(Database& database, const Event& event) {
  HASYNC_TRY(auto insert, database.prepare("INSERT INTO events (at, kind, summary) VALUES (?, ?, ?)"));
  HASYNC_CHECK(insert.bind(event.at).bind(event.kind).bind(event.summary).run());
  return database.last_id();
}

Result<std::vector<Event>> list_events(Database& database, const Range& range) {
  HASYNC_TRY(auto query,
             database.prepare("SELECT id, at, kind, summary FROM events WHERE at >= ? ORDER BY id DESC LIMIT ?"));
  query.bind(range.since.value_or(Instant{})).bind(range.limit);
  return all_rows(query, event_from);
}

Result<std::optional<Event>> newest_event(Database& database, const std::string& kind) {
  HASYNC_TRY(auto query,
             database.prepare("SELECT id, at, kind, summary FROM events WHERE kind = ? ORDER BY id DESC LIMIT 1"));
  query.bind(kind);
  return first_row(query, event_from);
}

Result<std::int64_t> queue_mail(Database& database, const Mail& mail) {
  HASYNC_TRY(auto insert,
             database.prepare("INSERT INTO mails (event, queued, sender, subject, body, message_id, next_try) "
                              "VALUES (?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(mail.event).bind(mail.queued).bind(mail.sender).bind(mail.subject).bind(mail.body).bind(mail.message_id);
  HASYNC_CHECK(insert.bind(mail.next_try).run());
  const auto id = database.last_id();
  HASYNC_TRY(auto add,
             database.prepare("INSERT OR IGNORE INTO recipients (mail, address, state) VALUES (?, ?, 'queued')"));
  for (const auto& recipient : mail.recipients) HASYNC_CHECK(add.bind(id).bind(recipient.address).run());
  return id;
}

Result<std::vector<Mail>> queued_mails(Database& database) {
  HASYNC_TRY(
      auto query,
      database.prepare(select_mails + "WHERE id IN (SELECT mail FROM recipients WHERE state = 'queued') ORDER BY id"));
  return with_recipients(database, query);
}

Result<std::vector<Mail>> list_mails(Database& database, const Range& range) {
  HASYNC_TRY(auto query, database.prepare(select_mails + "WHERE queued >= ? ORDER BY id DESC LIMIT ?"));
  query.bind(range.since.value_or(Instant{})).bind(range.limit);
  return with_recipients(database, query);
}

Result<void> record_delivery(Database& database, const Mail& mail) {
  HASYNC_TRY(auto transaction, Transaction::begin(database));
  HASYNC_TRY(auto update, database.prepare("UPDATE mails SET tries = ?, next_try = ?, note = ? WHERE id = ?"));
  HASYNC_CHECK(update.bind(mail.tries).bind(mail.next_try).bind(mail.note).bind(mail.id).run());
  HASYNC_TRY(auto each,
             database.prepare("UPDATE recipients SET state = ?, at = ?, reply = ? WHERE mail = ? AND address = ?"));
  for (const auto& recipient : mail.recipients) {
    each.bind(delivery_name(recipient.delivery)).bind(recipient.at).bind(recipient.reply);
    HASYNC_CHECK(each.bind(mail.id).bind(recipient.address).run());
  }
  return transaction.commit();
}

Result<MailCount> count_mail(Database& database) {
  HASYNC_TRY(auto query, database.prepare("SELECT (SELECT count(*) FROM recipients WHERE state = 'queued'), "
                                          "(SELECT count(*) FROM recipients WHERE state = 'failed')"));
  HASYNC_CHECK(query.step());
  return MailCount{query.integer(0), query.integer(1)};
}

}  // namespace hasync::store
