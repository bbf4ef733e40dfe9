// The reply window of calls that pass the account's gate one by one: raw ones, and typed ones that no messenger sends.
#include "support/wechat_world.hpp"

#include <kefu/channel/reply_window.hpp>
#include <kefu/core/token_source.hpp>
#include <kefu/wechat/customer_messages.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

using namespace kefu;
using namespace kefu::wechat;
using namespace std::chrono_literals;
using kefu_test::WechatWorld;

namespace {

const std::string kAlice = "oABC1234567890abcdefghijklmn";
constexpr char kSendCall[] = "/cgi-bin/message/custom/send";

/// Gives tokens, or drops the answer as a host's code may.
class CarelessSource final : public TokenSource {
 public:
  void get(MoveFunction<void(Result<Secret>)> done) override {
    if (!drops) done(Secret("a-token"));
  }
  void report_invalid(const Secret&, MoveFunction<void(Result<void>)> done) override { done({}); }
  bool drops = false;
};

struct Windows {
  Windows() {
    AccountConfig config("wx0123456789abcdef", Secret("0123456789abcdef0123456789abcdef"),
                         AccountKind::service_account);
    config.token_source = source;
    auto made = Account::create(*world.runtime, std::move(config));
    REQUIRE(made);
    account = *std::move(made);
    contact();
  }
  void contact() {
    const WallTime now = world.time->wall();
    REQUIRE(account->reply_ledger()->opened(kAlice, "message", now, now));
  }
  void answer(std::string body) {
    world.transport->on(kSendCall, [body](const HttpRequest&) { return WechatWorld::json_reply(body); });
  }
  Result<RawReply> raw() {
    return account->call(RawCall("POST", kSendCall, R"({"touser":")" + kAlice + R"(","msgtype":"text"})")).get();
  }
  ReplyWindow window() {
    world.time->advance(1ms);
    return account->reply_ledger()->look(kAlice, world.time->wall()).value();
  }
  int left() { return window().messages_left; }

  WechatWorld world;
  const std::shared_ptr<CarelessSource> source = std::make_shared<CarelessSource>();
  std::shared_ptr<Account> account;
};

}  // namespace

TEST_CASE("no spelling of the path and no form of the body gets a raw message past its gates") {
  kefu_test::WechatWorld world(AccountKind::mini_program);  // which cannot send a voice
  const auto refused = [&world](const std::string& path, const std::string& body) {
    world.transport->on(path,
                        [](const HttpRequest&) { return kefu_test::WechatWorld::json_reply(R"({"errcode":0})"); });
    const auto sent = world.account->call(RawCall("POST", path, body)).get();
    if (sent || world.transport->count(path) != 0) return std::string("sent");
    CHECK(sent.error().delivery() == Delivery::not_sent);
    return std::string(to_string(sent.error().kind()));
  };
  const std::string voice = R"({"touser":"oA","msgtype":"voice","voice":{"media_id":"m"}})";
  CHECK(refused(kSendCall, voice) == "unsupported");
  for (const char* path :
       {"//cgi-bin/message/custom/send", "/cgi-bin//message/custom/send", "/cgi-bin/message/custom/send/",
        "/cgi-bin/./message/custom/send", "/x/../cgi-bin/message/custom/send", "/cgi-bin/message/custom/%73end",
        "/cgi-bin/message/custom/send;x", "/cgi-bin/message/custom/send?x", "/cgi-bin/message/custom/send#x",
        "/cgi-bin/message/custom\\send", "/cgi-bin/message/custom/send ", "/"}) {
    CAPTURE(path);
    CHECK(refused(path, voice) == "bad_argument");
  }
  const std::string head = R"({"touser":"oA","msgtype":"voice","x":)";
  CHECK(refused(kSendCall, head + '"' + std::string(5 << 20, 'a') + "\"}") == "unsupported");
  CHECK(refused(kSendCall, head + std::string(70, '[') + std::string(70, ']') + "}") == "bad_argument");
  CHECK(refused(kSendCall, head) == "bad_argument");
  CHECK(refused(kSendCall, R"({"touser":"oA","msgtype":"text","msgtype":"voice"})") == "bad_argument");
  CHECK(refused(kSendCall, R"({"touser":"oA","touser":"oB","msgtype":"text"})") == "bad_argument");
}

TEST_CASE("foundation g: a send whose token source drops its answer costs no message") {
  Windows windows;
  windows.source->drops = true;
  for (int i = 0; i < 2; ++i) {
    const auto lost = windows.raw();
    REQUIRE_FALSE(lost);
    CHECK(lost.error().delivery() == Delivery::not_sent);
  }
  CHECK(windows.account->call(SendCustomMessage(kAlice, TextContent("x"))).get().has_value() == false);
  const auto lost = windows.account->send(Message(Address("", CustomerId(kAlice)), TextContent("x"))).get();
  CHECK_FALSE(lost);
  CHECK(windows.left() == 5);
}

TEST_CASE("WIN-1: raw, typed and sent messages take from one window, and what the platform refused comes back") {
  Windows windows;
  windows.answer(R"({"errcode":0,"errmsg":"ok"})");
  CHECK(windows.raw());
  CHECK(windows.account->call(SendCustomMessage(kAlice, TextContent("x"))).get());
  CHECK(windows.account->send(Message(Address("", CustomerId(kAlice)), TextContent("x"))).get());
  CHECK(windows.left() == 2);
  windows.answer(R"({"errcode":40007,"errmsg":"invalid media_id"})");
  CHECK_FALSE(windows.raw());
  CHECK_FALSE(windows.account->send(Message(Address("", CustomerId(kAlice)), TextContent("x"))).get());
  CHECK(windows.left() == 2);
  windows.answer(R"({"errcode":45047,"errmsg":"out of response count limit"})");
  CHECK_FALSE(windows.raw());
  CHECK(windows.window().closed_because == "messages used up");
  const auto before = windows.world.transport->count(kSendCall);
  CHECK(windows.raw().error().kind() == ErrorKind::window_closed);
  CHECK(windows.world.transport->count(kSendCall) == before);
}

TEST_CASE("WIN-3: a code that no table knows leaves the window unknown, and then the platform is asked") {
  Windows windows;
  windows.answer(R"({"errcode":49999,"errmsg":"something new"})");
  for (int i = 0; i < 7; ++i) {
    const auto sent = windows.account->send(Message(Address("", CustomerId(kAlice)), TextContent("x"))).get();
    REQUIRE_FALSE(sent);
    CHECK(sent.error().platform_code() == "49999");  // not our own word
    CHECK_FALSE(windows.window().known);
  }
  windows.world.time->advance(1s);
  windows.contact();
  CHECK(windows.left() == 5);
}
