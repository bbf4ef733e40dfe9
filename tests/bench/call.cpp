// Processor time per API call against a bare libcurl multi loop that sends the same requests to the same server.
//
//   call_<n>              n calls in flight, each continued inline in `then`: ratio to the bare loop with n in flight
//   call_executor_<n>     the same over the runtime's callback thread
//   call_parsed_once_<n>  as call_<n>, against a bare loop that knows our transport's way with URLs as well: it shows
//                         what the rooms above libcurl cost
//   call_threaded_<n>     the same, and that bare loop lives on a thread of its own, as ours does: glibc gives such a
//                         thread another arena than the main one, whose memory is dearer
//   call_get              one blocking call after the other
//
// Run it with --pin 0: client and server then share one processor, and the kernel's work is counted where it belongs.

#include "bench/harness.hpp"
#include "bench/support/bare_loop.hpp"
#include "bench/support/loopback_server.hpp"
#include "core/call/code_table.hpp"
#include "core/call/pipeline.hpp"
#include "core/call/platform.hpp"

#include <kefu/core/client.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/wechat/customer_messages.hpp>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using kefu_bench::BareLoop;
using kefu_bench::kOpenId;
using kefu_bench::kText;
using kefu_bench::kToken;

// --- ours ----------------------------------------------------------------------------------------------------------

class NoConditions final : public kefu::detail::ConditionCheck {
 public:
  bool holds(std::string_view) const override { return false; }
};

/// An account whose token is at hand: what the pipeline costs without the platform's rooms.
class BenchPlatform final : public kefu::detail::Platform {
 public:
  explicit BenchPlatform(std::string base) : base_(std::move(base)) {}
  std::string_view platform() const override { return "wechat"; }
  std::string_view account() const override { return "wx0000000000000000"; }
  const std::string& base_url(const kefu::OperationInfo&) const override { return base_; }
  void authorize(const kefu::OperationInfo&, kefu::HttpRequest& request, kefu::MonoTime, kefu::CancelToken,
                 Authorized done) override {
    request.query.emplace_back("access_token", kToken);
    done(kefu::detail::CredentialTag{1, 1});
  }
  void renew(kefu::detail::CredentialTag, kefu::MonoTime, kefu::CancelToken,
             kefu::MoveFunction<void(kefu::Result<void>)> done) override {
    done({});
  }
  kefu::detail::Verdict classify(const kefu::OperationInfo& info, const kefu::detail::Reply& reply) const override {
    const auto root = reply.document.root();
    kefu::detail::PlatformAnswer answer;
    answer.code = std::string(root["errcode"].text());
    answer.message = std::string(root["errmsg"].text());
    return classify_answer(kefu::detail::CodeTable(nullptr, 0), NoConditions(), std::move(answer), info, reply);
  }

 private:
  const std::string base_;
};

/// Keeps a number of calls in flight until all are done.
class Caller {
 public:
  Caller(const kefu::ApiClient& client, int total, int in_flight) : client_(client), total_(total) {
    for (int i = 0; i < in_flight; ++i) next();
  }
  void wait() { done_.get_future().wait(); }

 private:
  void next() {
    if (started_.fetch_add(1, std::memory_order_relaxed) >= total_) return;
    kefu::wechat::SendCustomMessage message(kOpenId, kefu::TextContent(kText));
    client_.call(std::move(message)).then([this](auto result) {
      if (!result) {
        std::fprintf(stderr, "a call failed: %s\n", result.error().to_string().c_str());
        std::exit(1);
      }
      if (finished_.fetch_add(1, std::memory_order_relaxed) + 1 == total_) return done_.set_value();
      next();
    });
  }

  const kefu::ApiClient& client_;
  const int total_;
  std::atomic<int> started_{0};
  std::atomic<int> finished_{0};
  std::promise<void> done_;
};

/// A runtime and one account of it.
class Ours {
 public:
  Ours(const std::string& base, std::shared_ptr<kefu::Executor> executor, int in_flight)
      : runtime_(make(std::move(executor), in_flight)),
        client_(std::make_shared<kefu::detail::Pipeline>(kefu::detail::core_of(runtime_),
                                                         std::make_shared<BenchPlatform>(base))) {}

