// Receiving: what a customer writes comes once, with all that is needed to answer it, by push and by poll alike.
#include "channel_under_test.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace kefu;
using namespace kefu_test;

namespace {

constexpr char kWords[] = "在吗 are you there 👍🏻";

/// All that a host may build on must be the same.
void check_same(const InboundEvent& one, const InboundEvent& other) {
  CHECK(one.platform == other.platform);
  CHECK(one.account == other.account);
  CHECK(one.customer.id == other.customer.id);
  CHECK(one.customer.union_id == other.customer.union_id);
  CHECK(one.thread == other.thread);
  CHECK(one.message_id == other.message_id);
  CHECK(one.event_id == other.event_id);
  CHECK(one.platform_time == other.platform_time);
  CHECK(one.received_time == other.received_time);
  CHECK(one.payload.index() == other.payload.index());
  CHECK(words_of(one) == words_of(other));
  CHECK(one.trigger == other.trigger);
}

void check_whole(ChannelUnderTest& it, const InboundEvent& event, WallTime written) {
  CHECK(event.platform == it.facts().platform);
  CHECK(event.account == it.facts().id);
  CHECK(event.sender().account == it.facts().id);
  CHECK_FALSE(event.customer.id.empty());
  CHECK_FALSE(event.event_id.empty());
  CHECK(event.event_id.size() <= 128);
  CHECK(std::all_of(event.event_id.begin(), event.event_id.end(), [](char c) { return c > ' ' && c <= '~'; }));
  CHECK(event.received_time >= written);
  CHECK(event.received_time <= it.time().wall());
  CHECK(std::chrono::abs(event.platform_time - written) <= 2s);
  CHECK_FALSE(event.raw.empty());
  const auto again = it.channel()->reopen(event.raw, event.received_time);
  REQUIRE_MESSAGE(again.has_value(), why(again));
  check_same(*again, event);
}

bool has_words(const PollBatch& batch, const std::string& words) {
  return std::any_of(batch.events.begin(), batch.events.end(),
                     [&](const InboundEvent& event) { return words_of(event) == words; });
}

std::set<std::string> ids_of(const PollBatch& batch) {
  std::set<std::string> ids;
  for (const InboundEvent& event : batch.events) ids.insert(event.event_id);
  return ids;
}

/// Polls and accepts until a batch has these words, which is not accepted.
std::optional<PollBatch> poll_until(ChannelUnderTest& it, Poller& poller, const std::string& words, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    auto batch = poller.poll().get();
    REQUIRE_MESSAGE(batch.has_value(), why(batch));
    CHECK(batch->events.size() <= Poller::kMaxEvents);
    CHECK(batch->cursor.size() <= Poller::kMaxCursorWrites);
    if (has_words(*batch, words)) return *std::move(batch);
    CHECK(outcome(poller.accept(batch->cursor)) == "ok");
    it.time().advance(batch->more ? Millis(0) : std::max(batch->pause, Millis(1'000)));
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("every channel that hears: a customer's words come once, whole, and can be read again from what is stored") {
  over_every_channel([](ChannelUnderTest& it) {
    if (!hears(*it.channel())) {
      const auto inbox = Inbox::create(it.runtime(), it.channel(), [](InboundEvent, InboxTurn turn) { turn.done(); });
      CHECK(outcome(inbox) == "unsupported");
      CHECK(outcome(it.channel()->reopen("{}", it.time().wall())) == "unsupported");
      return;
    }
    Reception host(it);
    const WallTime written = it.time().wall();
    it.customer_writes(kWords);
    it.time().advance(10min);
    REQUIRE(host.with_words(kWords).size() == 1);
    const InboundEvent event = host.with_words(kWords)[0];
    check_whole(it, event, written);

    const std::size_t events = host.events.size();
    it.push_again();
    it.time().advance(20min);
    CHECK(host.events.size() == events);

    it.customer_writes("second");
    it.time().advance(10min);
    REQUIRE(host.with_words("second").size() == 1);
    const InboundEvent second = host.with_words("second")[0];
    CHECK(second.event_id != event.event_id);
    CHECK(second.customer.id == event.customer.id);
    CHECK(second.thread == event.thread);
    CHECK(host.with_words(kWords).size() == 1);
  });
}

TEST_CASE("every channel that hears: text that no event was stored as is refused") {
  over_every_channel([](ChannelUnderTest& it) {
    if (!hears(*it.channel())) return;
    for (const std::string raw : {"", "nonsense", "[]", "{\"cut", "<xml><cut>", "\xff\xfe"}) {
      CAPTURE(raw);
      const auto read = it.channel()->reopen(raw, it.time().wall());
      CHECK(outcome(read) == "bad_argument");
    }
  });
}

TEST_CASE("every channel that hears: five messages come in their order, each once") {
  over_every_channel([](ChannelUnderTest& it) {
    if (!hears(*it.channel())) return;
    Reception host(it);
    std::vector<std::string> written;
    for (int i = 0; i < 5; ++i) {
      written.push_back("line " + std::to_string(i));
      it.customer_writes(written.back());
      it.time().advance(5s);
    }
    it.time().advance(20min);
    std::vector<std::string> heard;
    for (const auto& event : host.events)
      if (!words_of(event).empty()) heard.push_back(words_of(event));
    CHECK(heard == written);
  });
}

TEST_CASE(
    "every push receiver: what is no push of the platform's is refused with its fault, and nothing of it is used") {
  int receivers = 0;
  over_every_channel([&](ChannelUnderTest& it) {
    const auto receiver = it.channel()->push_receiver();
    if (!receiver) return;
    ++receivers;
    Reception host(it);
    for (const char* method : {"GET", "POST", "PUT", ""}) {
      for (const std::string& body : {std::string(), std::string("{"), std::string("nonsense"),
                                      std::string("\xff\0", 2), std::string(2'000'000, 'x')}) {
        CAPTURE(method);
        CAPTURE(body.size());
        const WebhookRequest request(method, "/", "signature=00&timestamp=1&nonce=1", body);
        const OpenedPush opened = receiver->open(request, it.time().wall());
        CHECK(opened.outcome == OpenedPush::Outcome::refused);
        CHECK(opened.fault.has_value());
        CHECK_FALSE(opened.detail.empty());
        CHECK(opened.event.event_id.empty());
        CHECK(opened.answer.status >= 400);
        const auto answer = host.inbox->handle(request).get();
        REQUIRE_MESSAGE(answer.has_value(), why(answer));
        CHECK(answer->status >= 400);
      }
    }
    it.time().advance(1min);
    CHECK(host.events.empty());
  });
  CHECK(receivers > 0);
}

TEST_CASE("every channel that hears and speaks: the sender of an event is reached, by turn and by Messenger") {
  int answered = 0;
  over_every_channel([&](ChannelUnderTest& it) {
    if (!hears(*it.channel()) || !it.channel()->messenger()) return;
    ++answered;
    Reception host(it, "the answer");
    it.customer_writes(kWords);
    it.time().advance(10min);
    REQUIRE(host.with_words(kWords).size() == 1);
    const auto shown = it.shown();
    REQUIRE(shown.size() == 1);
    CHECK(shown[0].text == "the answer");

    const InboundEvent event = host.with_words(kWords)[0];
    const auto sent = it.channel()->messenger()->send(Message(event.sender(), TextContent("and more"))).get();
    REQUIRE_MESSAGE(sent.has_value(), why(sent));
    REQUIRE(it.shown().size() == 2);
    CHECK(it.shown()[1].text == "and more");

    it.push_again();
    it.time().advance(20min);
    CHECK(it.shown().size() == 2);  // a repeat is not answered anew
    const auto letters = host.inbox->dead_letters().get();
    REQUIRE(letters.has_value());
    CHECK(letters->empty());
  });
  CHECK(answered > 0);
}

TEST_CASE("every poller: what was not accepted comes again with the same ids; what was accepted never") {
  int pollers = 0;
  over_every_channel([&](ChannelUnderTest& it) {
    const auto poller = it.channel()->poller();
    if (!poller) return;
    ++pollers;
    const WallTime written = it.time().wall();
    it.customer_writes(kWords);
    it.time().advance(1s);
    const auto batch = poll_until(it, *poller, kWords, 20);
    REQUIRE(batch.has_value());
    for (const InboundEvent& event : batch->events) {
      const auto again = poller->reopen(event.raw, event.received_time);
      REQUIRE_MESSAGE(again.has_value(), why(again));
      check_same(*again, event);
      if (words_of(event) == kWords) check_whole(it, event, written);
    }
    const auto again = poller->poll().get();
    REQUIRE_MESSAGE(again.has_value(), why(again));
    CHECK(ids_of(*again) == ids_of(*batch));

    CHECK(outcome(poller->accept(again->cursor)) == "ok");
    CHECK(outcome(poller->accept(batch->cursor)) == "conflict");
    const auto later = poll_until(it, *poller, kWords, 40);
    CHECK_FALSE(later.has_value());
  });
  CHECK(pollers > 0);
}
