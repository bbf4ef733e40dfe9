#include "core/async/runtime_core.hpp"
#include "unit/sandbox/wechat/case.hpp"

#include <kefu/core/runtime.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>

using kefu::Millis;
using kefu::TransportFault;
using kefu_test::WechatCase;

TEST_CASE("faults of the wire are the transport faults that a client would see") {
  const std::pair<const char*, TransportFault> cases[] = {
      {"reset_before_reply", TransportFault::reset_before_reply},
      {"close_without_reply", TransportFault::closed_without_reply},
      {"reset_inside_reply", TransportFault::reset_inside_reply},
      {"close_inside_reply", TransportFault::reset_inside_reply},
      {"half_headers", TransportFault::reset_inside_reply},
      {"length_too_long", TransportFault::reset_inside_reply},
      {"stall_inside_reply", TransportFault::timeout_inside_reply},
      {"late_reply", TransportFault::timeout_after_send},
      {"huge_body", TransportFault::reply_too_large},
      {"reset_while_sending", TransportFault::connection_lost_while_sending},
  };
  for (const auto& [name, fault] : cases) {
    WechatCase test;
    REQUIRE(test.sandbox.switch_on(kefu::sandbox::FaultSwitch(name)).has_value());
    const std::string label = name;
    INFO(label);
    const auto answer = test.classic();
    REQUIRE(answer.fault.has_value());
    CHECK(*answer.fault == fault);
    CHECK_FALSE(test.classic().fault.has_value());
    CHECK(test.time->waiting() == 0);
  }
}

TEST_CASE("latency passes in scheduler time, deadlines and cancelling end a call") {
  WechatCase test;
  kefu::sandbox::FaultSwitch slow("latency");
  slow.delay = Millis(3'000);
  REQUIRE(test.sandbox.switch_on(slow).has_value());
  CHECK(test.classic().code == 0);
  CHECK(test.time->elapsed() == Millis(3'000));
  REQUIRE(test.sandbox.switch_on(slow).has_value());
  const auto late = test.call("GET", "/cgi-bin/token", {}, "", Millis(1'000));
  CHECK(late.fault == TransportFault::timeout_after_send);
  CHECK(test.time->elapsed() == Millis(4'000));
  CHECK(test.call("GET", "/cgi-bin/token", {}, "", Millis(0)).fault == TransportFault::deadline_before_sending);
  kefu::CancelSource source;
  source.request();
  CHECK(test.call("GET", "/cgi-bin/token", {}, "", Millis(1'000), source.token()).fault ==
        TransportFault::cancelled_before_sending);
  kefu::CancelSource later;
  REQUIRE(test.sandbox.switch_on(slow).has_value());
  test.time->run_at(test.time->mono() + Millis(100), [&later] { later.request(); });
  CHECK(test.call("GET", "/cgi-bin/token", {}, "", Millis(1'000), later.token()).fault ==
        TransportFault::cancelled_after_sending);
}

TEST_CASE("only the platform's hosts exist") {
  WechatCase test;
  const auto fault_of = [&test](const char* base) {
    kefu::HttpRequest request;
    request.base = base;
    request.path = "/cgi-bin/token";
    std::optional<kefu::HttpOutcome> outcome;
    test.transport->send(std::move(request), test.time->mono() + Millis(1'000), {},
                         [&outcome](kefu::HttpOutcome one) { outcome = std::move(one); });
    CHECK_FALSE(outcome.has_value());
    test.time->run_ready();
    REQUIRE(outcome.has_value());
    return outcome->fault;
  };
  CHECK_FALSE(fault_of("https://api.weixin.qq.com").has_value());
  CHECK_FALSE(fault_of("https://sh.api.weixin.qq.com").has_value());
  CHECK_FALSE(fault_of("https://api2.weixin.qq.com").has_value());
  CHECK(fault_of("https://example.com") == TransportFault::dns_failure);
  CHECK(fault_of("https://evilapi.weixin.qq.com") == TransportFault::dns_failure);
}

TEST_CASE("48 hours pass with the host's simulated time or with the sandbox's own clock alike") {
  WechatCase test;
  test.does("oA", "text", R"({"content":"hi"})");
  test.time->advance(std::chrono::hours(47));
  CHECK(test.send_text("oA", "in time").code == 0);
  test.sandbox.advance(std::chrono::hours(2));
  CHECK(test.send_text("oA", "too late").code == 45015);
  CHECK(kefu::unix_seconds(test.sandbox.now()) == 1'700'000'000 + 49 * 3600);
  CHECK(test.sandbox.clock()->wall() == test.sandbox.now());
  test.sandbox.set_time(kefu::from_unix_seconds(1'800'000'000));
  CHECK(kefu::unix_seconds(test.sandbox.now()) == 1'800'000'000);
}

TEST_CASE("B3: in real time tickets come by the clock as well, and at once when it is moved") {
  kefu::sandbox::Sandbox twin;
  kefu::sandbox::WechatApp app;
  app.kind = kefu::sandbox::WechatKind::component;
  const auto component = twin.add(app);
  REQUIRE(component.has_value());
  const auto every = [&twin](const std::string& seconds) {
    REQUIRE(twin.control("POST", "/switches", "{\"ticket_interval_s\":" + seconds + "}").status == 200);
  };
  const auto runtime = kefu::Runtime::create();
  REQUIRE(runtime.has_value());
  struct Seen {
    std::mutex mutex;
    std::condition_variable more;
    int tickets = 0;
    bool wait_for(int count) {
      std::unique_lock<std::mutex> lock(mutex);
      return more.wait_for(lock, std::chrono::seconds(30), [&] { return tickets >= count; });
    }
  };
  const auto seen = std::make_shared<Seen>();
  twin.connect_webhook(
      component->appid,
      [seen](const kefu::sandbox::PushRequest&, kefu::MoveFunction<void(kefu::sandbox::PushReply)> answer) {
        {
          const std::lock_guard<std::mutex> lock(seen->mutex);
          ++seen->tickets;
        }
        seen->more.notify_all();
        answer(kefu::sandbox::PushReply(200, "success"));
      },
      kefu::detail::core_of(*runtime)->scheduler);
  CHECK(seen->wait_for(1));
  every("1000000");
  twin.advance(std::chrono::seconds(1'000'001));
  CHECK(seen->wait_for(2));
  every("1");
  twin.advance(std::chrono::seconds(1'000'001));
  CHECK_MESSAGE(seen->wait_for(4), "the last one by the clock alone");
}
