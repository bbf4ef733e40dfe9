// Every fault that the sandbox can play, over real sockets and the real transport: one for a read, one for a send.
#include "support/planted_secrets.hpp"
#include "support/vectors.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;

namespace {

constexpr char kCustomer[] = "oABC1234567890abcdefghijklmn";
constexpr char kReadPath[] = "/cgi-bin/getcallbackip";
constexpr char kSendPath[] = "/cgi-bin/message/custom/send";

/// What a fault of the sandbox is called in error-kinds.json.
struct Row {
  const char* fault;
  const char* called;        ///< Row of transport_faults; empty: it does no harm.
  bool both_repeat = false;  ///< The platform says that it did not act: the send is repeated as well.
  Millis timeout = Millis(30'000);
  Millis delay = Millis(0);
  std::int64_t size = 0;
};

const Row kRows[] = {
    {"errcode", "", true},
    {"business_error", "", true},
    {"token_rotated", "", true},
    {"latency", ""},
    {"late_reply", "timeout after send", false, 2s, 60s},
    {"reset_before_reply", "reset before reply"},
    {"reset_inside_reply", "reset inside reply"},
    {"reset_after_reply", ""},
    {"close_without_reply", "connection closed without a reply"},
    {"close_inside_reply", "reset inside reply"},
    {"close_after_reply", ""},
    {"half_headers", "reset inside reply"},
    {"stall_inside_reply", "timeout inside reply", false, 2s},
    {"length_too_long", "reset inside reply"},
    {"length_too_short", "cut json"},
    {"reply_before_body", "", true},
    {"reset_while_sending", "connection lost while sending"},
    {"canned", "empty 200"},
    {"http_500_html", "http 5xx with html"},
    {"http_500_json", "http 500 with readable error json"},
    {"http_500_json_without_code", "http 5xx with json without a code"},
    {"http_502_html", "http 5xx with html"},
    {"http_503_empty", "http 5xx with empty body"},
    {"http_404_html", "http 4xx without readable json"},
    {"http_429", "http 429 without readable json", false, 30s, Millis(0), 1},
    {"redirect", "http 3xx"},
    {"html_200", "http 200 html"},
    {"empty_200", "empty 200"},
    {"cut_json", "cut json"},
    {"array_json", "json that is not an object"},
    {"missing_fields", "success without a required field"},
    {"huge_body", "reply too large", false, 30s, Millis(0), 40 * 1024 * 1024},
    {"deep_json", "cut json"},
    {"exponent", ""},
    {"control_characters", ""},
    {"invalid_utf8", ""},
    {"errcode_as_text", ""},
    {"byte_order_mark", ""},
};

/// One fault, one platform of its own, one account.
struct Case {
  Case(const Runtime& runtime, const Row& r) : row(r), appid("wx00000000000000" + std::to_string(10 + (&r - kRows))) {
    REQUIRE(platform.start().has_value());
    sandbox::WechatApp app;
    app.appid = appid;
    app.secret = kefu_test::kPlantedAppSecret;
    app.unlimited_windows = true;
    REQUIRE(platform.add(app).has_value());
    REQUIRE(platform.control("POST", std::string("/customers/") + kCustomer).status == 200);
    wechat::AccountConfig config(appid, Secret(app.secret), wechat::AccountKind::service_account);
    config.base_url = platform.wechat_url();
    auto made = wechat::Account::create(runtime, std::move(config));
    REQUIRE(made.has_value());
    account = *std::move(made);
  }
  void switch_on(const char* path) {
    sandbox::FaultSwitch fault(row.fault);
    fault.path = path;
    fault.delay = row.delay;
    fault.size = row.size;
    REQUIRE(platform.switch_on(fault).has_value());
  }
  CallOptions options() const {
    CallOptions made;
    made.timeout = row.timeout;
    return made;
  }
  Pending<RawReply> read() { return account->call(RawCall("GET", kReadPath, "", Effect::read), options()); }
  Pending<Receipt> send() {
    return account->send(Message(Address("", CustomerId(kCustomer)), TextContent("您好")), options());
  }

