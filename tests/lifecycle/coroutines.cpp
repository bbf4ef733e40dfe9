// Built as C++20. GCC 12 destroys an aggregate temporary of a co_await expression twice, so every public value that can
// be built inside a call is built inside a co_await here, under AddressSanitizer in the asan preset. (It also refuses
// a braced list of class values there, "array used as initializer", whatever the types: hence std::vector(1, ...).)
#include "support/test_platform.hpp"

#include <kefu/core/coroutine.hpp>
#include <kefu/core/curl_options.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/kefu.hpp>
#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <coroutine>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

using namespace kefu;

namespace {

/// A host's coroutine type at its simplest: starts at once, nobody waits for it.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

/// Long enough to live on the heap: what is destroyed twice is then seen.
std::string text(const char* what) { return std::string(what) + " with a text that no small-string buffer holds"; }

struct World {
  World() {
    RuntimeOptions options;
    options.clock = time;
    options.scheduler = time;
    options.transport = wire;
    runtime = std::make_unique<Runtime>(*Runtime::create(std::move(options)));
    client = std::make_unique<ApiClient>(std::make_shared<detail::Pipeline>(
        kefu::detail::core_of(*runtime), std::make_shared<kefu_test::TestPlatform>()));
  }
  /// An operation that takes a value and answers a moment later.
  template <class T>
  Pending<int> take(T value) {
    static_assert(!std::is_aggregate_v<T>);
    Promise<int> promise(kefu::detail::core_of(*runtime));
    auto pending = promise.pending();
    kefu::detail::core_of(*runtime)->scheduler->post(
        [promise = std::move(promise), value = std::move(value)]() mutable { promise.answer(1); });
    return pending;
  }
  template <class T>
  Pending<int> borrow(const T& value) {
    return take(T(value));
  }

