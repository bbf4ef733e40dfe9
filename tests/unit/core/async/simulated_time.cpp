#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using kefu::CancelSource;
using kefu::HttpOutcome;
using kefu::HttpReply;
using kefu::HttpRequest;
using kefu::Millis;
using kefu::Scheduler;
using kefu::TransportFault;
using kefu::sandbox::ScriptedTransport;
using kefu::sandbox::SimulatedTime;

TEST_CASE("simulated time runs tasks by time, then by order of posting") {
  SimulatedTime time;
  std::string order;
  const auto start = time.mono();
  time.run_at(start + Millis(20), [&] { order += 'c'; });
  time.run_at(start + Millis(10), [&] { order += 'a'; });
  time.run_at(start + Millis(10), [&] { order += 'b'; });
  time.post([&] { order += '0'; });
  CHECK(time.waiting() == 4);
  CHECK(time.run_ready() == 1);
  CHECK(order == "0");
  time.advance(Millis(10));
  CHECK(order == "0ab");
  CHECK(time.elapsed() == Millis(10));
  time.advance(Millis(9));
  CHECK(order == "0ab");
  time.advance(Millis(1));
  CHECK(order == "0abc");
  CHECK(time.waiting() == 0);
}

TEST_CASE("48 hours pass at once, on both clocks") {
  SimulatedTime time;
  const auto wall = time.wall();
  int ticks = 0;
  std::function<void()> tick = [&] {
    ++ticks;
    time.run_at(time.mono() + std::chrono::minutes(1), [&] { tick(); });
  };
  time.run_at(time.mono() + std::chrono::minutes(1), [&] { tick(); });
  time.advance(std::chrono::hours(48));
  CHECK(ticks == 48 * 60);
  CHECK(time.wall() - wall == std::chrono::hours(48));
  time.stop();
}

TEST_CASE("a dropped task does not run, and a used ticket removes nobody else's task") {
  SimulatedTime time;
  int ran = 0;
  const auto first = time.run_at(time.mono() + Millis(1), [&] { ran += 1; });
  time.drop(first);
  const auto second = time.run_at(time.mono() + Millis(1), [&] { ran += 10; });
  CHECK(second != first);
  time.drop(first);
  time.drop(0);
  time.advance(Millis(5));
  CHECK(ran == 10);
}

TEST_CASE("many timers come in order and leave when dropped") {
  SimulatedTime time;
  std::vector<Scheduler::Ticket> tickets;
  std::vector<int> ran;
  for (int i = 0; i < 1000; ++i) {
    const int when = (i * 7919) % 1000;
    tickets.push_back(time.run_at(time.mono() + Millis(when), [&ran, when] { ran.push_back(when); }));
  }
  for (std::size_t i = 0; i < tickets.size(); i += 3) time.drop(tickets[i]);
  time.advance(Millis(1000));
  CHECK(ran.size() == 666);
  CHECK(std::is_sorted(ran.begin(), ran.end()));
}

TEST_CASE("help says when nothing is left, and moves to a finite limit") {
  SimulatedTime time;
  CHECK(time.help() == Scheduler::Help::nothing);
  CHECK(time.elapsed() == Millis(0));
  CHECK(time.help(time.mono() + Millis(30)) == Scheduler::Help::nothing);
  CHECK(time.elapsed() == Millis(30));
  bool inside = false;
  time.post([&] { inside = time.is_own_thread(); });
  CHECK(time.help() == Scheduler::Help::worked);
  CHECK(inside);
  CHECK_FALSE(time.is_own_thread());
}

TEST_CASE("stop destroys what is queued and refuses more") {
  SimulatedTime time;
  auto alive = std::make_shared<int>(1);
  time.post([alive] {});
  CHECK(alive.use_count() == 2);
  time.stop();
  CHECK(alive.use_count() == 1);
  CHECK(time.post([alive] {}) == 0);
  CHECK(alive.use_count() == 1);
}

namespace {

struct ScriptedCase {
  std::shared_ptr<SimulatedTime> time = std::make_shared<SimulatedTime>();
  ScriptedTransport transport{time};
  CancelSource cancel;
  std::vector<HttpOutcome> outcomes;

