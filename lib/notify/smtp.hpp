// Handing one mail to one mail server.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "os/interrupt.hpp"

namespace hasync::notify {

struct Envelope {
  std::string sender;
  std::vector<std::string> recipients;
  std::string subject, body, message_id, node;
  Instant date{};
};

enum class Answer { accepted, refused, later };  // 2xx; 5xx: for good; 4xx, or none
struct RecipientAnswer {
  std::string address;
  Answer answer = Answer::later;
  std::string reply;  // the server's words
};

class Mailer {
 public:
  virtual ~Mailer() = default;
  // One answer a recipient. An error: no recipient was served, and why (no connection, no TLS, login refused);
  // ExitCode::usage for an envelope that must never be sent (a line break in a header).
  // It takes no longer than `limit`, nor than four times notify.smtp.timeout, which is for one answer.
  virtual Result<std::vector<RecipientAnswer>> send(const Envelope& envelope, Duration limit) = 0;
};

// libcurl. TLS as the settings say and always verified; the password is read from its file for each mail.
class CurlMailer final : public Mailer {
 public:
  // `dialogue`, when given, gets each line of the SMTP dialogue ("> RCPT TO:…", "< 250 ok"), logins left out.
  explicit CurlMailer(const config::Smtp& settings, std::function<void(const std::string&)> dialogue = {})
      : settings_(settings), dialogue_(std::move(dialogue)) {}
  Result<std::vector<RecipientAnswer>> send(const Envelope& envelope, Duration limit) override;

 private:
  const config::Smtp& settings_;
  std::function<void(const std::string&)> dialogue_;
};

// Pure: a header's text as RFC 2047 encoded words where it is not plain ASCII.
std::string encoded_header(std::string_view text);
// "Tue, 24 Nov 2026 13:20:00 +0000" (RFC 5322)
std::string mail_date(Instant at);

}  // namespace hasync::notify
