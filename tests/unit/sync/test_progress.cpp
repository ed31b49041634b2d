#include "sync/progress.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t mib = 1024 * 1024;

BootTime at(Duration passed) { return BootTime{1h + passed}; }

}  // namespace

TEST_CASE("what was sent is counted over all datasets, against what was planned") {
  Meter meter;
  meter.plans("app");
  meter.will_fetch({{"app", 100}, {"media", 300}});
  meter.fetches("app", 40);
  CHECK((meter.progress().planned() == 400 && meter.progress().sent() == 40));
  meter.has_fetched("app");
  meter.fetches("media", 50);
  CHECK((meter.progress().planned() == 400 && meter.progress().sent() == 150));
  meter.fetches("media", 310);  // it grew
  CHECK((meter.progress().planned() == 410 && meter.progress().sent() == 410));
  meter.fetches("nothing is planned of it", 7);
  CHECK(meter.progress().sent() == 410);
  meter.plans("app");  // another attempt
  CHECK((meter.progress().planned() == 0 && meter.progress().datasets.empty()));
}

TEST_CASE("each step is told, and that time goes on") {
  Meter meter;
  CHECK_FALSE(meter.is_watched());
  std::vector<std::string> told;
  meter.report_to([&](const RunProgress& progress) { told.push_back(tell_phase(progress)); });
  CHECK(meter.is_watched());
  meter.tick();
  meter.asks();
  meter.plans("app");
  meter.dumps("db", 0);
  meter.will_fetch({{"app", 1}});
  meter.fetches("app", 1);
  meter.finishes();
  CHECK(told == std::vector<std::string>{"beginning", "asking the peer", "comparing app with its source", "dumping db",
                                         "preparing the new point", "fetching app", "writing to disk"});
}

TEST_CASE("of dumps that are made at the same time, those that go on are told") {
  Meter meter;
  const auto told = [&] { return tell_phase(meter.progress()); };
  meter.dumps("shop", 0);
  meter.dumps("db", 0);
  meter.dumps("shop", 5 * mib);
  meter.dumps("db", 2 * mib);
  CHECK((told() == "dumping db, shop" && meter.progress().dumped() == 7 * mib));
  CHECK(tell_interrupted(meter, 3s, std::nullopt).starts_with("interrupted after 3 s while dumping db, shop, 7.0 MiB"));
  meter.has_dumped("shop");
  CHECK((told() == "dumping db" && meter.progress().dumped() == 2 * mib));
  meter.dumps("wiki", 0);
  meter.has_dumped("db");
  CHECK(told() == "dumping wiki");
  meter.has_dumped("wiki");
  CHECK(tell_interrupted(meter, 3s, std::nullopt).starts_with("interrupted after 3 s while dumping wiki; nothing"));
}

TEST_CASE("a rate is that of the last quarter of a minute") {
  Pace pace;
  CHECK_FALSE(pace.rate());
  pace.take(at(0s), 0);
  CHECK_FALSE(pace.rate());
  pace.take(at(900ms), mib);
  CHECK_FALSE(pace.rate());
  pace.take(at(1s), mib);
  CHECK(pace.rate() == mib);
  for (int second = 2; second <= 60; ++second) pace.take(at(std::chrono::seconds{second}), (second - 1) * 3 * mib);
  CHECK(pace.rate() == 3 * mib);
  for (int second = 61; second <= 75; ++second) pace.take(at(std::chrono::seconds{second}), 59 * 3 * mib);
  CHECK(pace.rate() == 0);
}

TEST_CASE("however often it is told, a rate is taken over the same time") {
  Pace pace;
  for (int tenth = 0; tenth <= 600; ++tenth) pace.take(at(tenth * 50ms), tenth * mib);
  CHECK(pace.rate() == 20 * mib);
}

TEST_CASE("where another thing is counted the rate begins anew") {
  Pace pace;
  pace.take(at(0s), 100 * mib);
  pace.take(at(2s), 200 * mib);
  pace.take(at(3s), mib);
  CHECK_FALSE(pace.rate());
  pace.take(at(5s), 3 * mib);
  CHECK(pace.rate() == mib);
}

TEST_CASE("the time left is what the rest takes at that rate") {
  CHECK(time_left(100, 10) == 10s);
  CHECK(time_left(101, 10) == 11s);
  CHECK(time_left(0, std::nullopt) == 0s);
  CHECK_FALSE(time_left(100, std::nullopt));
  CHECK_FALSE(time_left(100, 0));
}

TEST_CASE("who interrupts a run is told what was done, and what is so all the same") {
  Meter meter;
  const auto told = [&] { return tell_interrupted(meter, 3min, "2026-11-23T02:45:00Z"); };
  const std::string rest = "; nothing is published, current stays 2026-11-23T02:45:00Z";
  CHECK(told() == "interrupted after 3 min while beginning" + rest);
  meter.asks();
  CHECK(told() == "interrupted after 3 min while asking the peer" + rest);
  meter.dumps("db", 5 * mib);
  CHECK(told() == "interrupted after 3 min while dumping db, 5.0 MiB so far" + rest);
  meter.will_fetch({{"app", 4 * mib}});
  meter.fetches("app", mib);
  CHECK(told() == "interrupted after 3 min while fetching app" + rest);  // rsync was not asked to tell
  meter.report_to([](const RunProgress&) {});
  CHECK(told() ==
        "interrupted after 3 min while fetching app, 1.0 MiB of 4.0 MiB, from which the next run goes on" + rest);
  CHECK(tell_interrupted(meter, 3min, std::nullopt).ends_with("; nothing is published, and there is no point yet"));
}
