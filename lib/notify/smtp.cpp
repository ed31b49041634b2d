#include "notify/smtp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/text.hpp"
#include "os/atomic_file.hpp"
#include "os/libcurl.hpp"

namespace hasync::notify {
namespace {

using List = std::unique_ptr<curl_slist, decltype(Libcurl::slist_free_all)>;

List list_of(const Libcurl& curl, const std::vector<std::string>& lines) {
  List list{nullptr, curl.slist_free_all};
  for (const auto& line : lines) list.reset(curl.slist_append(list.release(), line.c_str()));
  return list;
}

// Follows the dialogue: which reply belongs to which recipient, and whether the whole mail was accepted.
class Dialogue {
 public:
  Dialogue(const std::vector<std::string>& recipients, const std::function<void(const std::string&)>& tell)
      : tell_(tell) {
    for (const auto& address : recipients) answers_.push_back({address, Answer::later, ""});
  }

  void sent(std::string_view line) {
    if (line.starts_with("RCPT TO:"))
      asked_ = next_++;
    else
      asked_.reset();
    after_data_ = after_data_ || line.starts_with("DATA");
    const bool secret = logging_in_ || line.starts_with("AUTH");
    logging_in_ = line.starts_with("AUTH") || logging_in_;
    if (tell_) tell_("> " + (secret ? std::string{"(login, not shown)"} : printable(line)));
  }

  void received(std::string_view line) {
    if (tell_) tell_("< " + printable(line));
    if (logging_in_ && (line.starts_with("235") || line.starts_with("5"))) logging_in_ = false;
    last_ = printable(line);
    if (line.starts_with("4") || line.starts_with("5")) refusal_ = last_;
    if (asked_ && *asked_ < answers_.size()) {
      answers_[*asked_].reply = last_;
      answers_[*asked_].answer = line.starts_with("2")   ? Answer::accepted
                                 : line.starts_with("5") ? Answer::refused
                                                         : Answer::later;
    }
  }

  const std::string& last() const { return last_; }
  // What the server last objected to; its goodbye where it objected to nothing.
  const std::string& objection() const { return refusal_.empty() ? last_ : refusal_; }
  bool after_data() const { return after_data_; }
  bool any_answered() const {
    return std::any_of(answers_.begin(), answers_.end(),
                       [](const RecipientAnswer& each) { return !each.reply.empty(); });
  }
  // The mail as a whole was not accepted: neither is it for those whose address was.
  std::vector<RecipientAnswer> answers_without_delivery(Answer answer, const std::string& reply) const {
    auto answers = answers_;
    for (auto& each : answers)
      if (each.answer == Answer::accepted) each = {each.address, answer, reply};
    return answers;
  }
  const std::vector<RecipientAnswer>& answers() const { return answers_; }

