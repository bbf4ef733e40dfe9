#pragma once

#include "core/async/fork_guard.hpp"
#include "core/async/host_code.hpp"
#include "core/async/shared_values.hpp"
#include "core/async/span_ids.hpp"

#include <kefu/core/pending.hpp>
#include <kefu/core/runtime.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Runs blocking store work away from the I/O thread, in order, from a bounded queue. With simulated time there is no
/// thread: work is posted to the scheduler.
class StoreQueue {
 public:
  virtual ~StoreQueue() = default;
  /// False: the queue is full or stopped; the work was not taken.
  virtual bool post(Task work) = 0;
  /// Finishes the work at hand and drops what is queued.
  virtual void stop() = 0;
  virtual bool is_own_thread() const = 0;
};

/// What accounts, pipelines and brokers share: the parts of one runtime. Outlives its owner as long as a handle does;
/// after stop() it answers everything with `cancelled`.
///
/// Thread safety: immutable but for the state of stopping; the parts say their own.
class KEFU_EXPORT RuntimeCore final : public PendingHome, public std::enable_shared_from_this<RuntimeCore> {
 public:
  RuntimeCore();
  ~RuntimeCore() override;

  std::string name_space;
  bool multi_instance = false;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Scheduler> scheduler;
  std::shared_ptr<Executor> executor;
  bool inline_callbacks = false;  ///< The executor is InlineExecutor: spares its wrapping.
  /// `done` comes on the loop from the default transport, on any thread from a host's.
  std::shared_ptr<Transport> transport;
  bool transport_is_ours = false;  ///< The default one: it answers once, and throws nothing.
  std::shared_ptr<Store> store;
  std::shared_ptr<Observer> observer;  ///< Redacting; null if the host gave none.
  std::shared_ptr<Jitter> jitter;
  std::shared_ptr<StoreQueue> store_queue;
  SharedValues shared_values;            ///< Of its accounts.
  SpanIds span_ids;                      ///< For the spans that an observer gets.
  std::size_t most_calls = 100'000;      ///< See RuntimeOptions::calls_in_flight.
  std::size_t most_callbacks = 100'000;  ///< See RuntimeOptions::callback_queue.
  std::atomic<std::size_t> calls_in_flight{0};
  std::atomic<std::size_t> callbacks_waiting{0};

  void run_callback(Task task) override;
  void run_here(Task& task) override;
  std::optional<Error> refuse_wait() const override;
  bool forked() const override { return fork_guard_.forked(); }
  Help help(MonoTime until) override;
  MonoTime now() const override { return clock->mono(); }

  /// True on the library's own I/O and store threads.
  bool may_not_block() const { return scheduler->is_own_thread() || store_queue->is_own_thread(); }

  /// Set in a child of fork() or after stop: every new piece of work answers this error at once.
  std::optional<Error> refusal() const;

  /// Asked where a call of the host starts: `refusal`, or `rate_limited` while too much is under way. The calls that
  /// one in flight makes on its own way (a token, the next part of a message) are not asked again.
  std::optional<Error> refuse_start() const;

  /// Runs `work(Store&)`, which returns Result<T>, on the store thread, then `done(Result<T>)` on the loop. From the
  /// loop, `done` is called at once with `rate_limited` when the queue is full, or with `refusal`. At shutdown `done`
  /// is destroyed uncalled: its owner answers. Call it from any thread.
  template <class T, class Work, class Done>
  void with_store(Work work, Done done);

  /// The end of all activity, in the order loop, store, callbacks. Called from one of the runtime's own threads it
  /// returns at once where waiting would be for itself. The first call does it; others wait for it if they can.
  void stop();
  /// Ends the runtime's own callback thread, if it has one, after its last callback.
  std::function<void()> stop_callbacks;
  std::function<bool()> on_callback_thread;
  /// Ends what a host's transport still owes (the default one is told by its loop).
  std::function<void()> stop_transport;

 private:
  class Waiting;
  enum class Phase : unsigned char { running, stopping, stopped };
  bool on_own_thread() const;

  const ForkGuard fork_guard_;
  std::atomic<bool> refusing_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  Phase phase_ = Phase::running;
};

/// The way from a Runtime to its inside.
struct RuntimeAccess {
  static std::shared_ptr<RuntimeCore> core(const Runtime& runtime) {
    return std::static_pointer_cast<RuntimeCore>(runtime.core_);
  }
};
inline std::shared_ptr<RuntimeCore> core_of(const Runtime& runtime) { return RuntimeAccess::core(runtime); }

template <class T, class Work, class Done>
void RuntimeCore::with_store(Work work, Done done) {
  struct Job {
    Job(std::shared_ptr<RuntimeCore> c, Work w, Done d) : core(std::move(c)), work(std::move(w)), done(std::move(d)) {}
    std::shared_ptr<RuntimeCore> core;
    Work work;
    Done done;
  };
  auto job = std::make_shared<Job>(shared_from_this(), std::move(work), std::move(done));
  auto refused = refusal();
  if (!refused && store_queue->post([job] {
        auto result = std::make_unique<Result<T>>(
            call_host(job->core->observer.get(), host_seam::kStore, [&] { return job->work(*job->core->store); }));
        Scheduler& loop = *job->core->scheduler;
        loop.post([job, result = std::move(result)] { job->done(std::move(*result)); });
      }))
    return;
  if (!refused)
    refused = Error(ErrorKind::rate_limited,
                    "the queue of the store thread is full: the store is slower than the calls; raise store_queue or "
                    "call less");
  if (scheduler->is_own_thread()) return job->done(Result<T>(*std::move(refused)));
  if (this->refusal()) return job->done(Result<T>(*std::move(refused)));
  scheduler->post([job, error = *std::move(refused)]() mutable { job->done(Result<T>(std::move(error))); });
}

}  // namespace detail
KEFU_END_NAMESPACE