  std::shared_ptr<sandbox::SimulatedTime> time = std::make_shared<sandbox::SimulatedTime>();
  std::shared_ptr<sandbox::ScriptedTransport> wire = std::make_shared<sandbox::ScriptedTransport>(time);
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<ApiClient> client;
  int taken = 0;
};

Detached contents(World& w) {
  w.taken += *co_await w.take(TextContent(text("text")));
  w.taken += *co_await w.take(ImageContent(text("image")));
  w.taken += *co_await w.take(VoiceContent(text("voice")));
  w.taken += *co_await w.take(VideoContent(text("video"), text("thumb")));
  w.taken += *co_await w.take(FileContent(text("file"), text("name")));
  w.taken += *co_await w.take(LocationContent(31.2, 121.4, text("place")));
  w.taken += *co_await w.take(LinkContent(text("title"), text("https://example.test")));
  w.taken += *co_await w.take(MusicContent(text("url"), text("thumb")));
  w.taken += *co_await w.take(MenuContent(text("head"), std::vector(1, MenuContent::Item("1", text("yes")))));
  w.taken += *co_await w.take(MiniProgramContent(text("app"), text("path"), text("title"), text("thumb")));
  w.taken += *co_await w.take(ProductContent(text("product")));
  w.taken += *co_await w.take(OrderContent(text("order")));
  w.taken += *co_await w.take(RawContent(text("type"), text("{}")));
  w.taken += *co_await w.take(Content(TextContent(text("content"))));
  w.taken += *co_await w.borrow(Message(Address(text("shop"), CustomerId(text("oA"), text("union")), text("thread")),
                                        TextContent(text("message"))));
  w.taken += *co_await w.take(Speaker(Speaker::Kind::agent, text("agent")));
  w.taken += *co_await w.take(Change(text("menu became text")));
  w.taken += *co_await w.take(Adaptation());
  w.taken += *co_await w.take(Receipt());
}

Detached inbound(World& w) {
  w.taken += *co_await w.take(ReceivedText(text("body"), text("menu")));
  w.taken += *co_await w.take(ReceivedMedia(ReceivedMedia::Kind::image, text("id")));
  w.taken += *co_await w.take(ReceivedLocation(1, 2));
  w.taken += *co_await w.take(ReceivedLink(text("url")));
  w.taken += *co_await w.take(ReceivedMiniProgram(text("app")));
  w.taken += *co_await w.take(MenuTapped(text("key")));
  w.taken += *co_await w.take(Followed(text("scene")));
  w.taken += *co_await w.take(Unfollowed());
  w.taken += *co_await w.take(Scanned(text("scene")));
  w.taken += *co_await w.take(SessionEntered(text("source")));
  w.taken += *co_await w.take(AgentSessionChanged(AgentSessionChanged::What::created, text("agent")));
  w.taken += *co_await w.take(DeliveryReported(text("id")));
  w.taken += *co_await w.take(PlatformEvent(text("name")));
  w.taken += *co_await w.take(InboundEvent());
  w.taken += *co_await w.take(WebhookRequest(text("POST"), text("/path"), text("a=b"), text("body")));
  w.taken += *co_await w.take(WebhookResponse(200, text("body"), text("text/plain")));
  w.taken += *co_await w.take(TransferToAgent(text("agent")));
  w.taken += *co_await w.take(NoReply());
  w.taken += *co_await w.take(ReplyRule(text("message"), 5, std::chrono::hours(48)));
  w.taken += *co_await w.take(ReplyRules());
  w.taken += *co_await w.take(ReplyWindow());
  w.taken += *co_await w.take(InboxOptions());
  w.taken += *co_await w.take(ContentRule());
  w.taken += *co_await w.take(Capabilities());
}

Detached settings(World& w) {
  w.taken += *co_await w.take(CallOptions());
  w.taken += *co_await w.take(CurlOptions());
  w.taken += *co_await w.take(RuntimeOptions());
  w.taken += *co_await w.take(Secret(text("secret")));
  w.taken += *co_await w.take(HttpRequest());
  w.taken += *co_await w.take(HttpReply());
  w.taken += *co_await w.take(HttpOutcome(TransportFault::dns_failure, text("detail")));
  w.taken += *co_await w.take(Error(ErrorKind::internal, text("error")));
  w.taken += *co_await w.take(ErrorDetails());
  w.taken += *co_await w.take(RawCall("POST", text("/path"), text("{}")));
  w.taken += *co_await w.take(RawReply());
  w.taken += *co_await w.take(StoreWrite::put(text("key"), text("value"), 0));
  w.taken += *co_await w.take(StoreKey(text("a"), text("b"), text("c"), text("d")));
  w.taken += *co_await w.take(StoreEntry());
  w.taken += *co_await w.take(CommitOutcome());
  w.taken += *co_await w.take(Lease());
  w.taken += *co_await w.take(Attribute("key", "value"));
  w.taken += *co_await w.take(wechat::PushKeys(Secret(text("token")), Secret(text("key"))));
  w.taken += *co_await w.take(wechat::PushConfig(text("app"), wechat::PushKeys(Secret(text("t")), Secret(text("k")))));
  w.taken += *co_await w.take(wechat::AccountConfig(text("app"), Secret(text("s")), wechat::AccountKind::mini_program));
}

Detached wechat_messages(World& w) {
  const auto count = [&w](const auto& result) { w.taken += result || !result ? 1 : 0; };
  using namespace kefu::wechat;
  count(co_await w.client->call(SendCustomMessage(text("oA"), TextContent(text("hello"))), CallOptions()));
  count(co_await w.client->call(SendCustomMessage(text("oA"), News(LinkContent(text("title"), text("url"))))));
  count(co_await w.client->call(SendCustomMessage(text("oA"), wechat::Link(LinkContent(text("title"), text("url"))))));
  count(co_await w.client->call(SendCustomMessage(text("oA"), MpNews(text("id")))));
  count(co_await w.client->call(SendCustomMessage(text("oA"), MpNewsArticle(text("id")))));
  count(co_await w.client->call(SendCustomMessage(text("oA"), WxCard(text("id")))));
  count(co_await w.client->call(SetTyping(text("oA"), true)));
  count(co_await w.client->call(SetBusinessTyping(text("oA"), true)));
  w.taken += *co_await w.take(FetchClassicToken(text("app"), Secret(text("secret"))));
  w.taken += *co_await w.take(FetchStableToken(text("app"), Secret(text("secret"))));
  count(co_await w.client->call(RawCall("POST", text("/path"), text("{}"), Effect::read)));
}

}  // namespace

