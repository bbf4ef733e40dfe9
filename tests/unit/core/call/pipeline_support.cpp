#include "support/test_platform.hpp"

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(kefu_test::ReadThing) { v.required("id", s.id, Check().max_bytes(16)); }
KEFU_FIELDS(kefu_test::ReadThing::Response) { v.required("name", s.name); }
KEFU_FIELDS(kefu_test::SendThing) {
  v.required("touser", s.to);
  v.constant("msgtype", "text");
  v.group("text", [&](auto& g) { g.required("content", s.content, Check().max_bytes(2048)); });
}

}  // namespace detail
KEFU_END_NAMESPACE

namespace kefu_test {

using namespace kefu;

const Operation& ReadThing::operation() {
  static const Operation row =
      kefu::detail::make_operation<ReadThing>({"test.thing.read", "GET", "/thing", Authorization::access_token,
                                               Effect::read, "thing", Millis(60'000), "Thing"});
  return row;
}

const Operation& SendThing::operation() {
  static const Operation row =
      kefu::detail::make_operation<SendThing>({"test.thing.send", "POST", "/send", Authorization::access_token,
                                               Effect::create, "send", Millis(60'000), "Sending"});
  return row;
}

kefu::detail::CodeTable TestPlatform::default_table() {
  using kefu::detail::CodeRow;
  using kefu::detail::Retry;
  static const CodeRow rows[] = {
      {"-1", "", ErrorKind::unavailable, Delivery::refused, false, Retry::after_backoff, 0, false, "busy"},
      {"40001", "", ErrorKind::credentials_refused, Delivery::refused, true, Retry::after_renewal, 0, false, "stale"},
      {"45009", "", ErrorKind::quota_exhausted, Delivery::refused, false, Retry::after_reset, 0, false, "used up"},
      {"45011", "", ErrorKind::rate_limited, Delivery::refused, false, Retry::after_backoff, 60, false, "minute limit"},
      {"45015", "", ErrorKind::window_closed, Delivery::refused, false, Retry::never, 0, false,
       "wait for the customer"},
      {"45081", "typing", ErrorKind::conflict, Delivery::refused, false, Retry::never, 0, true, "the sign is on"},
      {"45081", "", ErrorKind::conflict, Delivery::refused, false, Retry::never, 0, false, "not typing"},
  };
  return kefu::detail::CodeTable(rows, std::size(rows));
}

}  // namespace kefu_test
