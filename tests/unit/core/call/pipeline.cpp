#include "core/call/pipeline.hpp"

#include "support/simulated_core.hpp"
#include "support/test_platform.hpp"

#include <kefu/core/client.hpp>

#include <doctest/doctest.h>

using namespace kefu;
using kefu_test::ReadThing;
using kefu_test::SendThing;

namespace {

/// One account over a scripted wire.
struct Account : kefu_test::SimulatedCore {
  Account() : Account(std::make_shared<kefu_test::TestPlatform>()) {}
  explicit Account(std::shared_ptr<kefu_test::TestPlatform> p)
      : platform(std::move(p)), pipeline(std::make_shared<detail::Pipeline>(core, platform)), client(pipeline) {}
  // Steps that a test still holds own their calls.
  ~Account() {
    platform->held_gates.clear();
    platform->held_authorizations.clear();
    platform->held_renewals.clear();
  }

  Result<ReadThing::Response> read(CallOptions options = {}) { return client.call(ReadThing("7"), options).get(); }
  Result<NoContent> send(CallOptions options = {}) { return client.call(SendThing("oA", "hi"), options).get(); }

  const std::shared_ptr<kefu_test::TestPlatform> platform;
  const std::shared_ptr<detail::Pipeline> pipeline;
  const ApiClient client;
};

CallOptions within(Millis timeout) {
  CallOptions options;
  options.timeout = timeout;
  return options;
}

HttpReply http(int status, std::string body, HttpFields headers = {}) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  reply.headers = std::move(headers);
  return reply;
}

const char* const kFine = R"({"errcode":0,"errmsg":"ok","name":"lamp"})";
const char* const kBusy = R"({"errcode":-1,"errmsg":"system busy rid: 1-2-3"})";
const char* const kStale = R"({"errcode":40001,"errmsg":"invalid credential"})";

}  // namespace

TEST_CASE("a call passes all steps in order and gives its response") {
  Account a;
  a.wire->reply(kFine);
  const auto thing = a.read();
  REQUIRE(thing);
  CHECK(thing->name == "lamp");
  const HttpRequest request = a.wire->last();
  CHECK(request.method == "GET");
  CHECK(request.base == "https://api.example.test");
  CHECK(request.path == "/thing");
  CHECK(request.query == HttpFields{{"id", "7"}, {"access_token", "token1"}});
  CHECK(request.headers == HttpFields{{"signed-at", "1700000000"}});
  CHECK(request.repeatable);
  CHECK(a.platform->settled == std::vector<std::string>{"ok"});
}

TEST_CASE("a create carries its body as JSON and is marked as not repeatable") {
  Account a;
  a.wire->reply(R"({"errcode":0})");
  REQUIRE(a.send());
  CHECK(a.wire->last().body == R"({"touser":"oA","msgtype":"text","text":{"content":"hi"}})");
  CHECK_FALSE(a.wire->last().repeatable);
  CHECK(a.platform->gated_bodies.front() == a.wire->last().body);
}

TEST_CASE("a request that is wrong is refused before the gate, with field, size and limit") {
  Account a;
  const auto result = a.client.call(ReadThing("12345678901234567")).get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::bad_argument);
  CHECK(result.error().delivery() == Delivery::not_sent);
  CHECK(result.error().message() == "id is 17 bytes, at most 16");
  CHECK(result.error().details().operation == "test.thing.read");
  const auto empty = a.client.call(SendThing("oA", "")).get();
  CHECK(empty.error().message() == "text.content is empty, but required");
  CHECK(a.platform->gated_bodies.empty());
  CHECK(a.wire->count() == 0);
}

TEST_CASE("ERR-1, ERR-2: a code is an error with everything the platform said") {
  Account a;
  a.wire->reply(R"({"errcode":"45015","errmsg":"response out of time limit rid: 5f3ded7d-1-2"})");
  const auto result = a.send();
  REQUIRE_FALSE(result);
  const Error& error = result.error();
  CHECK(error.kind() == ErrorKind::window_closed);
  CHECK(error.delivery() == Delivery::refused);
  CHECK(error.platform_code() == "45015");
  CHECK(error.details().platform_message == "response out of time limit rid: 5f3ded7d-1-2");
  CHECK(error.details().request_id == "5f3ded7d-1-2");
  CHECK(error.details().http_status == 200);
  CHECK(error.details().attempts == 1);
  CHECK(error.message() == "wait for the customer");
  CHECK(a.platform->settled == std::vector<std::string>{"refused"});
}

