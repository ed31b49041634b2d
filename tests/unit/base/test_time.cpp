#include "base/time.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace std::chrono_literals;

TEST_CASE("durations are read and written the same") {
  const auto text = GENERATE("30s", "15m", "2h", "1d", "1h30m", "7d", "1d2h3m4s", "250ms", "0");
  CHECK(format_duration(parse_duration(text).value()) == text);
}

TEST_CASE("what is no duration is refused with what to write instead") {
  CHECK(parse_duration("15").error().message == "\"15\" has no unit; did you mean 15m?");
  CHECK(parse_duration("").error().message == "\"\" is not a duration (durations are 30s, 15m, 2h, 1d, 1h30m)");
  CHECK(parse_duration("5x").error().message ==
        "\"5x\" has an unknown unit \"x\" (durations are 30s, 15m, 2h, 1d, 1h30m)");
  CHECK(parse_duration("30m1h").error().message ==
        "\"30m1h\" has its units in the wrong order (durations are 30s, 15m, 2h, 1d, 1h30m)");
  CHECK_FALSE(parse_duration("-5m"));
  CHECK_FALSE(parse_duration("1.5h"));
}

TEST_CASE("durations are told in two units at most") {
  CHECK(tell_duration(3h + 41min + 7s) == "3 h 41 min");
  CHECK(tell_duration(14s) == "14 s");
  CHECK(tell_exactly(10079min) == "6 d 23 h 59 min");
  CHECK(tell_exactly(-(24h + 5ms)) == "-1 d 5 ms");
  CHECK(tell_exactly(0s) == "0 s");
  CHECK(tell_duration(1400ms) == "1.4 s");
  CHECK(tell_duration(250ms) == "250 ms");
  CHECK(tell_duration(48h) == "2 d");
  CHECK(tell_duration(-90s) == "-1 min 30 s");
}

TEST_CASE("instants are read and written the same") {
  const auto text =
      GENERATE("1970-01-01T00:00:00Z", "2026-11-23T02:45:00Z", "2024-02-29T23:59:59Z", "2026-11-23T02:45:00.123Z");
  CHECK(format_rfc3339(parse_rfc3339(text).value()) == text);
}

TEST_CASE("only UTC is accepted") {
  CHECK(parse_rfc3339("2026-11-24T02:00:00+01:00").error().message ==
        "\"2026-11-24T02:00:00+01:00\" is not a UTC time: it must end in Z, other offsets are not accepted (write "
        "2026-11-24T02:00:00Z)");
  const auto text = GENERATE("2026-02-30T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24 02:00:00Z",
                             "2026-11-24T02:00Z", "2026-11-24T02:00:00.Z", "");
  CHECK_FALSE(parse_rfc3339(text));
}

TEST_CASE("a time of day is HH:MM") {
  CHECK(parse_time_of_day("02:45").value() == 165min);
  CHECK_FALSE(parse_time_of_day("2:45"));
  CHECK_FALSE(parse_time_of_day("24:00"));
  CHECK(format_day(parse_rfc3339("2026-11-24T02:00:00Z").value()) == "Tue 24 Nov");
}
