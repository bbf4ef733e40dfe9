#include <kefu/jd/thread.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using namespace kefu;

TEST_CASE("threads of sessions and after-sale orders are written and read back") {
  CHECK(jd::thread_of(jd::SessionThread("sid-20240601-0001")) == "sid:sid-20240601-0001");
  CHECK(jd::thread_of(jd::AfterSaleThread(3001, INT64_MAX)) == "asc:3001:9223372036854775807");

  const auto session = jd::read_thread("sid:a:b");
  REQUIRE(session.has_value());
  REQUIRE(std::holds_alternative<jd::SessionThread>(*session));
  CHECK(std::get<jd::SessionThread>(*session).sid == "a:b");

  const auto order = jd::read_thread("asc:3001:9223372036854775807");
  REQUIRE(order.has_value());
  REQUIRE(std::holds_alternative<jd::AfterSaleThread>(*order));
  CHECK(std::get<jd::AfterSaleThread>(*order).service_id == 3001);
  CHECK(std::get<jd::AfterSaleThread>(*order).order_id == INT64_MAX);
}

TEST_CASE("threads of no known form are refused and say what one looks like") {
  for (const char* wrong : {"", "sid:", "asc:", "asc::1", "asc:1", "asc:1:", "asc:1:2:3", "asc:-1:2", "asc:1: 2",
                            "asc:9223372036854775808:1", "kf123", "SID:1"}) {
    const auto thread = jd::read_thread(wrong);
    REQUIRE_FALSE_MESSAGE(thread.has_value(), wrong);
    CHECK(thread.error().kind() == ErrorKind::bad_argument);
    CHECK(thread.error().message().find("asc:<serviceId>:<orderId>") != std::string::npos);
  }
}
