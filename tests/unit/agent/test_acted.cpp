#include "agent/acted.hpp"
#include "testing.hpp"

using namespace hasync::agent;

TEST_CASE("an outage is over for the beats once it was promoted, has failed unseen, or was given up by an operator") {
  for (const auto& acted : {promoted(1), promotion_failed(1), given_up_by_operator()}) CHECK(is_final(acted));
  for (const auto& acted : {stayed_in_standby(), refused({"data-age", "witness"}), given_up_for_now("interrupted"),
                            acknowledged(promotion_failed(1))})
    CHECK_FALSE(is_final(acted));
}

TEST_CASE("only a failure waits to be acknowledged, and once") {
  CHECK(is_failure(promotion_failed(7)));
  for (const auto& acted : {promoted(7), given_up_by_operator(), acknowledged(promotion_failed(7))})
    CHECK_FALSE(is_failure(acted));
}

TEST_CASE("the words are what people read") {
  CHECK(promoted(3) == "promoted (failover 3)");
  CHECK(refused({"data-age", "witness"}) == "refused: data-age, witness");
  CHECK(acknowledged(promotion_failed(3)) == "acknowledged: promotion failed (failover 3)");
}