  const Row& row;
  const std::string appid;  // one token each: they share a store
  sandbox::Sandbox platform;
  std::shared_ptr<wechat::Account> account;
};

using Cases = std::vector<std::unique_ptr<Case>>;

Cases make_cases(const Runtime& runtime) {
  Cases cases;
  for (const Row& row : kRows) cases.push_back(std::make_unique<Case>(runtime, row));
  std::vector<Pending<RawReply>> warm;
  for (auto& one : cases) warm.push_back(one->read());  // the token is there, and a connection
  for (auto& one : warm) REQUIRE(std::move(one).get().has_value());
  return cases;
}

/// The next call on the same account, and the connection it is given, are fine.
void check_next_calls(Cases& cases) {
  std::vector<Pending<RawReply>> next;
  for (auto& one : cases) {
    one->platform.clear_faults();
    next.push_back(one->read());
  }
  for (std::size_t i = 0; i < next.size(); ++i) {
    const std::string fault = cases[i]->row.fault;
    CAPTURE(fault);
    const auto answer = std::move(next[i]).get();
    CHECK_MESSAGE(answer.has_value(), (answer ? "" : answer.error().to_string()));
  }
}

detail::Value find_row(const detail::Document& kinds, const char* called, const char* effect) {
  for (const auto& entry : kinds.root()["transport_faults"])
    if (entry.value["fault"].text() == called) return entry.value[effect];
  FAIL("no such row: " << called);
  return {};
}

template <class T>
void check_error(const Result<T>& result, detail::Value expected) {
  REQUIRE(!result);
  INFO(result.error().to_string());
  CHECK(to_string(result.error().kind()) == expected["kind"].text());
  CHECK(to_string(result.error().delivery()) == expected["delivery"].text());
  CHECK(!result.error().message().empty());
}

}  // namespace

TEST_CASE("the table names every fault of the sandbox, once") {
  sandbox::Sandbox platform;
  const auto listed = platform.control("GET", "/faults");
  REQUIRE(listed.status == 200);
  const auto document = detail::Document::json(listed.body);
  std::set<std::string> names;
  for (const auto& name : document.root()["names"].items()) names.insert(std::string(name.text()));
  std::set<std::string> rows;
  for (const Row& row : kRows) CHECK(rows.insert(row.fault).second);
  CHECK(names == rows);
}

TEST_CASE("NET-5 ERR-2: every fault of the wire, for a read: what passes is repeated, what stays is named") {
  const auto kinds = kefu_test::load_vectors("error-kinds.json");
  auto runtime = Runtime::create();
  REQUIRE(runtime.has_value());
  Cases cases = make_cases(*runtime);
  std::vector<Pending<RawReply>> reads;
  for (auto& one : cases) {
    one->switch_on(kReadPath);
    reads.push_back(one->read());
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Row& row = cases[i]->row;
    const std::string fault = row.fault;
    CAPTURE(fault);
    const auto result = std::move(reads[i]).get();
    const auto requests = cases[i]->platform.calls(kReadPath) - 1;  // without the one that warmed up
    const bool harmless = *row.called == '\0';
    const bool in_time = row.timeout > 3s;
    const bool repeated = row.both_repeat || (!harmless && in_time &&
                                              find_row(kinds, row.called, "read")["retry"].text() == "after_backoff");
    CHECK(requests == (repeated ? 2u : 1u));
    if (harmless || repeated) {
      CHECK_MESSAGE(result.has_value(), (result ? "" : result.error().to_string()));
    } else {
      check_error(result, find_row(kinds, row.called, "read"));
    }
  }
  check_next_calls(cases);
}

TEST_CASE("NET-5 DED-3: every fault of the wire, for a send: nothing is sent twice, doubt is called doubt") {
  const auto kinds = kefu_test::load_vectors("error-kinds.json");
  auto runtime = Runtime::create();
  REQUIRE(runtime.has_value());
  Cases cases = make_cases(*runtime);
  std::vector<Pending<Receipt>> sends;
  for (auto& one : cases) {
    one->switch_on(kSendPath);
    sends.push_back(one->send());
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Row& row = cases[i]->row;
    const std::string fault = row.fault;
    CAPTURE(fault);
    const auto result = std::move(sends[i]).get();
    CHECK(cases[i]->platform.calls(kSendPath) == (row.both_repeat ? 2u : 1u));
    const auto received = cases[i]->platform.messages(cases[i]->appid, kCustomer).size();
    CHECK(received <= 1);
    if (*row.called == '\0') {
      CHECK_MESSAGE(result.has_value(), (result ? "" : result.error().to_string()));
      CHECK(received == 1);
    } else {
      check_error(result, find_row(kinds, row.called, "create"));
    }
  }
  check_next_calls(cases);
}
