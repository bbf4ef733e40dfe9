// What bounds a thing that waits, taken by itself.
#include "core/async/wait.hpp"

#include "support/simulated_core.hpp"

#include <doctest/doctest.h>

using namespace kefu;
using kefu::detail::Wait;

TEST_CASE("a wait is over at its deadline, and a cancel is told before that") {
  kefu_test::SimulatedCore w;
  const CancelSource caller;
  const MonoTime end = w.time->mono() + Millis(100);
  const Wait wait(w.time, end, caller.token());
  CHECK_FALSE(wait.over(end - std::chrono::nanoseconds(1)));
  CHECK(wait.over(end) == Wait::End::deadline);
  CHECK(wait.left(end) == Millis(0));
  CHECK(wait.left(end + Millis(5)) == Millis(0));
  CHECK(wait.left(end - Millis(3)) == Millis(3));
  caller.request();
  CHECK(wait.over(end) == Wait::End::cancelled);
}

TEST_CASE("what a flow was given goes on to each of its calls") {
  kefu_test::SimulatedCore w;
  CallOptions given(Millis(60'000));
  const CancelSource caller;
  const CancelSource account;
  given.cancel = caller.token();
  given.retry = RetryPolicy(7, Millis(3));
  given.trace = TraceParent(1, 2, 3);
  Wait wait(w.time, w.time->mono() + Millis(100), given, account.token());
  w.time->advance(Millis(40));
  const CallOptions rest = wait.rest(*w.time);
  CHECK(rest.timeout == Millis(60));
  REQUIRE(rest.retry);
  CHECK(rest.retry->repeats == 7);
  CHECK(rest.trace.to_string() == given.trace.to_string());
  CHECK_FALSE(rest.cancel.requested());
  account.request();
  CHECK(rest.cancel.requested());
}

TEST_CASE("foundation l: a wait that is over leaves nothing with those who could have cancelled it") {
  kefu_test::SimulatedCore w;
  const CancelSource caller;
  const CancelSource account;
  const auto held = std::make_shared<int>();
  {
    Wait wait(w.time, w.time->mono() + Millis(100), caller.token(), account.token());
    wait.token().on_request([held] {});
    CHECK(held.use_count() == 2);
  }
  CHECK(held.use_count() == 1);
}
