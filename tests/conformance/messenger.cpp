// Sending: each kind of content as its rule says, text by its bytes, and what is refused before a call.
#include "channel_under_test.hpp"

#include <limits>
#include <string>
#include <vector>

using namespace kefu;
using namespace kefu_test;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Sends what must be refused here: nothing reaches the platform, nobody sees anything.
void check_refused(ChannelUnderTest& it, Message message, ErrorKind kind, const std::string& part) {
  const std::uint64_t calls = it.calls();
  const std::size_t shown = it.shown().size();
  const auto sent = it.channel()->messenger()->send(std::move(message)).get();
  REQUIRE_FALSE(sent.has_value());
  CHECK_MESSAGE(sent.error().kind() == kind, sent.error().to_string());
  CHECK_MESSAGE(holds(sent.error().message(), part), sent.error().to_string());
  CHECK(sent.error().delivery() == Delivery::not_sent);
  CHECK(sent.error().details().parts_delivered == 0);
  CHECK(it.calls() == calls);
  CHECK(it.shown().size() == shown);
}

/// Sends what must arrive, as one message.
Receipt check_arrives(ChannelUnderTest& it, Message message, ContentKind kind, const std::string& mark) {
  const std::size_t before = it.shown().size();
  const auto sent = it.channel()->messenger()->send(std::move(message)).get();
  REQUIRE_MESSAGE(sent.has_value(), why(sent));
  CHECK(sent->parts.size() == 1);
  const auto shown = it.shown();
  REQUIRE(shown.size() == before + 1);
  CHECK_MESSAGE(shows(shown.back(), kind, mark), shown.back().all);
  if (kind == ContentKind::text) CHECK(shown.back().text == mark);
  return *sent;
}

void check_kind(ChannelUnderTest& it, ContentKind kind) {
  const ContentRule& rule = it.channel()->capabilities().rule(kind);
  const std::string mark = "mark of " + std::string(to_string(kind));
  Message message(it.reachable(), smallest(it, kind, mark));
  if (rule.supported) {
    CHECK(check_arrives(it, message, kind, mark).changes.empty());
    message.allow = Adaptation::any();
    CHECK(check_arrives(it, message, kind, mark).changes.empty());
    return;
  }
  check_refused(it, message, ErrorKind::unsupported, rule.reason);
  message.allow = Adaptation::any();
  if (!rule.becomes) return check_refused(it, message, ErrorKind::unsupported, rule.reason);
  CHECK_FALSE(check_arrives(it, message, ContentKind::link, mark).changes.empty());
  if (*rule.becomes == ContentKind::text) CHECK(holds(it.shown().back().text, mark));
}

/// UTF-8 text of exactly so many bytes, of three-byte characters as far as they go.
std::string text_of_bytes(std::size_t bytes) {
  std::string text;
  while (text.size() + 3 <= bytes) text += "字";
  return text + std::string(bytes - text.size(), '.');
}

}  // namespace

TEST_CASE("every messenger: each kind of content arrives as promised, becomes what is said, or is refused here") {
  over_every_channel([](ChannelUnderTest& it) {
    if (!it.channel()->messenger()) return;
    for (std::size_t i = 0; i < kContentKinds; ++i) {
      const auto kind = static_cast<ContentKind>(i);
      CAPTURE(to_string(kind));
      check_kind(it, kind);
    }
  });
}

TEST_CASE("every messenger: text is limited in bytes; a longer one is refused, or sent whole in parts, in order") {
  int limited = 0;
  over_every_channel([&](ChannelUnderTest& it) {
    if (!it.channel()->messenger()) return;
    const Address to = it.reachable();
    const std::size_t limit = it.channel()->capabilities().rule(ContentKind::text).max_bytes;
    if (limit == 0) {
      const std::string text = text_of_bytes(3000);
      check_arrives(it, Message(to, TextContent(text)), ContentKind::text, text);
      return;
    }
    ++limited;
    const std::string longest = text_of_bytes(limit);
    check_arrives(it, Message(to, TextContent(longest)), ContentKind::text, longest);
    Message message(to, TextContent(longest + "."));
    check_refused(it, message, ErrorKind::bad_argument, std::to_string(limit + 1));

    const std::string words = text_of_bytes(limit * 3 + limit / 2) + "👍🏻";
    const std::size_t before = it.shown().size();
    message.content = TextContent(words);
    message.allow.split_text = true;
    const auto sent = it.channel()->messenger()->send(message).get();
    REQUIRE_MESSAGE(sent.has_value(), why(sent));
    const auto shown = it.shown();
    CHECK(sent->parts.size() == shown.size() - before);
    CHECK(sent->parts.size() >= 4);
    CHECK_FALSE(sent->changes.empty());
    std::string joined;
    for (std::size_t i = before; i < shown.size(); ++i) {
      CHECK(shown[i].text.size() <= limit);
      joined += shown[i].text;
    }
    CHECK(joined == words);

    message.content = TextContent(text_of_bytes(limit * 21));
    check_refused(it, message, ErrorKind::bad_argument, "text.body");
  });
  CHECK(limited > 0);
}

TEST_CASE("every messenger: what is wrong with a message is said here, by the field's name; the next one arrives") {
  over_every_channel([](ChannelUnderTest& it) {
    if (!it.channel()->messenger()) return;
    const Address to = it.reachable();
    const auto text = [&](const Address& address, const std::string& body) {
      return Message(address, TextContent(body));
    };
    const auto bad = [&](const Message& message, const char* field) {
      CAPTURE(field);
      check_refused(it, message, ErrorKind::bad_argument, field);
    };
    bad(text(to, ""), "text.body");
    for (const char* wrong : {"\xff", "ok \xc0\xaf", "\xe4\xbd", "\xed\xa0\x80"}) bad(text(to, wrong), "text.body");
    bad(Message(to, MenuContent("choose")), "menu.items");
    bad(text(Address("somebody-else", to.customer, to.thread), "a"), "to.account");
    Message message = text(to, "a");
    message.idempotency_key.assign(65, 'k');
    bad(message, "idempotency_key");
    if (!it.facts().thread_is_enough) {
      bad(text(Address("", CustomerId(), to.thread), "a"), "customer");
      const std::size_t shown = it.shown().size();
      const auto nobody =
          it.channel()->messenger()->send(text(Address("", CustomerId("nobody-at-all"), to.thread), "a")).get();
      REQUIRE_FALSE(nobody.has_value());
      CHECK(nobody.error().delivery() != Delivery::unknown);
      CHECK(it.shown().size() == shown);
    }
    check_arrives(it, text(Address(it.channel()->id(), to.customer, to.thread), "with its own account named"),
                  ContentKind::text, "with its own account named");
    message = text(to, "with a key");
    message.idempotency_key.assign(64, 'k');
    check_arrives(it, message, ContentKind::text, "with a key");
  });
}

TEST_CASE("every messenger: messages to one customer arrive in the order of send, however slow the platform") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto messenger = it.channel()->messenger();
    if (!messenger) return;
    const Address to = it.reachable();
    REQUIRE(call_something(it) == "ok");
    const std::size_t before = it.shown().size();
    it.slow_down(Millis(200));
    std::vector<Pending<Receipt>> sends;
    for (int i = 0; i < 10; ++i) sends.push_back(messenger->send(Message(to, TextContent(std::to_string(i)))));
    for (auto& one : sends) CHECK(outcome(std::move(one)) == "ok");
    const auto shown = it.shown();
    REQUIRE(shown.size() == before + 10);
    for (std::size_t i = 0; i < 10; ++i) CHECK(shown[before + i].text == std::to_string(i));
  });
}
