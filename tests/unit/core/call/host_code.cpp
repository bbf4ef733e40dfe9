// foundation g: what code of the host throws, drops or answers twice becomes a typed error, is shown to the observer
// and ends no thread.
#include "core/async/host_answer.hpp"
#include "core/async/host_parts.hpp"
#include "core/call/pipeline.hpp"
#include "core/tokens/sourced_tokens.hpp"
#include "support/faulty_store.hpp"
#include "support/simulated_core.hpp"
#include "support/test_platform.hpp"

#include <kefu/core/client.hpp>
#include <kefu/core/runtime.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <future>
#include <limits>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace kefu;
using kefu_test::ReadThing;
using kefu_test::SendThing;

namespace {

struct World : kefu_test::SimulatedCore {
  World() : client(std::make_shared<detail::Pipeline>(core, platform)) {}
  template <class Op>
  auto call(Op op) {
    auto result = client.call(std::move(op)).get();
    time->run_ready();
    return result;
  }
  const std::shared_ptr<kefu_test::TestPlatform> platform = std::make_shared<kefu_test::TestPlatform>();
  const ApiClient client;
};

/// A transport of the host that does as it is told.
struct OddTransport final : Transport {
  void send(HttpRequest request, MonoTime deadline, CancelToken cancel, MoveFunction<void(HttpOutcome)> done) override {
    act(std::move(request), deadline, std::move(cancel), std::move(done));
  }
  std::function<void(HttpRequest, MonoTime, CancelToken, MoveFunction<void(HttpOutcome)>)> act;
};

HttpOutcome fine() {
  HttpReply reply;
  reply.status = 200;
  reply.body = R"({"errcode":0,"name":"fine"})";
  return HttpOutcome(std::move(reply));
}

struct OddSource final : BodySource {
  std::uint64_t length() const override {
    if (throws_in == "length") throw std::runtime_error("no length");
    return 9;
  }
  std::size_t read(char* data, std::size_t size) override {
    if (throws_in == "read") throw std::bad_alloc();
    if (throws_in == "claims") return size + 1;
    if (at >= 9) return 0;
    const std::size_t part = std::string_view("file body").copy(data, size, at);
    at += part;
    return part;
  }
  bool rewind() override {
    if (throws_in == "rewind") throw 42;
    at = 0;
    return true;
  }
  std::string throws_in;
  std::size_t at = 0;
};

/// An upload and a download in one, as a media operation is.
struct OddTransfer {
  using Response = NoContent;
  static const Operation& operation() {
    static const Operation row{
        {"test.odd", "POST", "/file", Authorization::access_token, Effect::read, "", Millis(60'000), "File"},
        [](const void* request, HttpRequest& out) -> Result<void> {
          const auto& op = *static_cast<const OddTransfer*>(request);
          if (op.source && op.source->length() == 0) return Error(ErrorKind::bad_argument, "empty");
          out.source = op.source;
          out.sink = op.receiver;
          return {};
        },
        [](const detail::Reply&, void*) -> Result<void> { return {}; }};
    return row;
  }
  std::shared_ptr<OddSource> source;
  std::function<bool(std::string_view)> receiver;
};

}  // namespace

TEST_CASE("foundation g: a transport that throws, drops or answers twice") {
  World w;
  const auto seen = w.observe();
  auto odd = std::make_shared<OddTransport>();
  w.core->transport = odd;

  odd->act = [](auto&&...) { throw std::runtime_error("wire gone"); };
  auto thrown = w.call(SendThing("a", "b"));
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().kind() == ErrorKind::internal);
  CHECK(thrown.error().delivery() == Delivery::unknown);
  CHECK(thrown.error().message().find("Transport::send threw: wire gone") != std::string::npos);
  CHECK(seen->count("kefu_host_faults_total{seam=Transport::send,fault=threw}") == 1);

  odd->act = [](HttpRequest, MonoTime, CancelToken, MoveFunction<void(HttpOutcome)> done) {
    std::thread([done = std::move(done)]() mutable { done = nullptr; }).join();
  };
  auto dropped = w.call(SendThing("a", "b"));
  REQUIRE_FALSE(dropped);
  CHECK(dropped.error().kind() == ErrorKind::cancelled);
  CHECK(dropped.error().delivery() == Delivery::unknown);
  CHECK(seen->count("host.fault{seam=Transport::send,fault=dropped") == 1);

