// Who a customer is.
#include "channel_under_test.hpp"

#include <string>

using namespace kefu;
using namespace kefu_test;

TEST_CASE("every profile: a customer who wrote is found under the name the event gave, nobody is told as an error") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto profiles = it.channel()->profiles();
    if (!profiles) return;
    const std::uint64_t before = it.calls();
    CHECK(outcome(profiles->look_up(CustomerId())) == "bad_argument");
    CHECK(it.calls() == before);
    const CustomerId customer = it.reachable().customer;
    const auto profile = profiles->look_up(customer).get();
    REQUIRE_MESSAGE(profile.has_value(), why(profile));
    CHECK_FALSE(profile->customer.id.empty());
    CHECK_FALSE(profile->ids.empty());
    for (const auto& id : profile->ids) CHECK_MESSAGE(!id.second.empty(), id.first);
    const auto again = profiles->look_up(profile->customer).get();
    REQUIRE_MESSAGE(again.has_value(), why(again));
    CHECK(again->customer.id == profile->customer.id);

    CHECK_FALSE(profiles->look_up(CustomerId("nobody-at-all")).get().has_value());
  });
}
