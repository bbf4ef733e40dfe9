#include <kefu/core/error.hpp>

#include <doctest/doctest.h>

using namespace kefu;

TEST_CASE("an error of this side says that nothing was sent") {
  const Error error(ErrorKind::bad_argument, "openid is empty");
  CHECK(error.kind() == ErrorKind::bad_argument);
  CHECK(error.delivery() == Delivery::not_sent);
  CHECK(error.to_string() == "bad_argument (not_sent): openid is empty");
}

TEST_CASE("ERR-2: one line holds everything an operator needs") {
  ErrorDetails details;
  details.message = "wait for the customer";
  details.operation = "wechat.message.custom.send";
  details.platform_code = "45015";
  details.platform_message = "response out of time limit";
  details.request_id = "1-2-3";
  details.http_status = 500;
  details.parts_delivered = 2;
  details.retry_after = Millis(1500);
  const Error error(ErrorKind::window_closed, Delivery::refused, details);
  CHECK(error.to_string() ==
        "wechat.message.custom.send: window_closed (refused), platform said 45015 \"response out of time limit\", rid "
        "1-2-3, http 500, retry after 1500 ms, 2 part(s) already delivered: wait for the customer");
  const Error copy = error;
  CHECK(&copy.details() == &error.details());
}
