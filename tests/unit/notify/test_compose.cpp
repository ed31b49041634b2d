#include "notify/compose.hpp"
#include "notify/outbox.hpp"
#include "notify/smtp.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::notify;
using namespace std::chrono_literals;

namespace {

const Instant now = parse_rfc3339("2026-11-24T02:59:47Z").value();
const Speaker west{"west", "east", now};

}  // namespace

TEST_CASE("a promotion is told with why, what is missing, what was done and what to do") {
  const auto mail = compose(west, Promoted{4,
                                           "5 failed attempts in a row; all guards passed",
                                           now - 14min - 47s,
                                           {{"copy app", "3.2 s"}, {"start app", "1.1 s"}},
                                           {"data-age"},
                                           "restore db: the accounts of the primary could not all be made: ERROR"});
  CHECK(mail.subject == "[hasync west] PROMOTED: west is now primary (term 4)");
  CHECK(mail.body ==
        "west took over from east at 2026-11-24T02:59:47Z (term 4).\n"
        "  why        5 failed attempts in a row; all guards passed\n"
        "  forced     these guards were overridden: data-age\n"
        "  data       from 2026-11-24T02:45:00Z: changes made on east in the last 14 min 47 s are not here\n"
        "  missing    restore db: the accounts of the primary could not all be made: ERROR\n"
        "  steps      copy app: 3.2 s\n"
        "             start app: 1.1 s\n"
        "  do now     keep east from serving\n"
        "             then, to make east the standby: on east, hasync demote\n"
        "  look       hasync status; hasync history failovers\n"
        "\nSent by hasync on west, 2026-11-24T02:59:47Z.\n");
}

TEST_CASE("a peer that is gone is told with the exposure, and why nothing was promoted") {
  CHECK(compose(west, PeerFailed{now - 1min, 5, "web refused", 11min, {}}).subject ==
        "[hasync west] east IS GONE: west stays in standby");
  const auto refused = compose(
      west, PeerFailed{
                now - 1min, 5, "web refused", std::nullopt, {"data-age: 2 h old, limit 1 h", "witness: none answers"}});
  CHECK(refused.subject == "[hasync west] east IS GONE, promotion REFUSED: west stays in standby");
  CHECK(refused.body.find("  refused by data-age: 2 h old, limit 1 h\n             witness: none answers\n  data       "
                          "there is no recovery point at all\n") != std::string::npos);
}

TEST_CASE("every other event has a subject of its own") {
  CHECK(compose(west, SyncCompleted{"p", 3s, 1200, 3, 10, 5, 100}).subject ==
        "[hasync west] sync completed: 1,200 changed, 3 deleted");
  CHECK(compose(west, SyncFailed{"why", 1h, now})
            .body.find("  next       it is tried again at 2026-11-24T02:59:47Z; you are told when it works\n") !=
        std::string::npos);
  CHECK(compose(west, HookFailed{"no such program", "success"}).body.find("its own result stays: success\n") !=
        std::string::npos);
  CHECK(compose(west, SyncRecovered{2, "p"}).body.find("west pulls the data of east again, after 2 failed runs.\n") ==
        0);
  CHECK(compose(west, PeerRecovered{now - 1h, now, "stayed in standby"}).subject == "[hasync west] east answers again");
  CHECK(compose(west, PromotionFailed{"start app", "exit status 1", {}}).subject ==
        "[hasync west] PROMOTION FAILED at \"start app\": nobody may be serving");
  CHECK(compose(west, Demoted{4, "why"}).subject == "[hasync west] west is now secondary (term 4)");
  CHECK(compose(west, Test{}).subject == "[hasync west] test mail");
}

TEST_CASE("headers are what the RFCs want") {
  CHECK(mail_date(now) == "Tue, 24 Nov 2026 02:59:47 +0000");
  CHECK(encoded_header("[hasync west] plain") == "[hasync west] plain");
  CHECK(encoded_header("süd ok") == "=?utf-8?Q?s=C3=BCd_ok?=");
  for (const auto& line : {encoded_header(std::string(40, 'x') + "ü" + std::string(80, 'y'))})
    CHECK(line.substr(0, line.find('\r')).size() <= 75);
}

TEST_CASE("a header that breaks the line is refused before anything is sent") {
  const config::Smtp settings{.url = "smtp://127.0.0.1:1", .tls = config::Tls::none};
  CurlMailer mailer{settings};
  CHECK(mailer.send({"a@b", {"c@d"}, "subject\r\nBcc: x@y", "body", "id", "west", now}, 1s).error().message ==
        "\"subject\\x0d\\nBcc: x@y\" cannot be in a mail's header: it holds a line break");
}

TEST_CASE("tries come further apart, up to an hour") {
  CHECK(back_off(1) == 1min);
  CHECK(back_off(2) == 2min);
  CHECK(back_off(6) == 32min);
  CHECK(back_off(7) == 1h);
  CHECK(back_off(1000) == 1h);
}
