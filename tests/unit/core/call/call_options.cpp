// What a caller may say about one call beside what it is: time, repeats, trace.
#include "core/call/pipeline.hpp"
#include "support/simulated_core.hpp"
#include "support/test_platform.hpp"

#include <kefu/core/client.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace kefu;
using kefu_test::ReadThing;
using kefu_test::SendThing;

namespace {

const char* const kLamp = R"({"errcode":0,"errmsg":"ok","name":"lamp"})";
const char* const kSystemBusy = R"({"errcode":-1,"errmsg":"system busy rid: 1-2-3"})";

/// What is told of a span, kept.
struct Span {
  std::string name;
  MonoTime start;
  WallTime started;
  std::uint64_t call;
  std::uint64_t id;
  std::uint64_t parent;
  std::string trace;
};

class SpanObserver final : public Observer {
 public:
  void span(const SpanRecord& record) override {
    spans.push_back(Span{std::string(record.name), record.start, record.started, record.call, record.id, record.parent,
                         record.trace.to_string()});
  }
  std::vector<Span> spans;
};

struct Caller : kefu_test::SimulatedCore {
  explicit Caller(std::shared_ptr<kefu_test::TestPlatform> of = std::make_shared<kefu_test::TestPlatform>())
      : platform(std::move(of)), client(std::make_shared<detail::Pipeline>(core, platform)) {}
  const std::shared_ptr<kefu_test::TestPlatform> platform;
  const ApiClient client;
};

CallOptions retrying(RetryPolicy retry) {
  CallOptions options;
  options.retry = retry;
  return options;
}

}  // namespace

TEST_CASE("CallOptions are built from a timeout or a cancel token") {
  CHECK(CallOptions(std::chrono::seconds(5)).timeout == Millis(5000));
  const CancelSource source;
  const CallOptions options(source.token());
  source.request();
  CHECK(options.cancel.requested());
  CHECK_FALSE(options.timeout);

  Caller a;
  a.wire->reply(kSystemBusy).reply(kSystemBusy).reply(kLamp);
  const auto result = a.client.call(ReadThing("7"), CallOptions(Millis(2500))).get();
  CHECK(result.error().details().attempts == 2);
}

TEST_CASE("a call's own retry policy takes the place of the account's") {
  Caller a;
  SUBCASE("no repeats") {
    a.wire->reply(kSystemBusy).reply(kLamp);
    const auto result = a.client.call(ReadThing("7"), retrying(RetryPolicy::never())).get();
    CHECK(result.error().kind() == ErrorKind::unavailable);
    CHECK(a.wire->count() == 1);
  }
  SUBCASE("more and sooner") {
    for (int i = 0; i < 5; ++i) a.wire->reply(kSystemBusy);
    a.wire->reply(kLamp);
    CHECK(a.client.call(ReadThing("7"), retrying(RetryPolicy(5, Millis(10)))).get());
    CHECK(a.time->elapsed() == Millis(10 + 20 + 40 + 80 + 160));
  }
  SUBCASE("it repeats no send of which nobody knows whether it arrived") {
    HttpReply broken;
    broken.status = 502;
    broken.body = "<html>bad gateway</html>";
    a.wire->reply(broken).reply(kLamp);
    const auto result = a.client.call(SendThing("oA", "hi"), retrying(RetryPolicy(10, Millis(1)))).get();
    CHECK(result.error().delivery() == Delivery::unknown);
    CHECK(a.wire->count() == 1);
  }
  SUBCASE("what is out of range is refused before anything is sent") {
    for (const RetryPolicy& odd :
         {RetryPolicy(-1), RetryPolicy(11), RetryPolicy(1, Millis(-1)), RetryPolicy(1, std::chrono::hours(2))}) {
      const auto result = a.client.call(ReadThing("7"), retrying(odd)).get();
      CHECK(result.error().kind() == ErrorKind::bad_argument);
      CHECK(result.error().message().find("CallOptions.retry") != std::string::npos);
    }
    CHECK(a.wire->count() == 0);
  }
}