TEST_CASE("every public value may be built inside a co_await") {
  World w;
  int expected = 0;
  SUBCASE("contents and messages") {
    contents(w);
    expected = 19;
  }
  SUBCASE("inbound events and webhooks") {
    inbound(w);
    expected = 24;
  }
  SUBCASE("settings, errors, stores") {
    settings(w);
    expected = 20;
  }
  SUBCASE("operations of WeChat") {
    for (int i = 0; i < 11; ++i) w.wire->reply(R"({"errcode":0,"errmsg":"ok"})");
    wechat_messages(w);
    expected = 11;
  }
  CHECK(w.taken == 0);
  w.time->advance(std::chrono::minutes(2));
  CHECK(w.taken == expected);
}

TEST_CASE("a coroutine resumes with the answer, on the executor") {
  World w;
  w.wire->reply(R"({"errcode":0,"name":"lamp"})").reply(R"({"errcode":40003,"errmsg":"invalid openid"})");
  std::string got;
  bool on_scheduler = false;
  const auto run = [](World& world, std::string& out, bool& inside) -> Detached {
    auto thing = co_await world.client->call(kefu_test::ReadThing("7"));
    inside = world.time->is_own_thread();
    out += thing ? thing->name : thing.error().to_string();
    auto sent = co_await world.client->call(kefu_test::SendThing(text("oA"), text("hi")));
    out += sent ? ", sent" : ", " + sent.error().platform_code();
  };
  run(w, got, on_scheduler);
  CHECK(got.empty());
  w.time->advance(Millis(10));
  CHECK(got == "lamp, 40003");
  CHECK(on_scheduler);
}

TEST_CASE("a coroutine awaits a chain, a named Pending, and gets an error for one that was used") {
  World w;
  std::string got;
  const auto run = [](World& world, std::string& out) -> Detached {
    auto taken = world.take(TextContent(text("text")));
    const auto first = co_await taken;
    out += first ? std::to_string(*first) : "?";
    const auto again = co_await taken;
    out += again ? "?" : std::string(", ") + std::string(to_string(again.error().kind()));
    const auto chained = co_await world.take(1).then([&world](Result<int>) { return world.take(text("second step")); });
    out += chained ? ", chained" : "?";
  };
  run(w, got);
  w.time->advance(Millis(10));
  CHECK(got == "1, bad_argument, chained");
}

TEST_CASE("a coroutine that waits when the runtime stops is resumed with cancelled") {
  World w;
  w.wire->silence();
  std::string got;
  const auto run = [](World& world, std::string& out) -> Detached {
    auto thing = co_await world.client->call(kefu_test::ReadThing("7"));
    out = thing ? "answered" : std::string(to_string(thing.error().kind()));
  };
  run(w, got);
  w.time->run_ready();
  CHECK(got.empty());
  w.runtime.reset();
  CHECK(got == "cancelled");
}

TEST_CASE("a coroutine may end its own runtime, and one that gives up its wait is cancelled") {
  World w;
  w.wire->reply(R"({"errcode":0,"name":"lamp"})");
  bool done = false;
  const auto run = [](World& world, bool& out) -> Detached {
    static_cast<void>(co_await world.client->call(kefu_test::ReadThing("7")));
    world.client.reset();
    world.runtime.reset();
    out = true;
  };
  run(w, done);
  w.time->advance(Millis(10));
  CHECK(done);
}
