#include "core/async/timer_queue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace kefu;

TEST_CASE("foundation l: a ticket never comes round, however often its slot is used") {
  detail::TimerSlots<2> timers;  // a slot has four uses, where the real one has 2^39
  std::vector<std::uint64_t> old;
  for (int i = 0; i < 100; ++i) {
    const auto ticket = timers.add(MonoTime{}, [] {});
    CHECK(ticket != 0);
    CHECK((ticket >> 63) == 0);
    for (const auto earlier : old) CHECK(ticket != earlier);
    for (const auto earlier : old) CHECK_FALSE(timers.remove(earlier));
    CHECK(timers.remove(ticket));
    old.push_back(ticket);
  }
  CHECK(timers.empty());
}

TEST_CASE("timers come out by time, then by order of insertion, and one that is removed does not") {
  detail::TimerQueue timers;
  std::string order;
  const auto add = [&](int second, char name) {
    return timers.add(MonoTime(std::chrono::seconds(second)), [&order, name] { order += name; });
  };
  add(3, 'd');
  add(1, 'a');
  const auto removed = add(2, 'x');
  add(2, 'b');
  add(2, 'c');
  CHECK(timers.remove(removed));
  while (!timers.empty()) timers.take_first()();
  CHECK(order == "abcd");
}
