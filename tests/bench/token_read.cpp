// What it costs to read a live token: one account shared by all threads, and accounts of their own; and what a live
// account's token weighs.
#include "bench/harness.hpp"
#include "core/tokens/broker.hpp"

#include <kefu/core/runtime.hpp>

#include <thread>

using namespace kefu;
using detail::FetchedToken;
using detail::TokenBroker;

namespace {

class InstantFetcher final : public detail::TokenFetcher {
 public:
  void fetch(Mode, MonoTime, CancelToken, MoveFunction<void(Result<FetchedToken>)> done) override {
    done(FetchedToken(Secret(std::string(136, 't') + std::to_string(++made_)), std::chrono::seconds(7200)));
  }

 private:
  int made_ = 0;
};

using Brokers = std::vector<std::shared_ptr<TokenBroker>>;

/// `count` accounts with a live token each.
Brokers live_accounts(const Runtime& runtime, int count) {
  const auto core = kefu::detail::core_of(runtime);
  const auto fetcher = std::make_shared<InstantFetcher>();
  Brokers brokers;
  for (int i = 0; i < count; ++i) {
    brokers.push_back(std::make_shared<TokenBroker>(
        core, fetcher, detail::TokenSettings("wechat", "wx" + std::to_string(i), "stable_token")));
    Promise<bool> promise(core);
    auto ready = promise.pending();
    core->scheduler->post([broker = brokers.back(), core, promise = std::move(promise)]() mutable {
      broker->get(core->clock->mono() + Millis(10'000), {},
                  [promise = std::move(promise)](Result<detail::TokenPtr> token) mutable {
                    promise.answer(token.has_value());
                  });
    });
    const auto got = std::move(ready).get();
    if (!got || !*got) {
      std::fprintf(stderr, "no token for account %d\n", i);
      std::exit(1);
    }
  }
  return brokers;
}

void read(const TokenBroker& broker, int times) {
  for (int i = 0; i < times; ++i) {
    const auto token = broker.live();
    kefu_bench::keep(token->value.expose().data());
  }
}

/// Each thread reads the account that `pick` gives it.
template <class Pick>
void read_from_threads(int threads, int times, Pick pick) {
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) running.emplace_back([&, t] { read(pick(t), times); });
  for (auto& thread : running) thread.join();
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = kefu_bench::parse(argc, argv);
  auto runtime = Runtime::create();
  if (!runtime) return 1;
  const Brokers brokers = live_accounts(*runtime, 8);
  constexpr int kReads = 400'000;

  const auto report = [&](const char* name, int threads, auto pick) {
    if (!options.wants(name)) return;
    const auto cost =
        kefu_bench::repeat(options, double(kReads) * threads, [&] { read_from_threads(threads, kReads, pick); });
    kefu_bench::print(options, kefu_bench::Row(name).add("threads", threads).add(cost));
  };
  report("token_read_1", 1, [&](int) -> const TokenBroker& { return *brokers[0]; });
  report("token_read_8", 8, [&](int t) -> const TokenBroker& { return *brokers[static_cast<std::size_t>(t)]; });
  report("token_read_8_shared", 8, [&](int) -> const TokenBroker& { return *brokers[0]; });

  if (options.wants("token_bytes")) {
    constexpr int kAccounts = 10'000;
    const double before = kefu_bench::resident_bytes();
    const Brokers many = live_accounts(*runtime, kAccounts);
    kefu_bench::print(options, kefu_bench::Row("token_bytes")
                                   .add("accounts", kAccounts)
                                   .add("bytes_each", (kefu_bench::resident_bytes() - before) / kAccounts));
  }
  return 0;
}