  odd->act = [](HttpRequest, MonoTime, CancelToken, MoveFunction<void(HttpOutcome)> done) {
    done(fine());
    done(fine());
    throw std::runtime_error("after all");
  };
  CHECK(w.call(ReadThing("1")).has_value());
  CHECK(seen->count("kefu_host_faults_total{seam=Transport::send,fault=repeated}") == 1);
  CHECK(w.platform->settled == std::vector<std::string>{"unknown", "unknown", "ok"});
}

TEST_CASE("foundation g: a receiver that throws, whatever the file begins with") {
  for (const char* body : {"{cut", "\x89PNG", "plain"}) {
    CAPTURE(body);
    World w;
    const auto seen = w.observe();
    OddTransfer op;
    op.receiver = [](std::string_view) -> bool { throw std::runtime_error("disk full"); };
    HttpReply reply;
    reply.status = 200;
    reply.headers.emplace_back("content-type", "image/svg+xml");
    reply.body = body;
    w.wire->reply(std::move(reply));
    auto result = w.call(op);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == ErrorKind::internal);
    CHECK(result.error().message().find("MediaTarget::receiver threw: disk full") != std::string::npos);
    CHECK(seen->count("kefu_host_faults_total{seam=MediaTarget::receiver,fault=threw}") == 1);
  }
}

TEST_CASE("foundation g: a body that throws or lies") {
  const auto run = [](const std::string& where, bool busy_first = false) {
    World w;
    OddTransfer op;
    op.source = std::make_shared<OddSource>();
    op.source->throws_in = where;
    op.receiver = [](std::string_view) { return true; };
    w.wire->reply(busy_first ? R"({"errcode":-1,"errmsg":"busy"})" : R"({"errcode":0})").reply(R"({"errcode":0})");
    return w.call(op);
  };
  CHECK(run("length").error().kind() == ErrorKind::internal);
  CHECK(run("length").error().delivery() == Delivery::not_sent);
  // The scripted wire reads a body to its end and does not notice that it came short.
  CHECK(run("read"));
  CHECK(run("claims"));
  CHECK_FALSE(run("rewind", true));

  detail::HostSource read(std::make_shared<OddSource>(), nullptr);
  char room[16];
  CHECK(read.read(room, sizeof room) == 9);
  CHECK_FALSE(read.broken());
  for (const char* where : {"read", "claims"}) {
    auto odd = std::make_shared<OddSource>();
    odd->throws_in = where;
    detail::HostSource source(odd, nullptr);
    CHECK(source.read(room, sizeof room) == 0);
    REQUIRE(source.broken());
    CHECK(source.broken()->kind() == ErrorKind::internal);
  }
}

TEST_CASE("foundation g: an observer that throws is swallowed and counted") {
  struct Odd final : Observer {
    void log(const LogRecord&) override { throw std::runtime_error("log"); }
    void metric(const MetricRecord& record) override {
      if (broken) throw 1;
      if (record.name == "kefu_host_faults_total") faults += record.value;
    }
    void span(const SpanRecord&) override { throw std::bad_alloc(); }
    bool broken = true;
    double faults = 0;
  };
  World w;
  auto odd = std::make_shared<Odd>();
  w.core->observer = detail::make_redacting(odd);
  for (int i = 0; i < 3; ++i) {
    w.wire->reply(R"({"errcode":45015,"errmsg":"no"})");
    CHECK_FALSE(w.call(SendThing("a", "b")));
  }
  odd->broken = false;
  w.wire->reply(R"({"errcode":0})");
  CHECK(w.call(SendThing("a", "b")));
  CHECK(odd->faults >= 9);
}

TEST_CASE("foundation g: an executor that throws, drops or runs twice") {
  struct Odd final : Executor {
    void run(Task task) override {
      if (act == "throw") throw std::runtime_error("pool is full");
      if (act == "drop") return;
      task();
      task();
    }
    std::string act;
  };
  for (const char* act : {"throw", "drop", "twice"}) {
    CAPTURE(act);
    World w;
    const auto seen = w.observe();
    auto odd = std::make_shared<Odd>();
    odd->act = act;
    w.core->executor = odd;
    w.wire->reply(R"({"errcode":0,"name":"x"})");
    int called = 0;
    w.client.call(ReadThing("1")).then([&](Result<ReadThing::Response> result) {
      ++called;
      CHECK(result);
      throw std::runtime_error("the callback throws too");
    });
    w.time->run_ready();
    CHECK(called == 1);
    CHECK(seen->count("callback.threw{what=the callback throws too}") == 1);
    CHECK(seen->count("kefu_host_faults_total{seam=Executor::run") >= 1);
  }
}

