#include <kefu/core/pending.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/when_all.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace kefu;

namespace {

constexpr Millis kSoon{60'000};  // what comes at all comes long before

/// Hears what callbacks threw.
class ThrownObserver final : public Observer {
 public:
  void log(const LogRecord& record) override {
    const std::lock_guard lock(mutex_);
    for (const auto& attribute : record.attributes) heard_ += std::string(attribute.value) + "\n";
  }
  bool heard(const char* text) const {
    const std::lock_guard lock(mutex_);
    return heard_.find(text) != std::string::npos;
  }

 private:
  mutable std::mutex mutex_;
  std::string heard_;
};

struct Home {
  explicit Home(std::shared_ptr<Executor> executor = nullptr) : runtime(make(std::move(executor), observer)) {}
  static Runtime make(std::shared_ptr<Executor> executor, std::shared_ptr<Observer> observer) {
    RuntimeOptions options;
    options.executor = std::move(executor);
    options.observer = std::move(observer);
    return *Runtime::create(std::move(options));
  }
  template <class T = int>
  Promise<T> promise() const {
    return Promise<T>(runtime.home());
  }
  std::shared_ptr<ThrownObserver> observer = std::make_shared<ThrownObserver>();
  Runtime runtime;
};

template <class T>
ErrorKind kind_of(Pending<T>& pending) {
  const auto result = pending.get();
  REQUIRE_FALSE(result);
  return result.error().kind();
}

}  // namespace

TEST_CASE("foundation i: assigning over an unanswered promise answers it") {
  const Home home;
  auto promise = home.promise();
  auto first = promise.pending();
  promise = home.promise();
  REQUIRE(first.wait_for(kSoon));
  const auto dropped = first.get();
  REQUIRE_FALSE(dropped);
  CHECK(dropped.error().kind() == ErrorKind::cancelled);
  CHECK(dropped.error().delivery() == Delivery::unknown);  // who dropped it may have acted before

  auto second = promise.pending();
  SUBCASE("moved out and dropped") {
    { const Promise<int> gone = std::move(promise); }
    REQUIRE(second.wait_for(kSoon));
    CHECK(kind_of(second) == ErrorKind::cancelled);
  }
  SUBCASE("assigned to itself it stays what it was") {
    auto& same = promise;
    promise = std::move(same);
    CHECK_FALSE(second.wait_for(Millis(0)));
    promise.answer(2);
    CHECK(*second.get() == 2);
  }
  SUBCASE("assigned over after its answer") {
    promise.answer(3);
    promise = home.promise();
    CHECK(*second.get() == 3);
  }
}

TEST_CASE("what is answered is cancelled by nobody any more") {
  const Home home;
  auto promise = home.promise();
  auto pending = promise.pending();
  const CancelToken token = promise.cancelled();
  int heard = 0;
  CHECK(token.on_request([&] { ++heard; }) != 0);
  promise.answer(1);
  pending.cancel();
  CHECK(heard == 0);
  CHECK_FALSE(token.requested());
  CHECK(*pending.get() == 1);
}

TEST_CASE("foundation i: a promise has one result side and one answer") {
  const Home home;
  auto promise = home.promise();
  auto first = promise.pending();
  auto again = promise.pending();
  CHECK(kind_of(again) == ErrorKind::bad_argument);
  promise.answer(1);
  promise.answer(2);
  CHECK(*first.get() == 1);

  auto early = home.promise<std::string>();
  early.answer(std::string("answered before it was taken"));
  CHECK(*early.pending().get() == "answered before it was taken");

  auto from = home.promise();
  auto to = std::move(from);
  CHECK(kind_of(*std::make_unique<Pending<int>>(from.pending())) == ErrorKind::bad_argument);
  CHECK_FALSE(from.cancelled().can_be_requested());
  from.answer(4);
  to.answer(5);
  CHECK(*to.pending().get() == 5);
}

TEST_CASE("foundation i: what follows an answer may destroy the promise, what follows a cancel the Pending") {
  const Home home(std::make_shared<InlineExecutor>());
  auto promise = std::make_unique<Promise<int>>(home.promise());
  int value = 0;
  promise->pending().then([&](Result<int> result) {
    promise.reset();
    value = result.value_or(0);
  });
  promise->answer(3);
  CHECK(value == 3);
  CHECK_FALSE(promise);

  auto other = home.promise();
  auto pending = std::make_unique<Pending<int>>(other.pending());
  other.cancelled().on_request([&] { pending.reset(); });
  pending->cancel();
  CHECK_FALSE(pending);
}

TEST_CASE("a Pending is read from a named variable, once") {
  const Home home;
  auto promise = home.promise();
  auto pending = promise.pending();
  CHECK(pending.valid());
  promise.answer(1);
  CHECK(*pending.get() == 1);
  CHECK_FALSE(pending.valid());
  CHECK(kind_of(pending) == ErrorKind::bad_argument);
  CHECK_FALSE(pending.wait_for(Millis(1)));
  pending.cancel();
  pending.detach();
  ErrorKind seen{};
  pending.then([&](Result<int> result) { seen = result.error().kind(); });
  CHECK(seen == ErrorKind::bad_argument);
  auto next = pending.then([](Result<int> result) { return result ? 1 : 2; });
  CHECK(*next.get() == 2);

  auto other = home.promise();
  auto from = other.pending();
  auto to = std::move(from);
  CHECK(kind_of(from) == ErrorKind::bad_argument);
  CHECK_FALSE(other.cancelled().requested());
  other.answer(6);
  CHECK(*to.get() == 6);
}

TEST_CASE("a callback that returns a value, a Result or a Pending gives a Pending again") {
  std::shared_ptr<Executor> executor;
  SUBCASE("callback thread") {}
  SUBCASE("inline") { executor = std::make_shared<InlineExecutor>(); }
  const Home home(executor);
  const auto chain_of = [&](Promise<int>& promise, Promise<std::string>& inner) {
    return promise.pending()
        .then([](Result<int> result) { return result.value_or(0) + 1; })
        .then([](Result<int> result) -> Result<std::string> {
          if (!result || *result != 8) return Error(ErrorKind::conflict, "no eight");
          return std::string("eight");
        })
        .then([&inner](Result<std::string> result) {
          inner.answer(result ? *result + "!" : std::string("none"));
          return inner.pending();
        });
  };
  auto promise = home.promise();
  auto inner = home.promise<std::string>();
  auto chain = chain_of(promise, inner);
  static_assert(std::is_same_v<decltype(chain), Pending<std::string>>);
  promise.answer(7);
  CHECK(*chain.get() == "eight!");

  auto wrong = home.promise();
  auto other = home.promise<std::string>();
  auto second = chain_of(wrong, other);
  wrong.answer(Error(ErrorKind::conflict, "an error is a result like others"));
  CHECK(*second.get() == "none");

  auto done = home.promise();
  auto last = done.pending().then([](Result<int>) -> Result<void> { return {}; });
  static_assert(std::is_same_v<decltype(last), Pending<void>>);
  done.answer(1);
  CHECK(last.get());
}

TEST_CASE("dropping what came from then cancels nothing, cancelling it cancels what the chain waits for") {
  const Home home;
  auto promise = home.promise();
  std::promise<int> ran;
  SUBCASE("dropped") {
    {
      auto dropped =
          promise.pending().then([&](Result<int> result) { return ran.set_value(result ? *result : -1), 0; });
    }
    CHECK_FALSE(promise.cancelled().requested());
    promise.answer(1);
    CHECK(ran.get_future().get() == 1);
  }
  SUBCASE("cancelled before the first step") {
    auto chain = promise.pending().then([](Result<int>) { return 1; }).then([](Result<int>) { return 2; });
    chain.cancel();
    CHECK(promise.cancelled().requested());
    promise.answer(Error(ErrorKind::cancelled, "as asked"));
    CHECK(*chain.get() == 2);
  }
  SUBCASE("cancelled while it waits for what a callback returned") {
    auto inner = home.promise();
    const auto inside = inner.cancelled();
    std::promise<void> returned;
    auto chain = promise.pending().then([&](Result<int>) { return inner.pending(); });
    promise.answer(1);
    // The callback thread has linked the two once it runs the next callback.
    auto after = home.promise();
    after.pending().then([&](Result<int>) { returned.set_value(); });
    after.answer(1);
    returned.get_future().wait();
    CHECK_FALSE(inside.requested());
    chain.cancel();
    CHECK(inside.requested());
    inner.answer(3);
    CHECK(*chain.get() == 3);
  }
}

TEST_CASE("what a callback of a chain throws makes it internal, and the observer is shown it") {
  std::shared_ptr<Executor> executor;
  SUBCASE("callback thread") {}
  SUBCASE("inline") { executor = std::make_shared<InlineExecutor>(); }
  const Home home(executor);
  auto promise = home.promise();
  auto chain = promise.pending().then([](Result<int>) -> int { throw std::runtime_error("thrown in a chain"); });
  promise.answer(1);
  const auto result = chain.get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::internal);
  CHECK(result.error().delivery() == Delivery::unknown);
  std::promise<void> reported;
  auto after = home.promise();
  after.pending().then([&](Result<int>) { reported.set_value(); });
  after.answer(1);
  reported.get_future().wait();
  CHECK(home.observer->heard("thrown in a chain"));
}

