// foundation l at the Inbox: spans of hosts far outside range are refused, not overflown.
#include "unit/channel/inbox/shop.hpp"

#include <cstdint>
#include <limits>

using namespace kefu;
using namespace kefu_test;

TEST_CASE("foundation l: InboxOptions with absurd spans are a bad argument") {
  World world;
  Runtime runtime = Shop::make_runtime(world);
  auto channel = std::make_shared<FakeChannel>(runtime);
  const auto refused = [&](const InboxOptions& options) {
    auto made = Inbox::create(
        runtime, channel, [](InboundEvent, InboxTurn) {}, options);
    return !made && made.error().kind() == ErrorKind::bad_argument;
  };
  for (const std::int64_t wrong : {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(),
                                   std::int64_t{1'000'000'000'000'000'000}, std::int64_t{0}, std::int64_t{-1}}) {
    CAPTURE(wrong);
    const auto with = [](auto change) {
      InboxOptions options;
      change(options);
      return options;
    };
    CHECK(refused(with([&](InboxOptions& o) { o.remember = std::chrono::seconds(wrong); })));
    CHECK(refused(with([&](InboxOptions& o) { o.answer_within = Millis(wrong); })));
    CHECK(refused(with([&](InboxOptions& o) { o.lease = Millis(wrong); })));
    CHECK(refused(with([&](InboxOptions& o) { o.sweep = Millis(wrong); })));
    CHECK(refused(with([&](InboxOptions& o) { o.give_up = Millis(wrong); })));
  }
}
