// Processor time of sending one text to a customer through an account: reply window over the memory store, order of the
// customer's messages, pipeline, wire; beside a bare libcurl multi loop that sends the same requests to the same
// server.
//
//   send_<n>   n customers written to at a time, each next message started in the `then` of the last
//   syscalls   only if named with --only: 5,000 messages one after the other, to count the system calls of the I/O
//              thread from outside (strace counts each twice that another thread interrupts, hence "resumed"):
//                strace -f -o trace bench/send --only syscalls; grep -v resumed trace | cut -d' ' -f1 | sort | uniq -c
//              the thread with by far the most beside the server (3 a message) is the I/O thread; divide by 5,000
//   bare_syscalls   the same of the bare loop
//
// Run it with --pin 0: client and server then share one processor, and the kernel's work is counted where it belongs.

#include "bench/harness.hpp"
#include "bench/support/bare_loop.hpp"
#include "bench/support/loopback_server.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/wechat/account.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace kefu;

namespace {

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  std::exit(1);
}

class GivenToken final : public TokenSource {
 public:
  void get(MoveFunction<void(Result<Secret>)> done) override { done(Secret(kefu_bench::kToken)); }
  void report_invalid(const Secret&, MoveFunction<void(Result<void>)> done) override { done({}); }
};

/// An account, and customers with windows that no run uses up.
class Shop {
 public:
  Shop(const std::string& base, int customers) : runtime_(make_runtime(customers)), account_(make_account(base)) {
    const WallTime now = runtime_.clock().wall();
    for (int i = 0; i < customers; ++i) {
      customers_.push_back(kefu_bench::kOpenId.substr(0, 24) + std::to_string(1000 + i));
      if (!account_->reply_ledger()->opened(customers_.back(), "message", now, now)) std::exit(1);
    }
  }
  void run(int total) {
    started_ = 0;
    finished_ = 0;
    total_ = total;
    done_ = std::promise<void>();
    for (const std::string& customer : customers_) next(customer);
    done_.get_future().wait();
  }

 private:
  static Runtime make_runtime(int in_flight) {
    RuntimeOptions options;
    options.executor = std::make_shared<InlineExecutor>();
    options.curl.connections_per_host = in_flight;
    return must(Runtime::create(std::move(options)));
  }
  std::shared_ptr<wechat::Account> make_account(const std::string& base) const {
    wechat::AccountConfig config("wx0123456789abcdef", Secret("0123456789abcdef0123456789abcdef"),
                                 wechat::AccountKind::service_account);
    config.base_url = base;
    config.token_source = std::make_shared<GivenToken>();
    config.reply_rules.emplace();
    config.reply_rules->rules.emplace_back("message", 1'000'000'000, std::chrono::hours(48));
    return must(wechat::Account::create(runtime_, std::move(config)));
  }
  void next(const std::string& customer) {
    if (started_.fetch_add(1, std::memory_order_relaxed) >= total_) return;
    account_->send(Message(Address("", CustomerId(customer)), TextContent(kefu_bench::kText)))
        .then([this, &customer](Result<Receipt> result) {
          if (!must(std::move(result)).messages_left) std::exit(1);
          if (finished_.fetch_add(1, std::memory_order_relaxed) + 1 == total_) return done_.set_value();
          next(customer);
        });
  }

  Runtime runtime_;
  const std::shared_ptr<wechat::Account> account_;
  std::vector<std::string> customers_;
  int total_ = 0;
  std::atomic<int> started_{0};
  std::atomic<int> finished_{0};
  std::promise<void> done_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto options = kefu_bench::parse(argc, argv);
  const kefu_bench::LoopbackServer server;  // forks: before any thread
  kefu_bench::BareLoop::prepare();
  constexpr int kCounted = 5'000;
  if (options.only == "syscalls") return Shop(server.base(), 1).run(kCounted), 0;
  if (options.only == "bare_syscalls") return kefu_bench::BareLoop(server.base(), 1, false).run(kCounted), 0;
  for (const int in_flight : {1, 16}) {
    const std::string row = "send_" + std::to_string(in_flight);
    if (!options.wants(row)) continue;
    constexpr int kMessages = 8'000;
    Shop shop(server.base(), in_flight);
    kefu_bench::BareLoop bare(server.base(), in_flight, false);
    kefu_bench::print(options, row,
                      kefu_bench::compare(
                          options, kMessages, [&] { shop.run(kMessages); }, [&] { bare.run(kMessages); }));
  }
  return 0;
}
