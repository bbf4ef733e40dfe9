// foundation g, through the public interface of an account: a token source that drops its answer, a download's receiver
// that throws.
#include "support/simulated_core.hpp"

#include <kefu/core/client.hpp>
#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>

using namespace kefu;

namespace {

struct OddTokens final : TokenSource {
  using Done = MoveFunction<void(Result<Secret>)>;
  void get(Done done) override { act(std::move(done)); }
  void report_invalid(const Secret&, MoveFunction<void(Result<void>)> done) override { done({}); }
  std::function<void(Done)> act = [](Done done) { done(Secret("tok")); };
};

struct OddWorld {
  OddWorld() {
    RuntimeOptions options;
    options.observer = seen;
    options.clock = time;
    options.scheduler = time;
    options.transport = wire;
    runtime = std::make_unique<Runtime>(*Runtime::create(std::move(options)));
    wechat::AccountConfig config("wx0123456789abcdef", Secret(), wechat::AccountKind::service_account);
    config.token_source = tokens;
    config.check_account_kind = false;
    auto made = wechat::Account::create(*runtime, std::move(config));
    REQUIRE(made);
    account = *std::move(made);
  }
  Result<RawReply> send() {
    return account->client()
        .call(RawCall("POST", "/cgi-bin/message/custom/send",
                      R"({"touser":"alice","msgtype":"text","text":{"content":"x"}})"))
        .get();
  }
  int left() {
    time->run_ready();
    return account->reply_ledger()->look("alice", time->wall())->messages_left;
  }

  const std::shared_ptr<sandbox::SimulatedTime> time = std::make_shared<sandbox::SimulatedTime>();
  const std::shared_ptr<sandbox::ScriptedTransport> wire = std::make_shared<sandbox::ScriptedTransport>(time);
  const std::shared_ptr<kefu_test::RecordingObserver> seen = std::make_shared<kefu_test::RecordingObserver>();
  const std::shared_ptr<OddTokens> tokens = std::make_shared<OddTokens>();
  std::unique_ptr<Runtime> runtime;
  std::shared_ptr<wechat::Account> account;
};

}  // namespace

TEST_CASE("foundation g: a message reserved for a call without a token is given back") {
  OddWorld w;
  REQUIRE(w.account->reply_ledger()->opened("alice", "message", w.time->wall(), w.time->wall()));
  REQUIRE(w.left() == 5);
  for (const char* how : {"dropped at once", "dropped later", "thrown"}) {
    CAPTURE(how);
    const std::string way = how;
    w.tokens->act = [way, time = w.time](OddTokens::Done done) {
      if (way == "thrown") throw std::runtime_error("the service is down");
      if (way == "dropped later")
        time->run_at(time->mono() + Millis(50), [done = std::move(done)]() mutable { done = nullptr; });
    };
    const auto result = w.send();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == (way == "thrown" ? ErrorKind::internal : ErrorKind::cancelled));
    CHECK(result.error().delivery() == Delivery::not_sent);
    CHECK(w.left() == 5);
  }
  CHECK(w.seen->count("kefu_host_faults_total{seam=TokenSource::get,fault=dropped}") == 2);
  w.tokens->act = [](OddTokens::Done done) { done(Secret("tok")); };
  w.wire->reply(R"({"errcode":0})");
  CHECK(w.send());
  CHECK(w.left() == 4);
}

TEST_CASE("foundation g: a download whose receiver throws ends with an error, whatever the file begins with") {
  for (const char* body : {"{no JSON", "\x89PNG", "no picture"}) {
    CAPTURE(body);
    OddWorld w;
    HttpReply reply;
    reply.status = 200;
    reply.headers.emplace_back("content-type", "image/svg+xml");
    reply.body = body;
    w.wire->reply(std::move(reply));
    const auto throws = [](std::string_view) -> bool { throw std::runtime_error("disk full"); };
    const auto result = w.account->media_library()->download(MediaDownload("abc", MediaTarget::receiver(throws))).get();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == ErrorKind::internal);
    CHECK(result.error().message().find("MediaTarget::receiver threw: disk full") != std::string::npos);
  }
}
