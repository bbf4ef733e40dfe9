// Reply windows, where a platform has them: opened by what comes in, used up by what goes out, told before a call.
#include "channel_under_test.hpp"

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using namespace kefu;
using namespace kefu_test;

TEST_CASE("every reply window: a customer's words open it, messages use it up, and then a send is refused here") {
  int windows = 0;
  over_every_channel([&](ChannelUnderTest& it) {
    const auto ledger = it.channel()->reply_ledger();
    const auto messenger = it.channel()->messenger();
    if (!ledger || !messenger || !hears(*it.channel())) return;
    ++windows;
    Reception host(it);
    it.customer_writes("first");
    it.time().advance(10min);
    REQUIRE(host.with_words("first").size() == 1);
    const Address to = host.with_words("first")[0].sender();
    const auto look = [&] { return ledger->look(to.customer.id, it.time().wall()).value(); };
    REQUIRE(look().known);
    const int allowed = look().messages_left;
    REQUIRE(allowed > 0);
    CHECK(look().closes > it.time().wall());

    for (int left = allowed - 1; left >= 0; --left) {
      const auto sent = messenger->send(Message(to, TextContent(std::to_string(left)))).get();
      REQUIRE_MESSAGE(sent.has_value(), why(sent));
      CHECK(sent->messages_left == left);
      CHECK(sent->window_closes.has_value());
    }
    const std::uint64_t calls = it.calls();
    const auto refused = messenger->send(Message(to, TextContent("one too many"))).get();
    CHECK(outcome(refused) == "window_closed");
    CHECK(refused.error().delivery() == Delivery::not_sent);
    CHECK(it.calls() == calls);
    CHECK(it.shown().size() == static_cast<std::size_t>(allowed));

    it.customer_writes("second");
    it.time().advance(10min);
    CHECK(outcome(messenger->send(Message(to, TextContent("again")))) == "ok");
    CHECK(look().messages_left == allowed - 1);
  });
  CHECK(windows > 0);
}