TEST_CASE("a loop of a hundred thousand steps that return a Pending needs no deep stack") {
  constexpr int kSteps = 100'000;
  const Home home;
  struct Counter {
    const Home& home;
    int left = kSteps;
    Pending<int> step() {
      auto promise = home.promise();
      auto pending = promise.pending();
      promise.answer(left);
      return pending.then([this](Result<int>) { return --left > 0 ? step() : ended(); });
    }
    Pending<int> ended() {
      auto promise = home.promise();
      auto pending = promise.pending();
      promise.answer(42);
      return pending;
    }
  };
  Counter counter{home};
  CHECK(*counter.step().get() == 42);

  // Cancelled and dropped without an answer, it unwinds in the same way.
  std::vector<Promise<int>> open;
  open.push_back(home.promise());
  auto outer = open.back().pending();
  for (int i = 0; i < kSteps; ++i)
    outer = [&] {
      auto next = home.promise();
      auto pending = next.pending();
      next.answer(std::move(outer));
      return pending;
    }();
  outer.cancel();
  CHECK(open.front().cancelled().requested());
  open.clear();
  CHECK(kind_of(outer) == ErrorKind::cancelled);
}

TEST_CASE("when_all answers with every result in its place") {
  const Home home;
  auto one = home.promise();
  auto two = home.promise<std::string>();
  auto three = home.promise<void>();
  SUBCASE("of several kinds") {
    auto all = when_all(one.pending(), two.pending(), three.pending());
    three.answer(Result<void>());
    two.answer(Error(ErrorKind::conflict, "two"));
    CHECK_FALSE(all.wait_for(Millis(0)));
    one.answer(1);
    const auto results = all.get();
    REQUIRE(results);
    const auto& [first, second, third] = *results;
    CHECK(*first == 1);
    CHECK(second.error().kind() == ErrorKind::conflict);
    CHECK(third);
  }
  SUBCASE("of one kind, answered by many threads") {
    std::vector<Promise<int>> promises;
    std::vector<Pending<int>> pendings;
    for (int i = 0; i < 64; ++i) {
      promises.push_back(home.promise());
      pendings.push_back(promises.back().pending());
    }
    auto all = when_all(std::move(pendings));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&promises, t] {
        for (int i = t; i < 64; i += 4) promises[static_cast<std::size_t>(i)].answer(i);
      });
    for (auto& thread : threads) thread.join();
    const auto results = all.get();
    REQUIRE(results);
    REQUIRE(results->size() == 64);
    for (int i = 0; i < 64; ++i) CHECK(*(*results)[static_cast<std::size_t>(i)] == i);
  }
  SUBCASE("of none, and of one that was used") {
    CHECK(when_all(std::vector<Pending<int>>()).get()->empty());
    auto used = one.pending();
    one.answer(1);
    CHECK(*used.get() == 1);
    const auto results = when_all(std::move(used)).get();
    CHECK(std::get<0>(*results).error().kind() == ErrorKind::bad_argument);
  }
  SUBCASE("cancelled or dropped it cancels all") {
    auto all = when_all(one.pending(), two.pending());
    SUBCASE("cancelled") { all.cancel(); }
    SUBCASE("dropped") { const auto dropped = std::move(all); }
    CHECK(one.cancelled().requested());
    CHECK(two.cancelled().requested());
  }
}

