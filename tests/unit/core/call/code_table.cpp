#include "core/call/code_table.hpp"

#include <doctest/doctest.h>

using namespace kefu;
using detail::CodeRow;
using detail::Retry;

namespace {

class Holds final : public detail::ConditionCheck {
 public:
  explicit Holds(std::string_view name) : name_(name) {}
  bool holds(std::string_view condition) const override { return condition == name_; }

 private:
  std::string_view name_;
};

constexpr CodeRow kRows[] = {
    {"1", "", ErrorKind::conflict, Delivery::refused, false, Retry::never, 0, false, "general"},
    {"1", "typing", ErrorKind::window_closed, Delivery::refused, false, Retry::never, 0, true, "typing"},
    {"2", "oauth", ErrorKind::permission, Delivery::refused, false, Retry::never, 0, false, "only oauth"},
    {"*", "oauth", ErrorKind::needs_authorization, Delivery::refused, false, Retry::never, 0, false, "any oauth"},
};
constexpr detail::CodeTable kTable(kRows, 4);

}  // namespace

TEST_CASE("ERR-3: a row whose condition holds wins; only conditions and none holds means unknown") {
  CHECK(kTable.find("1", Holds("typing"))->advice == "typing");
  CHECK(kTable.find("1", Holds("oauth"))->advice == "general");
  CHECK(kTable.find("1", Holds(""))->advice == "general");
  CHECK(kTable.find("2", Holds("oauth"))->advice == "only oauth");
  CHECK(kTable.find("2", Holds("typing")) == nullptr);
  CHECK(kTable.find("3", Holds("oauth"))->advice == "any oauth");
  CHECK(kTable.find("3", Holds("")) == nullptr);
}

TEST_CASE("a readable code wins over the HTTP status, both ways") {
  const OperationInfo info{"t", "POST", "/t", Authorization::none, Effect::create, "", Millis(1000), ""};
  detail::Reply reply;
  reply.http.status = 500;
  reply.document = detail::Document::json(R"({"errcode":1})");
  reply.unreadable = reply.document.fault();
  CHECK(classify_answer(kTable, Holds(""), {"1", "m", "r"}, info, reply).kind == ErrorKind::conflict);
  const auto success = classify_answer(kTable, Holds(""), {"0", "", ""}, info, reply);
  CHECK_FALSE(success.accepted);
  CHECK(success.kind == ErrorKind::unavailable);
  reply.http.status = 404;
  CHECK(classify_answer(kTable, Holds(""), {"", "", ""}, info, reply).kind == ErrorKind::configuration);
  reply.http.status = 200;
  CHECK(classify_answer(kTable, Holds(""), {"0", "", ""}, info, reply).accepted);
  CHECK(classify_answer(kTable, Holds(""), {"", "", ""}, info, reply).accepted);
}

TEST_CASE("a platform's own reading: failed without a code, a foreign number, a fault that HTTP does not show") {
  const OperationInfo info{"t", "POST", "/t", Authorization::none, Effect::create, "", Millis(1000), ""};
  detail::Reply reply;
  reply.http.status = 200;
  reply.document = detail::Document::json(R"({"ok":false})");
  reply.unreadable = reply.document.fault();
  detail::PlatformAnswer failed{"0", "no", ""};
  failed.failed = true;
  const auto verdict = classify_answer(kTable, Holds(""), failed, info, reply);
  CHECK_FALSE(verdict.accepted);
  CHECK(verdict.kind == ErrorKind::internal);
  CHECK(verdict.code == "0");
  CHECK(verdict.message == "no");
  detail::PlatformAnswer foreign{"1", "", ""};
  foreign.foreign_code = true;
  CHECK(classify_answer(kTable, Holds("oauth"), foreign, info, reply).kind == ErrorKind::needs_authorization);
  CHECK(classify_answer(kTable, Holds(""), foreign, info, reply).kind == ErrorKind::internal);
  detail::PlatformAnswer lacking{"", "", ""};
  lacking.fault = detail::Fault::missing_field;
  CHECK(classify_answer(kTable, Holds(""), lacking, info, reply).kind == ErrorKind::malformed_reply);
  reply.http.status = 502;
  CHECK(classify_answer(kTable, Holds(""), lacking, info, reply).kind == ErrorKind::unavailable);
}
