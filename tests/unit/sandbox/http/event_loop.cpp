#include "sandbox/http/event_loop.hpp"

#include <doctest/doctest.h>

#include <future>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

using kefu::MonoTime;
using kefu::sandbox::EventLoop;

TEST_CASE("a task that throws ends itself only, a watcher that throws is forgotten") {
  EventLoop loop;
  REQUIRE(loop.start());
  std::promise<void> second;
  loop.run_at(MonoTime::min(), [] { throw std::length_error("too long"); });
  loop.run_at(MonoTime::min(), [&second] { second.set_value(); });
  second.get_future().wait();

  const int event = ::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
  int seen = 0;
  std::promise<void> watched, later;
  loop.run_at(MonoTime::min(), [&] {
    CHECK(loop.watch(event, EPOLLIN, [&](std::uint32_t) {
      if (++seen == 1) watched.set_value();
      throw std::out_of_range("stoll");
    }));
  });
  watched.get_future().wait();
  loop.run_at(loop.now() + kefu::Millis(50), [&later] { later.set_value(); });
  later.get_future().wait();
  loop.stop();
  CHECK(seen == 1);
  ::close(event);
}