  void run(int total, int in_flight) const { Caller(client_, total, in_flight).wait(); }
  void run_blocking(int total) const {
    for (int i = 0; i < total; ++i)
      if (!client_.call(kefu::wechat::SendCustomMessage(kOpenId, kefu::TextContent(kText))).get()) std::exit(1);
  }

 private:
  static kefu::Runtime make(std::shared_ptr<kefu::Executor> executor, int in_flight) {
    kefu::RuntimeOptions options;
    options.executor = std::move(executor);
    options.curl.connections_per_host = in_flight;
    auto runtime = kefu::Runtime::create(std::move(options));
    if (!runtime) {
      std::fprintf(stderr, "%s\n", runtime.error().to_string().c_str());
      std::exit(2);
    }
    return *std::move(runtime);
  }
  kefu::Runtime runtime_;
  kefu::ApiClient client_;
};

/// A bare loop that was made, and runs, on a thread of its own.
class ThreadedLoop {
 public:
  ThreadedLoop(std::string base, int in_flight)
      : thread_([this, base = std::move(base), in_flight] {
          BareLoop bare(base, in_flight, true);
          std::unique_lock lock(mutex_);
          for (;;) {
            changed_.wait(lock, [this] { return total_ != 0; });
            if (total_ < 0) return;
            bare.run(total_);
            total_ = 0;
            changed_.notify_all();
          }
        }) {}
  ~ThreadedLoop() {
    tell(-1);
    thread_.join();
  }
  ThreadedLoop(const ThreadedLoop&) = delete;
  ThreadedLoop& operator=(const ThreadedLoop&) = delete;

  void run(int total) {
    tell(total);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return total_ == 0; });
  }

 private:
  void tell(int total) {
    const std::lock_guard lock(mutex_);
    total_ = total;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int total_ = 0;
  std::thread thread_;  // the last: it uses the others
};

// --- both ----------------------------------------------------------------------------------------------------------

constexpr int kCalls = 8'000;

void against_bare(const kefu_bench::Options& options, const std::string& base, const std::string& name, int in_flight,
                  const std::shared_ptr<kefu::Executor>& executor, bool parsed_once = false) {
  const std::string row = name + "_" + std::to_string(in_flight);
  if (!options.wants(row)) return;
  const Ours ours(base, executor, in_flight);
  BareLoop bare(base, in_flight, parsed_once);
  kefu_bench::print(options, row,
                    kefu_bench::compare(
                        options, kCalls, [&] { ours.run(kCalls, in_flight); }, [&] { bare.run(kCalls); }));
}

void against_thread(const kefu_bench::Options& options, const std::string& base, int in_flight,
                    const std::shared_ptr<kefu::Executor>& executor) {
  const std::string row = "call_threaded_" + std::to_string(in_flight);
  if (!options.wants(row)) return;
  const Ours ours(base, executor, in_flight);
  ThreadedLoop bare(base, in_flight);
  kefu_bench::print(options, row,
                    kefu_bench::compare(
                        options, kCalls, [&] { ours.run(kCalls, in_flight); }, [&] { bare.run(kCalls); }));
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = kefu_bench::parse(argc, argv);
  const kefu_bench::LoopbackServer server;  // forks: before any thread
  BareLoop::prepare();
  const auto inline_executor = std::make_shared<kefu::InlineExecutor>();
  for (const int in_flight : {1, 16, 256}) against_bare(options, server.base(), "call", in_flight, inline_executor);
  for (const int in_flight : {16, 256}) against_bare(options, server.base(), "call_executor", in_flight, nullptr);
  for (const int in_flight : {16, 256})
    against_bare(options, server.base(), "call_parsed_once", in_flight, inline_executor, true);
  for (const int in_flight : {16, 256}) against_thread(options, server.base(), in_flight, inline_executor);
  if (options.wants("call_get")) {
    constexpr int kBlocking = 4'000;
    const Ours ours(server.base(), nullptr, 1);
    kefu_bench::print(
        options,
        kefu_bench::Row("call_get").add(kefu_bench::repeat(options, kBlocking, [&] { ours.run_blocking(kBlocking); })));
  }
  return 0;
}