 private:
  const std::function<void(const std::string&)>& tell_;
  std::vector<RecipientAnswer> answers_;
  std::size_t next_ = 0;
  std::optional<std::size_t> asked_;
  bool after_data_ = false, logging_in_ = false;
  std::string last_, refusal_;
};

int on_debug(CURL*, curl_infotype type, char* bytes, std::size_t length, void* to) {
  auto& dialogue = *static_cast<Dialogue*>(to);
  if (type != CURLINFO_HEADER_OUT && type != CURLINFO_HEADER_IN) return 0;
  for (const auto& line : split(std::string_view{bytes, length}, '\n')) {
    const auto text = trim(line);
    if (text.empty()) continue;
    if (type == CURLINFO_HEADER_OUT)
      dialogue.sent(text);
    else
      dialogue.received(text);
  }
  return 0;
}

bool breaks_a_line(std::string_view header) {
  return header.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

Result<void> check_headers(const Envelope& envelope) {
  std::vector<std::string_view> values{envelope.sender, envelope.subject, envelope.message_id, envelope.node};
  values.insert(values.end(), envelope.recipients.begin(), envelope.recipients.end());
  for (const auto value : values)
    if (breaks_a_line(value))
      return fail(ExitCode::usage,
                  fmt::format("\"{}\" cannot be in a mail's header: it holds a line break", printable(value)));
  return {};
}

Result<std::string> read_password(const std::string& path) {
  if (path.empty()) return std::string{};
  if (!is_private(path))
    return fail(ExitCode::config,
                fmt::format("{} can be read by others, so it is not used; run: chmod 600 {}", path, shell_word(path)));
  HASYNC_TRY(const auto text, read_file(path));
  return std::string{trim(text)};
}

Error explain(const Libcurl& curl, CURLcode code, const config::Smtp& settings, const Dialogue& dialogue,
              const char* said, Duration patience) {
  const auto server = settings.url;
  switch (code) {
    case CURLE_USE_SSL_FAILED:
      return {ExitCode::failed, fmt::format("{} offers no TLS, so nothing was sent; use another server, or for one on "
                                            "this machine set notify.smtp.tls: none",
                                            server)};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return {ExitCode::failed,
              fmt::format("the certificate of {} is not trusted, so nothing was sent: {}; see notify.smtp.ca_file",
                          server, printable(said))};
    case CURLE_LOGIN_DENIED:
      return {ExitCode::failed,
              fmt::format("{} refuses the login of notify.smtp.username: {}", server, dialogue.objection())};
    case CURLE_OPERATION_TIMEDOUT:
      return {ExitCode::failed, fmt::format("{} did not answer within {}", server, tell_duration(patience))};
    case CURLE_COULDNT_CONNECT:
      return {ExitCode::failed, fmt::format("no connection to {}; is it up?", server)};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ExitCode::failed, fmt::format("the name in {} is not known", server)};
    default:
      return {ExitCode::failed,
              fmt::format("{}: {}", server,
                          dialogue.objection().empty() ? printable(*said != '\0' ? said : curl.easy_strerror(code))
                                                       : dialogue.objection())};
  }
}

}  // namespace

Result<std::vector<RecipientAnswer>> CurlMailer::send(const Envelope& envelope, Duration limit) {
  HASYNC_CHECK(check_headers(envelope));
  HASYNC_TRY(const auto password, read_password(settings_.password_file));
  HASYNC_TRY(const auto* const loaded, libcurl());
  const auto& curl = *loaded;
  const std::unique_ptr<CURL, decltype(Libcurl::easy_cleanup)> connection{curl.easy_init(), curl.easy_cleanup};
  auto* const handle = connection.get();
  Dialogue dialogue{envelope.recipients, dialogue_};
  std::array<char, CURL_ERROR_SIZE> said{};

  curl.easy_setopt(handle, CURLOPT_URL, settings_.url.c_str());
  curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl.easy_setopt(handle, CURLOPT_USE_SSL, settings_.tls == config::Tls::required ? CURLUSESSL_ALL : CURLUSESSL_NONE);
  if (!settings_.ca_file.empty()) curl.easy_setopt(handle, CURLOPT_CAINFO, settings_.ca_file.c_str());
  if (!settings_.username.empty()) {
    curl.easy_setopt(handle, CURLOPT_USERNAME, settings_.username.c_str());
    curl.easy_setopt(handle, CURLOPT_PASSWORD, password.c_str());
  }
  const auto one_answer = static_cast<long>(settings_.timeout.count());
  curl.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, one_answer);
  curl.easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, std::max(1L, one_answer / 1000));
  curl.easy_setopt(handle, CURLOPT_TIMEOUT_MS, std::max(1L, std::min<long>(one_answer * 4, limit.count())));
  curl.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl.easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
  curl.easy_setopt(handle, CURLOPT_PROXY, "");
  curl.easy_setopt(handle, CURLOPT_ERRORBUFFER, said.data());
  curl.easy_setopt(handle, CURLOPT_VERBOSE, 1L);
  curl.easy_setopt(handle, CURLOPT_DEBUGFUNCTION, on_debug);
  curl.easy_setopt(handle, CURLOPT_DEBUGDATA, &dialogue);

  const auto from = "<" + envelope.sender + ">";
  curl.easy_setopt(handle, CURLOPT_MAIL_FROM, from.c_str());
  const auto recipients = list_of(curl, envelope.recipients);
  curl.easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients.get());
  curl.easy_setopt(handle, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  const auto headers =
      list_of(curl, {"Date: " + mail_date(envelope.date), "From: hasync <" + envelope.sender + ">",
                     "To: " + join(envelope.recipients, ",\r\n "), "Subject: " + encoded_header(envelope.subject),
                     "Message-ID: <" + envelope.message_id + ">", "Auto-Submitted: auto-generated",
                     "X-Hasync-Node: " + envelope.node});
  curl.easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  const std::unique_ptr<curl_mime, decltype(Libcurl::mime_free)> mime{curl.mime_init(handle), curl.mime_free};
  auto* const part = curl.mime_addpart(mime.get());
  const auto body = join(split(envelope.body, '\n'), "\r\n");  // quoted-printable knows a line's end by CRLF only
  curl.mime_data(part, body.data(), body.size());
  curl.mime_type(part, "text/plain; charset=utf-8");
  curl.mime_encoder(part, "quoted-printable");
  curl.easy_setopt(handle, CURLOPT_MIMEPOST, mime.get());

  const auto code = curl.easy_perform(handle);
  if (code == CURLE_OK) return dialogue.answers();
  const auto error = explain(curl, code, settings_, dialogue, said.data(),
                             std::chrono::ceil<std::chrono::seconds>(std::min(settings_.timeout, limit)));
  if (dialogue.after_data()) {
    const bool refused = dialogue.last().starts_with("5") && code != CURLE_OPERATION_TIMEDOUT;
    return dialogue.answers_without_delivery(refused ? Answer::refused : Answer::later, error.message);
  }
  if (dialogue.any_answered()) return dialogue.answers_without_delivery(Answer::later, error.message);
  return fail(error);
}

std::string encoded_header(std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char byte) {
    return static_cast<unsigned char>(byte) >= 0x20 && static_cast<unsigned char>(byte) < 0x7F;
  });
  if (ascii) return std::string{text};
  // RFC 2047: an encoded word has at most 75 characters and never splits a character.
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::size_t room = 75 - 12;
  std::string out, word;
  const auto close = [&] {
    out += (out.empty() ? "=?utf-8?Q?" : "\r\n =?utf-8?Q?") + word + "?=";
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t next = at + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80U) ++next;
    std::string letter;
    for (const char byte : text.substr(at, next - at)) {
      const auto value = static_cast<unsigned char>(byte);
      const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
      if (plain)
        letter += byte;
      else if (byte == ' ')
        letter += '_';
      else
        letter += {'=', hex[value >> 4U], hex[value & 15U]};
    }
    if (word.size() + letter.size() > room) close();
    word += letter;
    at = next;
  }
  close();
  return out;
}

std::string mail_date(Instant at) {
  static constexpr std::array day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  using namespace std::chrono;
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(at - day)};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", day_names.at(weekday{day}.c_encoding()),
                     unsigned{date.day()}, month_names.at(unsigned{date.month()} - 1), int{date.year()},
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace hasync::notify