TEST_CASE("ERR-1: a code that users ignore is a success and shown to the observer") {
  Account a;
  const auto seen = a.observe();
  a.platform->condition = "typing";
  a.wire->reply(R"({"errcode":45081})");
  CHECK(a.send());
  CHECK(seen->count("kefu_ignored_codes_total{platform=test,operation=test.thing.send,code=45081}") == 1);
  a.platform->condition.clear();
  a.wire->reply(R"({"errcode":45081})");
  CHECK(a.send().error().kind() == ErrorKind::conflict);
}

TEST_CASE("ERR-2: an unknown code gives up: refused for a read, unknown for a send") {
  Account a;
  a.wire->reply(R"({"errcode":99999})").reply(R"({"errcode":99999})").reply(http(502, R"({"errcode":99999})"));
  const auto read = a.read();
  CHECK(read.error().kind() == ErrorKind::internal);
  CHECK(read.error().delivery() == Delivery::refused);
  const auto send = a.send();
  CHECK(send.error().kind() == ErrorKind::internal);
  CHECK(send.error().delivery() == Delivery::unknown);
  CHECK(a.wire->count() == 2);
  const auto gateway = a.send();
  CHECK(gateway.error().kind() == ErrorKind::unavailable);
  CHECK(gateway.error().delivery() == Delivery::unknown);
  CHECK(gateway.error().platform_code() == "99999");
}

TEST_CASE("NET-5: busy is repeated up to three times after 1, 2 and 4 seconds, sends included") {
  Account a;
  a.wire->reply(kBusy).reply(kBusy).reply(kBusy).reply(R"({"errcode":0})");
  REQUIRE(a.send());
  CHECK(a.time->elapsed() == Millis(7000));
  CHECK(a.wire->count() == 4);
  CHECK(a.platform->authorized == 4);
  // Each attempt is signed anew and carries the credential once.
  CHECK(a.wire->last().query == HttpFields{{"access_token", "token1"}});
  CHECK(a.wire->last().headers.back().second == "1700000007");

  a.wire->reply(kBusy).reply(kBusy).reply(kBusy).reply(kBusy).reply(kFine);
  const auto failed = a.send();
  CHECK(failed.error().kind() == ErrorKind::unavailable);
  CHECK(failed.error().delivery() == Delivery::refused);
  CHECK(failed.error().details().attempts == 4);
  CHECK(a.wire->left() == 1);
}

TEST_CASE("NET-4: it never sleeps towards a sure timeout") {
  Account a;
  a.wire->reply(kBusy).reply(kBusy).reply(kFine);
  const auto result = a.read(within(Millis(2500)));
  CHECK(result.error().kind() == ErrorKind::unavailable);
  CHECK(result.error().details().attempts == 2);
  CHECK(a.time->elapsed() == Millis(1000));
}