TEST_CASE("foundation g: a token source that throws, drops at once or later, or answers twice") {
  struct Odd final : TokenSource {
    void get(MoveFunction<void(Result<Secret>)> done) override { act(std::move(done)); }
    void report_invalid(const Secret&, MoveFunction<void(Result<void>)>) override { throw std::runtime_error("no"); }
    std::function<void(MoveFunction<void(Result<Secret>)>)> act;
  };
  World w;
  const auto seen = w.observe();
  auto odd = std::make_shared<Odd>();
  auto tokens = std::make_shared<detail::SourcedTokens>(w.core, odd);
  int answers = 0;
  const auto get = [&] {
    std::optional<Result<detail::TokenPtr>> answer;
    tokens->get(MonoTime::max(), {}, [&](Result<detail::TokenPtr> r) {
      CHECK(w.core->scheduler->is_own_thread());
      ++answers;
      answer.emplace(std::move(r));
    });
    w.time->run_ready();
    REQUIRE(answer);
    return *answer;
  };
  using Done = MoveFunction<void(Result<Secret>)>;
  odd->act = [](Done) { throw std::runtime_error("service down"); };
  CHECK(get().error().kind() == ErrorKind::internal);
  odd->act = [](Done) {};
  CHECK(get().error().kind() == ErrorKind::cancelled);
  odd->act = [](Done done) { std::thread([done = std::move(done)]() mutable { done = nullptr; }).join(); };
  CHECK(get().error().kind() == ErrorKind::cancelled);
  CHECK(get().error().delivery() == Delivery::not_sent);
  std::deque<Done> kept;
  odd->act = [&](Done done) {
    kept.push_back(std::move(done));
    kept.back()(Secret("first"));
    kept.back()(Secret("second"));
    throw std::runtime_error("and then this");
  };
  const detail::TokenPtr token = *get();
  CHECK(token->value.expose() == "first");
  CHECK(answers == 5);
  CHECK(seen->count("kefu_host_faults_total{seam=TokenSource::get,fault=threw}") == 2);
  CHECK(seen->count("kefu_host_faults_total{seam=TokenSource::get,fault=dropped}") == 3);
  CHECK(seen->count("kefu_host_faults_total{seam=TokenSource::get,fault=repeated}") == 1);

  std::optional<Result<void>> renewed;
  tokens->refused(token->tag, MonoTime::max(), {}, [&](Result<void> r) { renewed = std::move(r); });
  w.time->run_ready();
  REQUIRE(renewed);
  CHECK(renewed->error().kind() == ErrorKind::internal);
}

TEST_CASE("foundation g: a transport of a runtime that answers twice: the first holds, the second is seen") {
  struct Twice final : Transport {
    void send(HttpRequest, MonoTime, CancelToken, MoveFunction<void(HttpOutcome)> done) override {
      done(HttpOutcome(TransportFault::dns_failure, "first"));
      done(HttpOutcome(TransportFault::dns_failure, "second"));
    }
  };
  const auto seen = std::make_shared<kefu_test::RecordingObserver>();
  RuntimeOptions options;
  options.observer = seen;
  options.transport = std::make_shared<Twice>();
  const Runtime runtime = *Runtime::create(std::move(options));
  std::vector<std::string> answers;
  detail::core_of(runtime)->transport->send(HttpRequest(), MonoTime::max(), CancelToken(),
                                            [&](HttpOutcome outcome) { answers.push_back(outcome.detail); });
  CHECK(answers == std::vector<std::string>{"first"});
  CHECK(seen->count("kefu_host_faults_total{seam=Transport::send,fault=repeated}") == 1);
}

