// Every row of error-kinds.json through the real pipeline, for a read and for a send.
#include "core/call/fault_table.hpp"
#include "core/call/pipeline.hpp"
#include "support/simulated_core.hpp"
#include "support/test_platform.hpp"
#include "support/vectors.hpp"

#include <kefu/core/client.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <map>

using namespace kefu;
using detail::Value;

namespace {

const detail::Document& kinds_file() {
  static const detail::Document file = kefu_test::load_vectors("error-kinds.json");
  return file;
}

ErrorKind kind_of(std::string_view name) {
  for (int k = 0; k <= static_cast<int>(ErrorKind::internal); ++k)
    if (to_string(static_cast<ErrorKind>(k)) == name) return static_cast<ErrorKind>(k);
  FAIL("no such kind: " << std::string(name));
  return ErrorKind::internal;
}

Delivery delivery_of(std::string_view name) {
  for (int d = 0; d <= 2; ++d)
    if (to_string(static_cast<Delivery>(d)) == name) return static_cast<Delivery>(d);
  FAIL("no such delivery: " << std::string(name));
  return Delivery::unknown;
}

detail::Retry retry_of(std::string_view name) {
  for (int r = 0; r <= 3; ++r)
    if (detail::to_string(static_cast<detail::Retry>(r)) == name) return static_cast<detail::Retry>(r);
  FAIL("no such retry: " << std::string(name));
  return detail::Retry::never;
}

struct Outcome {
  std::optional<Error> error;
  int attempts = 0;
};

/// One call in a world of its own, every attempt answered alike.
Outcome call(bool send, const std::function<void(kefu_test::SimulatedCore&, kefu_test::TestPlatform&)>& set_up) {
  kefu_test::SimulatedCore world;
  auto platform = std::make_shared<kefu_test::TestPlatform>();
  const ApiClient client(std::make_shared<detail::Pipeline>(world.core, platform));
  set_up(world, *platform);
  CallOptions options;
  options.timeout = std::chrono::minutes(30);
  Outcome outcome;
  if (send) {
    auto result = client.call(kefu_test::SendThing("oA", "hi"), options).get();
    if (!result) outcome.error = result.error();
  } else {
    auto result = client.call(kefu_test::ReadThing("7"), options).get();
    if (!result) outcome.error = result.error();
  }
  outcome.attempts = static_cast<int>(world.wire->count());
  return outcome;
}

void check(const Outcome& outcome, Value meaning, bool create) {
  REQUIRE(outcome.error);
  CHECK(to_string(outcome.error->kind()) == meaning["kind"].text());
  CHECK(to_string(outcome.error->delivery()) == meaning["delivery"].text());
  const bool repeats =
      meaning["retry"].text() == "after_backoff" && !(create && meaning["delivery"].text() == "unknown");
  CHECK(outcome.attempts == (repeats ? 4 : 1));
}

const std::map<std::string, TransportFault>& wire_faults() {
  static const std::map<std::string, TransportFault> faults{
      {"dns failure", TransportFault::dns_failure},
      {"connection refused", TransportFault::connection_refused},
      {"host unreachable", TransportFault::host_unreachable},
      {"timeout before connect", TransportFault::timeout_before_connect},
      {"tls handshake failed", TransportFault::tls_handshake_failed},
      {"tls verification failed", TransportFault::tls_verification_failed},
      {"proxy refused the tunnel", TransportFault::proxy_refused_tunnel},
      {"proxy wants authentication", TransportFault::proxy_wants_authentication},
      {"deadline passed before sending", TransportFault::deadline_before_sending},
      {"cancelled before sending", TransportFault::cancelled_before_sending},
      {"connection lost while sending", TransportFault::connection_lost_while_sending},
      {"send aborted to avoid silent replay", TransportFault::replay_prevented},
      {"reset before reply", TransportFault::reset_before_reply},
      {"connection closed without a reply", TransportFault::closed_without_reply},
      {"reset inside reply", TransportFault::reset_inside_reply},
      {"timeout after send", TransportFault::timeout_after_send},
      {"timeout inside reply", TransportFault::timeout_inside_reply},
      {"cancelled after sending", TransportFault::cancelled_after_sending},
      {"reply too large", TransportFault::reply_too_large}};
  return faults;
}

const std::map<std::string, std::pair<int, std::string>>& bad_answers() {
  static const std::map<std::string, std::pair<int, std::string>> answers{
      {"http 5xx with html", {502, "<html><h1>502 Bad Gateway</h1></html>"}},
      {"http 5xx with empty body", {503, ""}},
      {"http 5xx with json without a code", {500, R"({"detail":"sorry"})"}},
      {"http 500 with readable error json", {500, R"({"errcode":77777,"errmsg":"x"})"}},
      {"http 429 without readable json", {429, "slow down"}},
      {"http 4xx without readable json", {404, "<html>not found</html>"}},
      {"http 3xx", {302, ""}},
      {"http 200 html", {200, "<!DOCTYPE html><html></html>"}},
      {"empty 200", {200, ""}},
      {"cut json", {200, R"({"errcode":0,"na)"}},
      {"json that is not an object", {200, R"([{"errcode":0}])"}},
      {"success without a required field", {200, R"({"errcode":0})"}}};
  return answers;
}

}  // namespace

TEST_CASE("the fault table says what error-kinds.json says, row by row") {
  std::size_t rows = 0;
  for (const Value row : kinds_file().root()["transport_faults"].items()) {
    CAPTURE(std::string(row["fault"].text()));
    const detail::FaultRow* ours = detail::find_fault(row["fault"].text());
    REQUIRE(ours != nullptr);
    CHECK(static_cast<std::size_t>(ours->fault) == rows++);
    for (const auto& [column, meaning] : {std::pair("read", ours->read), std::pair("create", ours->create)}) {
      CHECK(meaning.kind == kind_of(row[column]["kind"].text()));
      CHECK(meaning.delivery == delivery_of(row[column]["delivery"].text()));
      CHECK(meaning.retry == retry_of(row[column]["retry"].text()));
    }
    CHECK_FALSE(ours->advice.empty());
  }
  CHECK(rows == 33);
}

TEST_CASE("NET-5: every transport fault and broken answer through the pipeline") {
  for (const Value row : kinds_file().root()["transport_faults"].items()) {
    const std::string name(row["fault"].text());
    for (const bool send : {false, true}) {
      CAPTURE(name);
      CAPTURE(send);
      if (const auto fault = wire_faults().find(name); fault != wire_faults().end()) {
        check(call(send,
                   [&](auto& world, auto&) {
                     for (int i = 0; i < 5; ++i) world.wire->fault(fault->second);
                   }),
              row[send ? "create" : "read"], send);
      } else if (const auto answer = bad_answers().find(name); answer != bad_answers().end()) {
        if (name == "success without a required field" && send) continue;  // this send's answer has none
        check(call(send,
                   [&](auto& world, auto&) {
                     for (int i = 0; i < 5; ++i) {
                       HttpReply reply;
                       reply.status = answer->second.first;
                       reply.body = answer->second.second;
                       world.wire->reply(reply);
                     }
                   }),
              row[send ? "create" : "read"], send);
      } else {
        // The limiter's refusal has tests of its own; a reply's signature belongs to platforms that sign.
        CHECK((name == "held back by the local limiter" || name == "reply signature does not verify"));
      }
    }
  }
}

TEST_CASE("every code of the three hosts through the pipeline, with each condition") {
  for (const char* host : {"wechat", "wecom_kf", "jd"}) {
    std::deque<std::string> texts;
    std::vector<detail::CodeRow> rows;
    const auto kept = [&texts](std::string_view text) { return std::string_view(texts.emplace_back(text)); };
    for (const Value row : kinds_file().root()[host].items())
      rows.push_back(detail::CodeRow{kept(row["code"].text()), kept(row["when"].text()), kind_of(row["kind"].text()),
                                     delivery_of(row["delivery"].text()), row["refresh_token"].boolean().value(),
                                     retry_of(row["retry"].text()),
                                     static_cast<int>(row["retry_after_s"].integer().value_or(0)),
                                     row["ignored_as_success"].boolean().value_or(false), "advice"});
    for (const detail::CodeRow& row : rows) {
      for (const bool send : {false, true}) {
        CAPTURE(host);
        CAPTURE(std::string(row.code));
        CAPTURE(send);
        const Outcome outcome = call(send, [&](auto& world, auto& p) {
          p.table = detail::CodeTable(rows.data(), rows.size());
          p.condition = std::string(row.condition);
          for (int i = 0; i < 5; ++i)
            world.wire->reply("{\"errcode\":\"" + std::string(row.code) + "\",\"errmsg\":\"e\",\"name\":\"n\"}");
        });
        if (row.ignored_as_success) {
          CHECK_FALSE(outcome.error);
          CHECK(outcome.attempts == 1);
          continue;
        }
        REQUIRE(outcome.error);
        CHECK(outcome.error->kind() == row.kind);
        CHECK(outcome.error->delivery() == row.delivery);
        CHECK(outcome.error->platform_code() == row.code);
        const bool doubtful = send && row.delivery == Delivery::unknown;
        const bool backoff = row.retry == detail::Retry::after_backoff && !doubtful;
        CHECK(outcome.attempts == (backoff ? 4 : row.refresh_token && !doubtful ? 2 : 1));
        if (row.retry_after_s > 0) CHECK(outcome.error->details().retry_after >= Millis(row.retry_after_s * 1000LL));
      }
    }
  }
}

TEST_CASE("the names of kinds and deliveries are those of error-kinds.json") {
  std::size_t count = 0;
  for (const auto& member : kinds_file().root()["kinds"]) {
    CHECK(to_string(kind_of(member.name)) == member.name);
    ++count;
  }
  CHECK(count == 20);
}
