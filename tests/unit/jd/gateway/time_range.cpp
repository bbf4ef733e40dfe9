// foundation l at JD: moments and spans far outside range.
#include "jd/gateway/clock_check.hpp"

#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace kefu;

TEST_CASE("foundation l: the ends of time have a day of the gateway's calendar") {
  for (const WallTime when : {WallTime::max(), WallTime::min(), WallTime(), kLatestTime, kEarliestTime}) {
    CHECK(jd::gateway_time(when).size() == 19);
    CHECK(jd::gateway_date(when).size() == 10);
    CHECK(jd::start_of_day(when) <= kLatestTime);
  }
}

TEST_CASE("foundation l: moments in texts that no clock can hold are none, or the last there is") {
  for (const char* text : {"9223372036854775807", "99999999999999999999", "-9223372036854775808", "0",
                           "1000000000000000000", "9999-12-31 23:59:59", "0001-01-01 00:00:00"})
    CHECK_FALSE(jd::read_gateway_time(text));
  CHECK(jd::read_gateway_time("2255-12-31 23:59:59 +0800").value_or(kLatestTime) <= kLatestTime);
}

TEST_CASE("foundation l: a Date header with a month that is none is no date") {
  CHECK(jd::read_http_date("Sun, 06 Nov 1994 08:49:37 GMT"));
  CHECK_FALSE(jd::read_http_date("Sun, 06 Xxx 1994 08:49:37 GMT"));
  CHECK_FALSE(jd::read_http_date("Sun, 06 anF 1994 08:49:37 GMT"));
  REQUIRE(jd::read_http_date("Sun, 06 Nov 9999 08:49:37 GMT"));
  CHECK(*jd::read_http_date("Sun, 06 Nov 9999 08:49:37 GMT") == kLatestTime);
}