TEST_CASE("a Retry-After is the least pause, of a read only") {
  Account a;
  a.wire->reply(http(503, "", {{"retry-after", "30"}})).reply(kFine);
  CHECK(a.read());
  CHECK(a.time->elapsed() == Millis(30'000));
  a.wire->reply(http(429, "slow down", {{"retry-after", "90"}}));
  const auto result = a.read();
  CHECK(result.error().kind() == ErrorKind::rate_limited);
  CHECK(result.error().details().retry_after == Millis(90'000));
  CHECK(a.time->elapsed() == Millis(30'000));
}

TEST_CASE("a create is never repeated while its delivery is unknown, whatever happened before") {
  Account a;
  a.wire->reply(kBusy).reply(http(502, "<html>bad gateway</html>")).reply(kFine);
  const auto result = a.send();
  CHECK(result.error().kind() == ErrorKind::unavailable);
  CHECK(result.error().delivery() == Delivery::unknown);
  CHECK(result.error().details().http_status == 502);
  CHECK(a.wire->count() == 2);
}

TEST_CASE("what is known of all attempts decides the delivery, not the last one alone") {
  Account a;
  a.wire->reply(kBusy).fault(TransportFault::connection_refused).fault(TransportFault::connection_refused);
  a.wire->fault(TransportFault::connection_refused);
  const auto result = a.send();
  CHECK(result.error().kind() == ErrorKind::network);
  CHECK(result.error().delivery() == Delivery::refused);
}

TEST_CASE("TOK-4: a refused token is renewed once and the call repeated once") {
  Account a;
  a.wire->reply(kStale).reply(R"({"errcode":0})");
  REQUIRE(a.send());
  CHECK(a.platform->renewed == 1);
  CHECK(a.wire->last().query == HttpFields{{"access_token", "token2"}});
  a.wire->reply(kStale).reply(kStale).reply(kFine);
  const auto result = a.send();
  CHECK(result.error().kind() == ErrorKind::credentials_refused);
  CHECK(result.error().platform_code() == "40001");
  CHECK(result.error().details().attempts == 2);
  CHECK(a.platform->renewed == 2);
  CHECK(a.wire->left() == 1);
}

TEST_CASE("a call that carried no credential renews none") {
  Account a;
  a.platform->token = 0;
  a.wire->reply(kStale).reply(kFine);
  CHECK(a.read().error().kind() == ErrorKind::credentials_refused);
  CHECK(a.platform->renewed == 0);
  CHECK(a.wire->left() == 1);
}

TEST_CASE("what a step before sending knows of the delivery is kept, parts of another call are not") {
  Account a;
  ErrorDetails details;
  details.parts_delivered = 2;
  a.platform->gate_error = Error(ErrorKind::unavailable, Delivery::unknown, details);
  CHECK(a.send().error().delivery() == Delivery::unknown);
  a.platform->gate_error.reset();
  a.platform->authorize_error = Error(ErrorKind::unavailable, Delivery::unknown, details);
  const auto result = a.send();
  CHECK(result.error().delivery() == Delivery::not_sent);
  CHECK(result.error().details().parts_delivered == 0);
}

TEST_CASE("a call whose token cannot be fetched carries that failure with its own delivery") {
  Account a;
  ErrorDetails details;
  details.platform_code = "40164";
  details.platform_message = "invalid ip 1.2.3.4";
  details.message = "the address is not on the list";
  details.operation = "test.token";
  const Error refusal(ErrorKind::configuration, Delivery::refused, details);
  a.platform->authorize_error = refusal;
  auto result = a.send();
  CHECK(result.error().kind() == ErrorKind::configuration);
  CHECK(result.error().platform_code() == "40164");
  CHECK(result.error().delivery() == Delivery::not_sent);
  CHECK(result.error().details().operation == "test.thing.send");
  CHECK(result.error().details().attempts == 0);

  a.platform->authorize_error.reset();
  a.platform->renew_error = refusal;
  a.wire->reply(kStale);
  result = a.send();
  CHECK(result.error().kind() == ErrorKind::configuration);
  CHECK(result.error().delivery() == Delivery::refused);
  CHECK(a.wire->count() == 1);
}

TEST_CASE("a success that lacks a required field is no success, and not repeated") {
  Account a;
  a.wire->reply(R"({"errcode":0,"nickname":"lamp"})").reply(kFine);
  const auto result = a.read();
  CHECK(result.error().kind() == ErrorKind::malformed_reply);
  CHECK(result.error().delivery() == Delivery::unknown);
  CHECK(result.error().message().find("name is missing") != std::string::npos);
  CHECK(a.wire->count() == 1);
}

TEST_CASE("the gate's refusal costs no call and is answered with the operation's name") {
  Account a;
  a.platform->gate_error = Error(ErrorKind::window_closed, "no message since 48 hours");
  const auto result = a.send();
  CHECK(result.error().kind() == ErrorKind::window_closed);
  CHECK(result.error().details().operation == "test.thing.send");
  CHECK(a.platform->authorized == 0);
  CHECK(a.wire->count() == 0);
}

TEST_CASE("the platform's text is cut and what looks like a credential in it is masked (SEC-1)") {
  Account a;
  const std::string token(120, 'x');
  a.wire->reply(R"({"errcode":45015,"errmsg":"access_token=)" + token + " " + std::string(600, '.') + "\"}");
  const auto result = a.send();
  CHECK(result.error().details().platform_message.size() <= 512);
  CHECK(result.error().details().platform_message.find("xxxx") == std::string::npos);
}

TEST_CASE("a timeout of zero or less answers timeout, one over an hour is refused") {
  Account a;
  CHECK(a.read(within(Millis(0))).error().kind() == ErrorKind::timeout);
  CHECK(a.read(within(Millis(-5))).error().kind() == ErrorKind::timeout);
  CHECK(a.read(within(std::chrono::hours(2))).error().kind() == ErrorKind::bad_argument);
  CHECK(a.wire->count() == 0);
}

TEST_CASE("cancel and deadline end a call in every step that waits") {
  enum Where { gate, authorize, renew, pause, limit, wire };
  for (const Where where : {gate, authorize, renew, pause, limit, wire}) {
    for (const bool by_deadline : {false, true}) {
      CAPTURE(where);
      CAPTURE(by_deadline);
      auto platform = std::make_shared<kefu_test::TestPlatform>();
      platform->hold_gate = where == gate;
      platform->hold_authorize = where == authorize;
      platform->hold_renew = where == renew;
      if (where == limit)
        platform->rules.emplace_back("send", std::vector<detail::LimitWindow>{{1, std::chrono::seconds(8)}});
      Account a(platform);
      Delivery expected = Delivery::not_sent;
      if (where == limit) {
        a.wire->reply(R"({"errcode":0})");
        REQUIRE(a.send());
      }
      if (where == renew) a.wire->reply(kStale), expected = Delivery::refused;
      if (where == pause) a.wire->reply(kBusy), expected = Delivery::refused;
      if (where == wire) a.wire->silence(), expected = Delivery::unknown;
      const Millis timeout = by_deadline ? Millis(where == pause ? 1500 : 9000) : Millis(20'000);
      if (where == pause && by_deadline) a.wire->silence(), expected = Delivery::unknown;
      if (where == limit && by_deadline) continue;  // a test of its own below

      CancelSource stop;
      CallOptions options = within(timeout);
      options.cancel = stop.token();
      std::optional<Result<NoContent>> answer;
      a.client.call(SendThing("oA", "hi"), options).then([&](Result<NoContent> r) { answer.emplace(std::move(r)); });
      a.time->run_ready();
      const Millis before = a.time->elapsed();
      if (!by_deadline) {
        CHECK_FALSE(answer);
        stop.request();
        a.time->run_ready();
        CHECK(a.time->elapsed() == before);
      } else {
        a.time->advance(timeout);
      }
      REQUIRE(answer);
      REQUIRE_FALSE(*answer);
      CHECK(answer->error().kind() == (by_deadline ? ErrorKind::timeout : ErrorKind::cancelled));
      CHECK(answer->error().delivery() == expected);
      if (where != gate) CHECK(a.platform->settled.back() == to_string(expected));
      // The step that comes back too late finds the call over; the gate's permit goes back.
      for (auto& done : a.platform->held_gates)
        done(std::unique_ptr<detail::Platform::Permit>(new detail::Platform::Permit));
      for (auto& done : a.platform->held_authorizations) done(detail::CredentialTag{});
      for (auto& done : a.platform->held_renewals) done({});
      a.time->run_ready();
      if (where == gate) CHECK(a.platform->settled == std::vector<std::string>{"not_sent"});
      CHECK(a.time->waiting() == (where == limit ? 1 : 0));  // the queue wakes once more and finds nobody
    }
  }
}

TEST_CASE("dropping the Pending cancels; detaching does not") {
  Account a;
  a.wire->silence().reply(R"({"errcode":0})");
  { auto pending = a.client.call(SendThing("oA", "hi")); }
  a.time->run_ready();
  CHECK(a.wire->count() == 0);
  {
    auto pending = a.client.call(SendThing("oA", "hi"));
    a.time->run_ready();
    CHECK(a.wire->count() == 1);
  }
  a.time->run_ready();
  CHECK(a.platform->settled.back() == "unknown");
  a.client.call(SendThing("oA", "hi")).detach();
  a.time->advance(Millis(100));
  CHECK(a.platform->settled.back() == "ok");
}

TEST_CASE("a runtime that stops answers every call, wherever it is") {
  std::vector<ErrorKind> kinds;
  std::vector<Delivery> deliveries;
  const auto keep = [&](Result<NoContent> result) {
    kinds.push_back(result.error().kind());
    deliveries.push_back(result.error().delivery());
  };
  {
    Account a;
    a.core->executor = std::make_shared<InlineExecutor>();
    a.wire->silence();
    a.client.call(SendThing("oA", "on the wire")).then(keep);
    a.time->run_ready();
    a.wire->reply(kBusy);
    a.client.call(SendThing("oA", "pausing")).then(keep);
    a.time->run_ready();
    a.platform->hold_authorize = true;
    a.client.call(SendThing("oA", "waiting for a token")).then(keep);
    a.time->run_ready();
    a.client.call(SendThing("oA", "not begun")).then(keep);
    a.core->stop();
    a.platform->held_authorizations.clear();
    a.wire.get();
    CHECK(a.send().error().kind() == ErrorKind::cancelled);
  }
  REQUIRE(kinds.size() == 4);
  for (const ErrorKind kind : kinds) CHECK(kind == ErrorKind::cancelled);
  std::sort(deliveries.begin(), deliveries.end());
  CHECK(deliveries ==
        std::vector<Delivery>{Delivery::not_sent, Delivery::not_sent, Delivery::refused, Delivery::unknown});
}

TEST_CASE("a removed account answers waiting and later calls with cancelled") {
  Account a;
  a.platform->hold_authorize = true;
  std::optional<Result<NoContent>> answer;
  a.client.call(SendThing("oA", "hi")).then([&](Result<NoContent> r) { answer.emplace(std::move(r)); });
  a.time->run_ready();
  CHECK_FALSE(answer);
  a.pipeline->close();
  a.time->run_ready();
  REQUIRE(answer);
  CHECK(answer->error().kind() == ErrorKind::cancelled);
  CHECK(a.read().error().kind() == ErrorKind::cancelled);
}

TEST_CASE("the limiter lets calls through in order and refuses at once what cannot come in time") {
  auto platform = std::make_shared<kefu_test::TestPlatform>();
  platform->rules.emplace_back("send", std::vector<detail::LimitWindow>{{2, std::chrono::seconds(16)}});
  Account a(platform);
  std::vector<std::pair<int, Millis>> done;
  for (int i = 0; i < 6; ++i) {
    a.wire->reply(R"({"errcode":0})");
    CallOptions options = within(Millis(60'000));
    a.client.call(SendThing("oA", std::to_string(i)), options).then([&, i](Result<NoContent> r) {
      CHECK(r);
      done.emplace_back(i, a.time->elapsed());
    });
  }
  const auto late = a.send(within(Millis(20'000)));
  CHECK(late.error().kind() == ErrorKind::rate_limited);
  CHECK(late.error().delivery() == Delivery::not_sent);
  CHECK(late.error().details().retry_after.value() >= Millis(32'000));
  CHECK(a.time->elapsed() < Millis(1000));
  a.time->advance(Millis(60'000));
  REQUIRE(done.size() == 6);
  for (int i = 0; i < 6; ++i) CHECK(done[static_cast<std::size_t>(i)].first == i);
  CHECK(done[1].second == Millis(0));
  CHECK(done[2].second == Millis(17'000));
  CHECK(done[4].second == Millis(34'000));
  CHECK(a.wire->count() == 6);
}

TEST_CASE("WIN-4: a used-up API is shut until a call that tries finds it open, others go on") {
  Account a;  // 2023-11-15 06:13:20 in China
  const auto seen = a.observe();
  a.wire->reply(R"({"errcode":45009})").reply(kFine).reply(R"({"errcode":0})");
  CHECK(a.send().error().kind() == ErrorKind::quota_exhausted);
  const auto local = a.send();
  CHECK(local.error().kind() == ErrorKind::quota_exhausted);
  CHECK(local.error().delivery() == Delivery::not_sent);
  CHECK(local.error().platform_code() == "45009");
  CHECK(local.error().details().retry_after == Millis(60'000));
  CHECK(a.wire->count() == 1);
  CHECK(a.read());
  a.time->advance(*local.error().details().retry_after);
  CHECK(a.send());
  CHECK(seen->count("kefu_api_stops_total{platform=test,account=app1,api=test.thing.send,code=45009}") == 1);
}

TEST_CASE("WIN-4: the observer hears when a day's allowance runs out") {
  auto platform = std::make_shared<kefu_test::TestPlatform>();
  platform->rules.emplace_back("send", std::vector<detail::LimitWindow>{{2, std::chrono::hours(24)}});
  Account a(platform);
  const auto seen = a.observe();
  for (int i = 0; i < 2; ++i) {
    a.wire->reply(R"({"errcode":0})");
    CHECK(a.send());
  }
  CHECK(seen->count("quota.level{platform=test,account=app1,bucket=send,percent=100} 2 of 2 calls") == 1);
  CHECK(a.send().error().kind() == ErrorKind::rate_limited);
}

TEST_CASE("a raw call takes the same way: token, codes, repeats, an empty body as {}") {
  Account a;
  a.wire->reply(R"({"errcode":0,"x":[1]})");
  const auto reply = a.client.call(RawCall("POST", "/cgi-bin/new/api")).get();
  REQUIRE(reply);
  CHECK(reply->body == R"({"errcode":0,"x":[1]})");
  CHECK(reply->http_status == 200);
  CHECK(a.wire->last().body == "{}");
  CHECK(a.wire->last().query.back().first == "access_token");

  RawCall get("GET", "/cgi-bin/list", "", Effect::read);
  get.query.emplace_back("next", "a b&c");
  a.wire->reply(kBusy).reply(kFine);
  REQUIRE(a.client.call(get).get());
  CHECK(a.wire->last().query.front() == std::pair<std::string, std::string>("next", "a b&c"));

  a.wire->reply(http(502, "<html>"));
  const auto doubtful = a.client.call(RawCall("POST", "/x", "{}")).get();
  CHECK(doubtful.error().delivery() == Delivery::unknown);
  CHECK(doubtful.error().details().operation == "raw:/x");

  CHECK(a.client.call(RawCall("PUT", "/x")).get().error().kind() == ErrorKind::bad_argument);
  struct Wrong {
    const char* path;
    const char* said;
  };
  for (const Wrong& one : {Wrong{"", "is empty"}, Wrong{"x", "must begin with '/'"}, Wrong{"/x?a=1", "a '?'"},
                           Wrong{"/x y", "a character that"}, Wrong{"/x\r\nhost: y", "a character that"},
                           Wrong{"/x%2Fy", "a character that"}, Wrong{"/x/", "ends with '/'"}, Wrong{"/x//y", "\"//\""},
                           Wrong{"/../x", "begins with '.'"}}) {
    CAPTURE(one.path);
    const auto refused = a.client.call(RawCall("POST", one.path)).get();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == ErrorKind::bad_argument);
    CHECK_MESSAGE(refused.error().message().find(one.said) != std::string::npos, refused.error().message());
  }
  CHECK(a.client.call(RawCall("POST", "/x?access_token=1")).get().error().kind() == ErrorKind::bad_argument);
  CHECK(a.client.call(RawCall("GET", "/x", "{}")).get().error().kind() == ErrorKind::bad_argument);
}

TEST_CASE("OBS-1: calls, attempts and repeats are counted and spanned under stable names") {
  Account a;
  const auto seen = a.observe();
  a.wire->reply(kBusy).reply(kFine).reply(R"({"errcode":45015,"errmsg":"out of time"})");
  REQUIRE(a.read());
  CHECK_FALSE(a.send());
  CHECK(seen->count("kefu_calls_total{platform=test,account=app1,operation=test.thing.read,outcome=ok,code=}") == 1);
  CHECK(seen->count("kefu_calls_total{platform=test,account=app1,operation=test.thing.send,outcome=window_closed,"
                    "code=45015}") == 1);
  CHECK(seen->count("kefu_attempts_total{") == 3);
  CHECK(seen->count("kefu_repeats_total{platform=test,operation=test.thing.read,reason=backoff}") == 1);
  CHECK(seen->count("kefu_call_seconds{") == 2);
  CHECK(seen->count("kefu.call{") == 2);
  CHECK(seen->count("kefu.attempt{") == 3);
  CHECK(seen->count("call.failed{operation=test.thing.send,kind=window_closed,delivery=refused,code=45015") == 1);
  CHECK(seen->all().find("token1") == std::string::npos);
}