  void send(std::string path, Millis limit = Millis(1000)) {
    HttpRequest request;
    request.path = std::move(path);
    send(std::move(request), limit);
  }
  void send(HttpRequest request, Millis limit = Millis(1000)) {
    transport.send(std::move(request), time->mono() + limit, cancel.token(),
                   [this](HttpOutcome outcome) { outcomes.push_back(std::move(outcome)); });
  }
};

}  // namespace

TEST_CASE("scripted answers come in order, after their delay") {
  ScriptedCase c;
  c.transport.reply("{}", Millis(50)).fault(TransportFault::reset_before_reply).reply("late", Millis(2000)).silence();
  c.send("/one");
  CHECK(c.outcomes.empty());
  c.time->run_ready();
  CHECK(c.outcomes.empty());
  c.time->advance(Millis(50));
  REQUIRE(c.outcomes.size() == 1);
  CHECK(c.outcomes[0].reply.body == "{}");
  CHECK(c.outcomes[0].reply.header("content-type") == "application/json; encoding=utf-8");

  c.send("/two");
  c.time->run_ready();
  REQUIRE(c.outcomes.size() == 2);
  CHECK(c.outcomes[1].fault == TransportFault::reset_before_reply);

  c.send("/three");
  c.send("/four");
  c.time->advance(Millis(1000));
  REQUIRE(c.outcomes.size() == 4);
  CHECK(c.outcomes[2].fault == TransportFault::timeout_after_send);
  CHECK(c.outcomes[3].fault == TransportFault::timeout_after_send);
  CHECK(c.time->waiting() == 0);

  c.send("/five");
  c.time->run_ready();
  REQUIRE(c.outcomes.size() == 5);
  CHECK(c.outcomes[4].fault == TransportFault::connection_refused);
  CHECK(c.transport.count() == 5);
  CHECK(c.transport.count("/two") == 1);
  CHECK(c.transport.last().path == "/five");
}

TEST_CASE("handlers answer their path; cancel, deadline, size and sink behave as on the wire") {
  ScriptedCase c;
  c.transport.on("/echo", [](const HttpRequest& request) {
    HttpReply reply;
    reply.status = 200;
    reply.body = request.body;
    return reply;
  });
  HttpRequest request;
  request.path = "/echo";
  request.body = "hello";
  c.send(request);
  request.max_reply_bytes = 4;
  c.send(request);
  request.max_reply_bytes = 5;
  std::string got;
  request.sink = [&got](std::string_view part) {
    got += part;
    return true;
  };
  c.send(request);
  c.time->run_ready();
  REQUIRE(c.outcomes.size() == 3);
  CHECK(c.outcomes[0].reply.body == "hello");
  CHECK(c.outcomes[1].fault == TransportFault::reply_too_large);
  CHECK(c.outcomes[2].reply.body.empty());
  CHECK(got == "hello");

  c.send("/echo", Millis(0));
  c.time->run_ready();
  CHECK(c.outcomes[3].fault == TransportFault::deadline_before_sending);

  c.transport.silence();
  c.send("/other");
  c.time->run_ready();
  c.cancel.request();
  c.time->run_ready();
  REQUIRE(c.outcomes.size() == 5);
  CHECK(c.outcomes[4].fault == TransportFault::cancelled_after_sending);
  c.send("/other");
  c.time->run_ready();
  CHECK(c.outcomes[5].fault == TransportFault::cancelled_before_sending);
  CHECK(c.transport.count("/other") == 1);
}

TEST_CASE("foundation l: simulated time goes no further than its clocks can count") {
  SimulatedTime time;
  time.advance(Millis::max());
  time.advance(Millis::max());
  CHECK(time.wall() <= kefu::kLatestTime);
  CHECK(time.mono() > kefu::MonoTime{});
  time.advance(Millis::min());
  SimulatedTime late;
  late.set_wall(kefu::WallTime::max());
  late.advance(Millis(1));
  CHECK(late.wall() == kefu::kLatestTime);
}