TEST_CASE("a callback that calls again, of calls that are refused at once, needs no deep stack") {
  constexpr int kCalls = 100'000;
  for (const bool at_once : {true, false}) {
    Home home(at_once ? std::make_shared<InlineExecutor>() : nullptr);
    // Without its own thread of callbacks, as after a stop, each is called where the executor drops it.
    if (!at_once) home.runtime.stop();
    int calls = 0;
    std::function<void()> next = [&] {
      auto promise = home.promise();
      auto pending = promise.pending();
      promise.answer(++calls);
      pending.then([&](Result<int> result) {
        CHECK(result);
        if (calls < kCalls) next();
      });
    };
    next();
    CHECK(calls == kCalls);
  }
}

TEST_CASE("a callback deep inside others may wait for one that has not run yet") {
  const Home home(std::make_shared<InlineExecutor>());
  int depth = 0;
  int waited_for = 0;
  std::function<void()> next = [&] {
    auto promise = home.promise();
    auto pending = promise.pending();
    promise.answer(1);
    auto chained = pending.then([&](Result<int> result) {
      if (++depth < 200) next();
      return *result + 1;
    });
    if (*chained.get() == 2) ++waited_for;
  };
  next();
  CHECK(depth == 200);
  CHECK(waited_for == 200);
}

TEST_CASE("CON-4: a promise answered by what a callback gives is not waited for on the thread of callbacks") {
  const Home home;
  std::promise<ErrorKind> told;
  auto first = home.promise();
  first.pending().then([&](Result<int>) {
    auto given = home.promise();
    auto outer = home.promise();
    auto pending = outer.pending();
    outer.answer(given.pending().then([](Result<int> result) { return *result + 1; }));
    given.answer(1);
    told.set_value(kind_of(pending));
  });
  first.answer(1);
  CHECK(told.get_future().get() == ErrorKind::bad_argument);
}
