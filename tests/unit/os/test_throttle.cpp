#include "os/throttle.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t plenty = 1 << 20;

BootTime at(Duration passed) { return BootTime{1h + passed}; }

// What is read until then by who wakes up when it is due, and takes what there may be.
std::size_t read_until(Throttle& throttle, BootTime end, std::size_t most) {
  std::size_t sum = 0;
  for (auto now = at(0s); now <= end; now = throttle.due()) {
    const auto bytes = throttle.may_read(now, most);
    throttle.has_read(bytes);
    sum += bytes;
  }
  return sum;
}

}  // namespace

TEST_CASE("without a limit all may be read at any time") {
  Throttle throttle{0, at(0s)};
  for (int turn = 0; turn < 3; ++turn) {
    CHECK(throttle.may_read(at(0s), plenty) == plenty);
    throttle.has_read(plenty);
  }
}

TEST_CASE("over any time as much is read as its rate says, and never more") {
  for (const std::int64_t rate : {1, 7, 1000, 65'537, 20 << 20, 1 << 30}) {
    for (const Duration length : {1000ms, 2500ms, 60'000ms}) {
      Throttle throttle{rate, at(0s)};
      const auto right = static_cast<std::size_t>(rate * length.count() / 1000);
      const auto sum = read_until(throttle, at(length), 1 << 30);
      INFO(rate << " bytes a second for " << length.count() << " ms: " << sum);
      CHECK(sum <= right);
      CHECK(sum + 1 + static_cast<std::size_t>(rate) / 50 >= right);
    }
  }
}

TEST_CASE("who is not fast enough for a while may not make all of it good") {
  Throttle throttle{1000, at(0s)};
  CHECK(throttle.may_read(at(1h), plenty) == 250);
  throttle.has_read(250);
  CHECK(throttle.may_read(at(1h), plenty) == 0);
}

TEST_CASE("it is worth waking up for more than a byte, but for one where that is all") {
  Throttle throttle{1000, at(0s)};
  CHECK(throttle.may_read(at(19ms), plenty) == 0);
  CHECK(throttle.due() == at(20ms));
  CHECK(throttle.may_read(at(20ms), plenty) == 20);
  CHECK(throttle.may_read(at(20ms), 7) == 7);
  Throttle slow{2, at(0s)};
  CHECK(slow.may_read(at(499ms), plenty) == 0);
  CHECK(slow.due() == at(500ms));
  CHECK(slow.may_read(at(500ms), plenty) == 1);
}