TEST_CASE("spans have a start on both clocks, an id, a parent and the host's trace") {
  Caller a;
  const auto seen = std::make_shared<SpanObserver>();
  a.core->observer = kefu::detail::make_redacting(seen);
  a.wire->reply(kSystemBusy).reply(kLamp).reply(kLamp);
  const std::string text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  CallOptions options;
  options.trace = *TraceParent::parse(text);
  const MonoTime began = a.time->mono();
  const WallTime began_at = a.time->wall();
  REQUIRE(a.client.call(ReadThing("7"), options).get());
  REQUIRE(a.client.call(ReadThing("7")).get());

  REQUIRE(seen->spans.size() == 5);
  const Span& first = seen->spans[0];
  const Span& second = seen->spans[1];
  const Span& call = seen->spans[2];
  CHECK(call.name == "kefu.call");
  CHECK(call.start == began);
  CHECK(call.started == began_at);
  CHECK(call.id != 0);
  CHECK(call.call == call.id);
  CHECK(call.parent == 0);
  CHECK(call.trace == text);
  for (const Span* attempt : {&first, &second}) {
    CHECK(attempt->name == "kefu.attempt");
    CHECK(attempt->parent == call.id);
    CHECK(attempt->call == call.id);
    CHECK(attempt->id != call.id);
    CHECK(attempt->trace == text);
  }
  CHECK(first.id != second.id);
  CHECK(second.started - first.started == Millis(1000));
  CHECK(seen->spans[4].id != call.id);
  CHECK(seen->spans[4].trace.empty());
}

TEST_CASE("a traceparent is read as W3C Trace Context writes it, and nothing else") {
  const std::string text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto read = TraceParent::parse(text);
  REQUIRE(read);
  CHECK(read->trace_id_high() == 0x0af7651916cd43ddU);
  CHECK(read->trace_id_low() == 0x8448eb211c80319cU);
  CHECK(read->span_id() == 0xb7ad6b7169203331U);
  CHECK(read->sampled());
  CHECK(read->to_string() == text);
  CHECK_FALSE(TraceParent());
  CHECK(TraceParent().to_string().empty());
  CHECK(TraceParent(1, 2, 3, false).to_string() == "00-00000000000000010000000000000002-0000000000000003-00");
  // A later version may go on after what 00 knows.
  CHECK(TraceParent::parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
  for (const char* wrong : {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                            "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
                            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                            "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-01"})
    CHECK(TraceParent::parse(wrong).error().kind() == ErrorKind::bad_argument);
}

namespace {

/// A platform that says of each answer how often it may be repeated.
struct OnceMore final : kefu_test::TestPlatform {
  detail::Verdict classify(const OperationInfo& info, const detail::Reply& reply) const override {
    auto verdict = TestPlatform::classify(info, reply);
    verdict.most_repeats = 1;
    return verdict;
  }
};

}  // namespace

TEST_CASE("what a platform lets repeat once is repeated once, whatever the caller allows") {
  Caller a(std::make_shared<OnceMore>());
  for (int i = 0; i < 3; ++i) a.wire->reply(kSystemBusy);
  const auto result = a.client.call(ReadThing("7"), retrying(RetryPolicy(5, Millis(1)))).get();
  CHECK(result.error().details().attempts == 2);
  CHECK(a.wire->count() == 2);
}

TEST_CASE("foundation l: timeouts at the ends of their type are errors, not other times") {
  Caller a;
  CHECK(a.client.call(ReadThing("7"), CallOptions(Millis::max())).get().error().kind() == ErrorKind::bad_argument);
  CHECK(a.client.call(ReadThing("7"), CallOptions(Millis::min())).get().error().kind() == ErrorKind::timeout);
  CHECK(a.wire->count() == 0);
}
