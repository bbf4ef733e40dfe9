#include "core/async/runtime_core.hpp"
#include "support/raw_server.hpp"
#include "support/test_platform.hpp"

#include <kefu/core/client.hpp>
#include <kefu/core/runtime.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace kefu;
using kefu_test::RawConnection;
using kefu_test::RawServer;
using kefu_test::ReadThing;
using kefu_test::TestPlatform;

namespace {

/// Runs `child` in a fork; the child must end with its word within a minute, or a signal ends it.
template <class Child>
std::string word_of_child(Child child) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(60);
    const std::string word = child();
    static_cast<void>(!::write(ends[1], word.data(), word.size()));
    ::_exit(0);  // no exit handlers: they belong to the parent
  }
  ::close(ends[1]);
  std::string word;
  char part[256];
  for (long size; (size = ::read(ends[0], part, sizeof part)) > 0;) word.append(part, static_cast<std::size_t>(size));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) word += " killed by signal " + std::to_string(WTERMSIG(status));
  return word;
}

template <class T>
std::string ending_of(const Result<T>& result) {
  return result ? "answered" : std::string(to_string(result.error().kind()));
}

/// A runtime in the middle of its work: one call answered, one on the wire.
struct Parent {
  Parent() : runtime(std::make_unique<Runtime>(*Runtime::create())), platform(std::make_shared<TestPlatform>()) {
    platform->base = server.base();
    client.emplace(std::make_shared<detail::Pipeline>(kefu::detail::core_of(*runtime), platform));
    CHECK(client->call(ReadThing("7")).get());
    pending.emplace(client->call(ReadThing("8")));
    seen.get_future().wait();
  }
  std::promise<void> seen;
  RawServer server{[this](RawConnection& connection, int) {
    connection.read_request();
    connection.reply(R"({"errcode":0,"name":"lamp"})");
    if (connection.read_request().empty()) return;
    seen.set_value();
    release.get_future().wait();
    connection.reply(R"({"errcode":0,"name":"lamp"})");
    while (!connection.read_request().empty()) connection.reply(R"({"errcode":0,"name":"lamp"})");
  }};
  std::promise<void> release;
  std::unique_ptr<Runtime> runtime;
  std::shared_ptr<TestPlatform> platform;
  std::optional<ApiClient> client;
  std::optional<Pending<ReadThing::Response>> pending;
};

}  // namespace

TEST_CASE("a child of fork gets errors, never hangs, and does not disturb its parent") {
  Parent parent;
  std::string word;
  SUBCASE("a new call") {
    word = word_of_child([&] { return ending_of(parent.client->call(ReadThing("9")).get()); });
    CHECK(word == "configuration");
  }
  SUBCASE("waiting for the parent's call") {
    word = word_of_child([&] {
      std::string out = parent.pending->wait_for(Millis(100)) ? "came " : "did not come, ";
      return out + ending_of(std::move(*parent.pending).get());
    });
    CHECK(word == "did not come, configuration");
  }
  SUBCASE("a callback for the parent's call") {
    word = word_of_child([&] {
      std::string out = "not called";
      std::move(*parent.pending).then([&out](auto result) { out = ending_of(result); });
      return out;
    });
    CHECK(word == "cancelled");
  }
  SUBCASE("foundation i: a promise of the parent's, dropped or answered in the child") {
    Promise<int> dropped(parent.runtime->home());
    Promise<int> answered(parent.runtime->home());
    auto first = dropped.pending();
    auto second = answered.pending();
    auto chain = second.then([](Result<int> result) { return result ? *result + 1 : 0; });
    word = word_of_child([&] {
      { const auto gone = std::move(dropped); }
      answered.answer(1);
      return ending_of(first.get()) + ", " + std::to_string(*chain.get());
    });
    CHECK(word == "cancelled, 2");
    CHECK_FALSE(first.wait_for(Millis(0)));  // the parent's own is as it was
    dropped.answer(1);
    CHECK(first.get());
  }
  SUBCASE("store work") {
    word = word_of_child([&] {
      std::string out = "not called";
      kefu::detail::core_of(*parent.runtime)
          ->with_store<int>([](Store&) -> Result<int> { return 1; },
                            [&out](Result<int> result) { out = ending_of(result); });
      return out;
    });
    CHECK(word == "configuration");
  }
  SUBCASE("destructors, in every order") {
    word = word_of_child([&] {
      parent.pending.reset();
      parent.runtime->stop();
      parent.runtime.reset();
      parent.client.reset();
      parent.platform.reset();
      return std::string("all gone");
    });
    CHECK(word == "all gone");
  }
#if !defined(__SANITIZE_THREAD__)  // ThreadSanitizer allows no threads after a fork
  SUBCASE("a runtime of its own") {
    word = word_of_child([&] {
      auto own = Runtime::create();
      if (!own) return own.error().to_string();
      const auto platform = std::make_shared<TestPlatform>();
      platform->base = parent.server.base();
      const ApiClient client(std::make_shared<detail::Pipeline>(kefu::detail::core_of(*own), platform));
      return ending_of(client.call(ReadThing("9")).get());
    });
    CHECK(word == "answered");
  }
#endif
  // The parent's connection was not touched: its call is answered.
  parent.release.set_value();
  CHECK(std::move(*parent.pending).get());
  CHECK(parent.client->call(ReadThing("10")).get());
}
