// The broker on real runtimes: what two processes with eight threads each do to one platform.
#include "core/tokens/broker.hpp"

#include <kefu/core/runtime.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace kefu;
using detail::TokenPtr;

namespace {

/// Answers after 20 ms and counts; shared by all processes, like the platform.
struct Endpoint {
  std::atomic<int> fetches{0};
  std::chrono::seconds life{7200};
};

class SlowFetcher final : public detail::TokenFetcher {
 public:
  SlowFetcher(std::shared_ptr<detail::RuntimeCore> core, std::shared_ptr<Endpoint> endpoint)
      : core_(std::move(core)), endpoint_(std::move(endpoint)) {}
  void fetch(Mode, MonoTime, CancelToken, MoveFunction<void(Result<detail::FetchedToken>)> done) override {
    const int number = ++endpoint_->fetches;
    core_->scheduler->run_at(core_->clock->mono() + Millis(20),
                             [number, life = endpoint_->life, done = std::move(done)]() mutable {
                               done(detail::FetchedToken(Secret("token" + std::to_string(number)), life));
                             });
  }

 private:
  const std::shared_ptr<detail::RuntimeCore> core_;
  const std::shared_ptr<Endpoint> endpoint_;
};

struct Process {
  Process(const std::shared_ptr<Store>& store, const std::shared_ptr<Endpoint>& endpoint) {
    RuntimeOptions options;
    options.store = store;
    runtime.emplace(Runtime::create(options).value());
    broker = std::make_shared<detail::TokenBroker>(
        kefu::detail::core_of(*runtime), std::make_shared<SlowFetcher>(kefu::detail::core_of(*runtime), endpoint),
        detail::TokenSettings("wechat", "wx1", "token"));
  }
  /// As the pipeline asks: on the loop.
  Pending<std::string> token() {
    Promise<std::string> promise(kefu::detail::core_of(*runtime));
    auto pending = promise.pending();
    kefu::detail::core_of(*runtime)->scheduler->post(
        [b = broker, core = kefu::detail::core_of(*runtime), promise = std::move(promise)]() mutable {
          b->get(core->clock->mono() + Millis(10'000), {}, [promise = std::move(promise)](Result<TokenPtr> r) mutable {
            if (!r) return promise.answer(r.error());
            promise.answer(std::string((*r)->value.expose()));
          });
        });
    return pending;
  }

  std::optional<Runtime> runtime;
  std::shared_ptr<detail::TokenBroker> broker;
};

std::vector<std::string> ask_from_threads(std::vector<std::unique_ptr<Process>>& processes, int threads, int times) {
  std::vector<std::string> answers(processes.size() * static_cast<std::size_t>(threads * times));
  std::vector<std::thread> running;
  std::size_t slot = 0;
  for (auto& process : processes) {
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([&answers, slot, times, p = process.get()] {
        for (int i = 0; i < times; ++i) {
          auto answer = p->token().get();
          answers[slot + static_cast<std::size_t>(i)] = answer ? *answer : answer.error().to_string();
        }
      });
      slot += static_cast<std::size_t>(times);
    }
  }
  for (auto& thread : running) thread.join();
  return answers;
}

}  // namespace

TEST_CASE("TOK-1: two processes of eight threads with no token make one fetch") {
  auto store = std::make_shared<MemoryStore>();
  auto endpoint = std::make_shared<Endpoint>();
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 2; ++i) processes.push_back(std::make_unique<Process>(store, endpoint));
  for (const std::string& answer : ask_from_threads(processes, 8, 20)) CHECK(answer == "token1");
  CHECK(endpoint->fetches == 1);
  for (const auto& process : processes) CHECK(process->broker->live()->value.expose() == "token1");
}

TEST_CASE("TOK-2: two processes of eight threads whose token is refused everywhere make one more fetch") {
  auto store = std::make_shared<MemoryStore>();
  auto endpoint = std::make_shared<Endpoint>();
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 2; ++i) processes.push_back(std::make_unique<Process>(store, endpoint));
  ask_from_threads(processes, 1, 1);
  std::vector<Pending<bool>> renewals;
  for (auto& process : processes) {
    const auto tag = process->broker->live()->tag;
    for (int call = 0; call < 16; ++call) {
      auto core = kefu::detail::core_of(*process->runtime);
      Promise<bool> promise(core);
      renewals.push_back(promise.pending());
      core->scheduler->post([b = process->broker, core, tag, promise = std::move(promise)]() mutable {
        b->refused(tag, core->clock->mono() + Millis(10'000), {},
                   [promise = std::move(promise)](Result<void> r) mutable { promise.answer(r.has_value()); });
      });
    }
  }
  for (auto& renewal : renewals) CHECK(std::move(renewal).get().value());
  for (const std::string& answer : ask_from_threads(processes, 8, 2)) CHECK(answer == "token2");
  CHECK(endpoint->fetches == 2);
}

TEST_CASE("a token is read from many threads while it is replaced") {
  auto store = std::make_shared<MemoryStore>();
  auto endpoint = std::make_shared<Endpoint>();
  endpoint->life = std::chrono::seconds(1);  // replaced every 0.9 s at the earliest
  std::vector<std::unique_ptr<Process>> processes;
  processes.push_back(std::make_unique<Process>(store, endpoint));
  ask_from_threads(processes, 1, 1);
  const auto broker = processes[0]->broker;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> read{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t)
    readers.emplace_back([&] {
      while (!stop) {
        if (const TokenPtr token = broker->live()) read += token->value.size() > 0 ? 1 : 0;
      }
    });
  const auto tag = broker->live()->tag;
  auto core = kefu::detail::core_of(*processes[0]->runtime);
  Promise<bool> promise(core);
  auto renewed = promise.pending();
  core->scheduler->post([broker, core, tag, promise = std::move(promise)]() mutable {
    broker->refused(tag, core->clock->mono() + Millis(10'000), {},
                    [promise = std::move(promise)](Result<void> r) mutable { promise.answer(r.has_value()); });
  });
  CHECK(std::move(renewed).get().value());
  stop = true;
  for (auto& reader : readers) reader.join();
  CHECK(read > 0);
  CHECK(endpoint->fetches == 2);
}

TEST_CASE("a runtime that stops while a token is being fetched answers everybody and leaks nobody") {
  auto store = std::make_shared<MemoryStore>();
  auto endpoint = std::make_shared<Endpoint>();
  Process process(store, endpoint);
  std::vector<Pending<std::string>> waiting;
  for (int i = 0; i < 100; ++i) waiting.push_back(process.token());
  process.runtime->stop();
  for (auto& pending : waiting) {
    const auto answer = std::move(pending).get();
    if (!answer) CHECK(answer.error().kind() == ErrorKind::cancelled);
  }
}
