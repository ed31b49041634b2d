#include "report/outbox.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/json.hpp"

namespace hasync::report {
namespace {

std::vector<std::string> waiting_for(const store::Mail& mail) {
  std::vector<std::string> addresses;
  for (const auto& recipient : mail.recipients)
    if (recipient.delivery == store::Delivery::queued) addresses.push_back(recipient.address);
  return addresses;
}

}  // namespace

std::string render(const std::vector<store::Mail>& mails, Format format) {
  if (format == Format::json) {
    auto json = object("queue");
    json["mails"] = Json::array();
    for (const auto& mail : mails)
      json["mails"].push_back({{"id", mail.id},
                               {"queued", format_rfc3339(mail.queued)},
                               {"subject", mail.subject},
                               {"recipients", waiting_for(mail)},
                               {"tries", mail.tries},
                               {"next_try", format_rfc3339(mail.next_try)},
                               {"note", mail.note}});
    return dump(json);
  }
  if (mails.empty()) return "nothing is queued\n";
  std::string text;
  for (const auto& mail : mails)
    text += fmt::format("{}  {}\n    to {} · {} · next try {}{}\n",
                        format_rfc3339(std::chrono::floor<std::chrono::seconds>(mail.queued)), mail.subject,
                        join(waiting_for(mail), ", "),
                        mail.tries == 0
                            ? "not tried yet"
                            : fmt::format("tried {}", mail.tries == 1 ? "once" : fmt::format("{} times", mail.tries)),
                        format_rfc3339(std::chrono::floor<std::chrono::seconds>(mail.next_try)),
                        mail.note.empty() ? "" : " · " + printable(mail.note));
  return text;
}

}  // namespace hasync::report