TEST_CASE("a stop answers what a token source still owes, and its answer after that is no fault") {
  struct Keeps final : TokenSource {
    void get(MoveFunction<void(Result<Secret>)> done) override {
      kept.push_back(std::move(done));
      asked.set_value();
    }
    void report_invalid(const Secret&, MoveFunction<void(Result<void>)> done) override { done({}); }
    std::deque<MoveFunction<void(Result<Secret>)>> kept;
    std::promise<void> asked;
  };
  const auto seen = std::make_shared<kefu_test::RecordingObserver>();
  RuntimeOptions options;
  options.observer = seen;
  Runtime runtime = *Runtime::create(std::move(options));
  const auto core = detail::core_of(runtime);
  const auto source = std::make_shared<Keeps>();
  const auto tokens = std::make_shared<detail::SourcedTokens>(core, source);
  std::vector<Result<detail::TokenPtr>> answers;
  core->scheduler->post([&] {
    tokens->get(MonoTime::max(), {}, [&](Result<detail::TokenPtr> answer) { answers.push_back(std::move(answer)); });
  });
  source->asked.get_future().wait();
  runtime.stop();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].error().kind() == ErrorKind::cancelled);
  CHECK(answers[0].error().delivery() == Delivery::not_sent);
  source->kept.front()(Secret("late"));
  source->kept.clear();
  CHECK(answers.size() == 1);
  CHECK(seen->count("kefu_host_faults_total") == 0);
}

TEST_CASE("foundation g: a store that throws is unavailable, and nobody knows what it did") {
  World w;
  const auto seen = w.observe();
  std::optional<Result<int>> answer;
  w.core->with_store<int>([](Store&) -> Result<int> { throw std::runtime_error("driver bug"); },
                          [&](Result<int> result) { answer.emplace(std::move(result)); });
  w.time->run_ready();
  REQUIRE(answer);
  CHECK(answer->error().kind() == ErrorKind::unavailable);
  CHECK(answer->error().delivery() == Delivery::unknown);
  CHECK(seen->count("kefu_host_faults_total{seam=Store,fault=threw}") == 1);
}

TEST_CASE("foundation g: clock and jitter that throw or say nonsense") {
  struct OddClock final : Clock {
    WallTime wall() const override {
      if (throws) throw std::runtime_error("no time");
      return told;
    }
    MonoTime mono() const override { throw 1; }
    bool throws = false;
    WallTime told = from_unix_seconds(1'700'000'000);
  };
  struct OddJitter final : Jitter {
    double unit() override {
      if (throws) throw 1;
      return told;
    }
    bool throws = false;
    double told = 0.25;
  };
  auto clock = std::make_shared<OddClock>();
  detail::HostClock guarded(clock, nullptr);
  CHECK(guarded.wall() == clock->told);
  clock->throws = true;
  CHECK(guarded.wall() == clock->told);
  CHECK(guarded.mono() <= std::chrono::steady_clock::now());
  clock->throws = false;
  clock->told = WallTime::max();
  CHECK(guarded.wall() == kLatestTime);
  clock->told = WallTime::min();
  CHECK(guarded.wall() == kEarliestTime);

  auto jitter = std::make_shared<OddJitter>();
  detail::HostJitter spread(jitter, nullptr);
  CHECK(spread.unit() == 0.25);
  for (const double wrong : {-1.0, 1.0, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
    jitter->told = wrong;
    CHECK(spread.unit() == 0.5);
  }
  jitter->throws = true;
  CHECK(spread.unit() == 0.5);
}

TEST_CASE("foundation g: what throws on a thread of ours does not end it") {
  RuntimeOptions options;
  options.store = std::make_shared<kefu_test::FaultyStore>(std::make_shared<MemoryStore>(), false);
  auto runtime = Runtime::create(std::move(options));
  REQUIRE(runtime);
  kefu::detail::core_of(*runtime)->scheduler->post([] { throw std::runtime_error("on the loop"); });
  kefu::detail::core_of(*runtime)->store_queue->post(
      detail::Affinity(), [] { throw std::bad_alloc(); }, true);
  CancelSource source;
  source.token().on_request([] { throw std::runtime_error("a listener"); });
  bool heard = false;
  source.token().on_request([&] { heard = true; });
  source.request();
  CHECK(heard);
  Promise<int> promise(runtime->home());
  auto pending = promise.pending();
  kefu::detail::core_of(*runtime)->with_store<int>(
      [](Store&) { return Result<int>(7); },
      [promise = std::move(promise)](Result<int> r) mutable { promise.answer(std::move(r)); });
  CHECK(*std::move(pending).get() == 7);
}
