#include "support/planted_secrets.hpp"
#include "support/vectors.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace kefu;

namespace {

constexpr char kCustomer[] = "oABC1234567890abcdefghijklmn";

/// An account and the platform's twin in one process and one simulated time; pushes go through the receiver into the
/// ledger, as a host without inbox would do it.
class World {
 public:
  explicit World(bool mini) : sandbox_(sandbox_options()) {
    sandbox::WechatApp app;
    app.appid = "wx00000000000000a1";
    app.secret = kefu_test::kPlantedAppSecret;
    app.original_id = "gh_0000000000a1";
    app.kind = mini ? sandbox::WechatKind::mini_program : sandbox::WechatKind::service;
    app.token = kefu_test::kPlantedPushToken;
    app.encoding_aes_key = kefu_test::kPlantedAesKey;
    REQUIRE(sandbox_.add(app).has_value());
    const auto known = sandbox_.control("POST", std::string("/customers/") + kCustomer,
                                        R"({"appid":")" + app.appid + R"(","following":true})");
    REQUIRE_MESSAGE(known.status == 200, known.body);

    RuntimeOptions options;
    options.clock = time_;
    options.scheduler = time_;
    options.executor = std::make_shared<InlineExecutor>();
    options.transport = sandbox_.transport(time_);
    auto runtime = Runtime::create(std::move(options));
    REQUIRE(runtime.has_value());
    runtime_ = std::make_unique<Runtime>(*std::move(runtime));

    wechat::AccountConfig config(app.appid, Secret(app.secret),
                                 mini ? wechat::AccountKind::mini_program : wechat::AccountKind::service_account);
    config.push.emplace(app.appid, wechat::PushKeys(Secret(app.token), Secret(app.encoding_aes_key)));
    config.push->original_id = app.original_id;
    auto account = wechat::Account::create(*runtime_, std::move(config));
    REQUIRE_MESSAGE(account.has_value(), (account ? "" : account.error().to_string()));
    account_ = *std::move(account);
    sandbox_.connect_webhook(
        app.appid,
        [this](sandbox::PushRequest request, MoveFunction<void(sandbox::PushReply)> answer) {
          const auto opened = account_->push_receiver()->open(
              WebhookRequest(request.method, request.path, request.raw_query, request.body), time_->wall());
          REQUIRE_MESSAGE(opened.outcome == OpenedPush::Outcome::event, opened.detail);
          CHECK(account_->reply_ledger()->note(opened.event).has_value());
          ++pushes_;
          answer(sandbox::PushReply(200, account_->push_receiver()->acknowledge().body));
        },
        time_);
  }

  void event(const std::string& name) {
    const char* act = name == "user_text"                ? "text"
                      : name == "subscribe"              ? "follow"
                      : name == "unsubscribe"            ? "unfollow"
                      : name == "user_enter_tempsession" ? "enter"
                                                         : nullptr;
    REQUIRE(act != nullptr);
    const int before = pushes_;
    const auto done = sandbox_.customer_does(account_->id(), kCustomer, act, R"({"content":"在吗"})");
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
    time_->advance(Millis(0));
    REQUIRE(pushes_ == before + 1);
  }

  void go_to(std::int64_t second) {
    const Millis ahead = std::chrono::seconds(second) - time_->elapsed();
    if (ahead.count() > 0) time_->advance(ahead);
  }

  Result<Receipt> send() {
    return account_->send(Message(Address("", CustomerId(kCustomer)), TextContent("您好"))).get();
  }
  std::uint64_t sends_at_platform() const { return sandbox_.calls("/cgi-bin/message/custom/send"); }
  std::size_t received() const { return sandbox_.messages(account_->id(), kCustomer).size(); }
  wechat::Account& account() { return *account_; }
  sandbox::SimulatedTime& time() { return *time_; }

 private:
  sandbox::SandboxOptions sandbox_options() {
    sandbox::SandboxOptions options;
    options.clock = time_;
    return options;
  }

  std::shared_ptr<sandbox::SimulatedTime> time_ = std::make_shared<sandbox::SimulatedTime>();
  sandbox::Sandbox sandbox_;
  std::unique_ptr<Runtime> runtime_;
  std::shared_ptr<wechat::Account> account_;
  int pushes_ = 0;
};

}  // namespace

TEST_CASE("WIN-1 WIN-2: the published window sequences, with pushes and sends through the twin") {
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  for (const auto& sequence : vectors.root()["window_sequences"]) {
    const std::string name(sequence.value["name"].text());
    CAPTURE(name);
    World world(sequence.value["account_kind"].text() == "mini");
    std::uint64_t accepted = 0;
    for (const auto& entry : sequence.value["steps"]) {
      const detail::Value step = entry.value;
      const auto second = step["t"].integer().value_or(0);
      CAPTURE(second);
      world.go_to(second);
      if (step["event"]) {
        world.event(std::string(step["event"].text()));
        continue;
      }
      const auto before = world.sends_at_platform();
      const auto sent = world.send();
      if (step["expect"].text() == "0") {
        REQUIRE_MESSAGE(sent.has_value(), (sent ? "" : sent.error().to_string()));
        if (step["remain_after"]) CHECK(sent->messages_left == step["remain_after"].integer());
        CHECK(world.received() == ++accepted);
        continue;
      }
      REQUIRE(!sent);
      CHECK(sent.error().kind() == ErrorKind::window_closed);
      // What the ledger knows is refused before it costs a call; of a stranger nothing is known.
      const bool stranger = name == "no_interaction";
      CHECK(world.sends_at_platform() - before == (stranger ? 1u : 0u));
      CHECK(sent.error().delivery() == (stranger ? Delivery::refused : Delivery::not_sent));
    }
  }
}

TEST_CASE("WIN-3: what the platform answered corrects the ledger") {
  World world(false);
  REQUIRE(!world.send());  // a stranger: 45015 of the platform
  const auto calls = world.sends_at_platform();
  const auto again = world.send();
  REQUIRE(!again);
  CHECK(again.error().kind() == ErrorKind::window_closed);
  CHECK(again.error().delivery() == Delivery::not_sent);
  CHECK(world.sends_at_platform() == calls);
  world.event("user_text");
  CHECK(world.send().has_value());
}

TEST_CASE("MSG-1 WIN-1: every part of a split text is counted, and all parts or none are sent") {
  World world(false);
  world.event("user_text");
  Message message(Address("", CustomerId(kCustomer)), TextContent(std::string(5000, 'a')));
  auto refused = world.account().send(message).get();
  REQUIRE(!refused);
  CHECK(refused.error().kind() == ErrorKind::bad_argument);
  message.allow.split_text = true;
  auto sent = world.account().send(message).get();
  REQUIRE_MESSAGE(sent.has_value(), (sent ? "" : sent.error().to_string()));
  CHECK(sent->parts.size() == 3);
  CHECK(sent->messages_left == 2);
  CHECK(sent->changes.size() == 1);
  const auto calls = world.sends_at_platform();
  auto too_many = world.account().send(message).get();
  REQUIRE(!too_many);
  CHECK(too_many.error().kind() == ErrorKind::window_closed);
  CHECK(too_many.error().details().parts_delivered == 0);
  CHECK(world.sends_at_platform() == calls);
  CHECK(world.send().has_value());
}

TEST_CASE("MSG-3: raw and typed calls of the send API pass the same window") {
  World world(false);
  world.event("user_text");
  const auto raw = [&] {
    return world.account()
        .call(RawCall("POST", "/cgi-bin/message/custom/send",
                      std::string(R"({"touser":")") + kCustomer + R"(","msgtype":"text","text":{"content":"raw"}})"))
        .get();
  };
  CHECK(raw().has_value());
  CHECK(world.account().call(wechat::SendCustomMessage(kCustomer, TextContent("typed"))).get().has_value());
  for (int i = 0; i < 3; ++i) CHECK(raw().has_value());
  const auto calls = world.sends_at_platform();
  const auto sixth = raw();
  REQUIRE(!sixth);
  CHECK(sixth.error().kind() == ErrorKind::window_closed);
  CHECK(world.account().call(wechat::SendCustomMessage(kCustomer, TextContent("x"))).get().error().kind() ==
        ErrorKind::window_closed);
  CHECK(world.sends_at_platform() == calls);
}

TEST_CASE("MSG-2: what a mini program cannot send is refused here or made simpler, and said") {
  World world(true);
  world.event("user_text");
  MenuContent menu("满意吗？", {MenuContent::Item("1", "满意"), MenuContent::Item("2", "不满意")});
  Message message(Address("", CustomerId(kCustomer)), menu);
  const auto refused = world.account().send(message).get();
  REQUIRE(!refused);
  CHECK(refused.error().kind() == ErrorKind::unsupported);
  message.allow = Adaptation::any();
  const auto sent = world.account().send(message).get();
  REQUIRE_MESSAGE(sent.has_value(), (sent ? "" : sent.error().to_string()));
  CHECK(sent->changes.size() == 1);
  const auto typed = world.account().call(wechat::SendCustomMessage(kCustomer, VoiceContent("media"))).get();
  REQUIRE(!typed);
  CHECK(typed.error().kind() == ErrorKind::unsupported);
}
