#pragma once

#include "core/async/file_thread.hpp"
#include "core/async/fork_guard.hpp"
#include "core/async/host_code.hpp"
#include "core/async/host_debts.hpp"
#include "core/async/shared_values.hpp"
#include "core/async/span_ids.hpp"
#include "core/async/work_thread.hpp"

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
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Which store work stays in order with which: all of one lane does, work of different lanes may overtake.
struct Affinity {
  Affinity() {}  ///< The one lane of all work that names none.
  explicit Affinity(std::string_view name) : lane(std::hash<std::string_view>()(name)) {}
  /// What brings something begun to its end (gives a reserved window back, keeps a renewed grant) is taken also when
  /// the queue is full: what was accepted before bounds it.
  Affinity surely() const {
    Affinity same = *this;
    same.sure = true;
    return same;
  }
  /// Asked on the loop for a store that does not block, the result comes before with_store returns.
  Affinity at_once() const {
    Affinity same = *this;
    same.immediate = true;
    return same;
  }
  /// Overtakes what waits in the queue, also work of its own lane: for one piece of work at a time, whose worth ends
  /// soon (a session's renewal).
  Affinity ahead() const {
    Affinity same = *this;
    same.first = true;
    return same;
  }
  std::size_t lane = 0;
  bool sure = false;
  bool immediate = false;
  bool first = false;
};

/// Runs blocking store work away from the I/O thread, each lane in order, from bounded queues. With simulated time
/// there is no thread: work is posted to the scheduler.
class StoreQueue {
 public:
  virtual ~StoreQueue() = default;
  /// False: the queue is full (if `bounded`) or stopped. It was not taken; only at a stop it may have been destroyed.
  virtual bool post(const Affinity& affinity, Task&& work, bool bounded) = 0;
  /// A stop begins, and nobody will run the scheduler any more.
  virtual void finish() {}
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
  std::shared_ptr<Executor> executor;  ///< Null with `callbacks`.
  bool inline_callbacks = false;       ///< The executor is InlineExecutor: spares its wrapping.
  /// `done` comes on the loop from the default transport, on any thread from a host's.
  std::shared_ptr<Transport> transport;
  bool transport_is_ours = false;  ///< The default one: it answers once, and throws nothing.
  std::shared_ptr<Store> store;
  std::shared_ptr<Observer> observer;  ///< Redacting; null if the host gave none.
  std::shared_ptr<Jitter> jitter;
  std::shared_ptr<StoreQueue> store_queue;
  SharedValues shared_values;  ///< Of its accounts.
  HostDebts host_debts;        ///< Beside those of a host's transport, which keeps its own.
  bool store_on_loop = false;  ///< The store does not block: it is asked there.
  std::atomic<std::size_t> store_works{0};
  std::shared_ptr<FileThread> files;     ///< Null with simulated time: files are then read and written on the loop.
  SpanIds span_ids;                      ///< For the spans that an observer gets.
  std::size_t most_calls = 100'000;      ///< See RuntimeOptions::calls_in_flight.
  std::size_t most_callbacks = 100'000;  ///< See RuntimeOptions::callback_queue.
  std::atomic<std::size_t> calls_in_flight{0};
  std::atomic<std::size_t> callbacks_waiting{0};

  void run_callback(Task task) override;
  void run_here(Task& task) override;
  std::optional<Error> refuse_wait(bool from_callback) const override;
  bool forked() const override { return fork_guard_.forked(); }
  Help help(MonoTime until) override;
  MonoTime now() const override { return clock->mono(); }

  /// True on the library's own threads but that of callbacks.
  bool may_not_block() const {
    return scheduler->is_own_thread() || store_queue->is_own_thread() || (files && files->is_own_thread());
  }

  /// Set in a child of fork() or after stop: every new piece of work answers this error at once.
  std::optional<Error> refusal() const;

  /// Asked where a call of the host starts: `refusal`, or `rate_limited` while too much is under way. The calls that
  /// one in flight makes on its own way (a token, the next part of a message) are not asked again.
  std::optional<Error> refuse_start() const;

  /// Runs `work(Store&)`, which returns Result<T>, on a store thread (on the loop if the store does not block), then
  /// `done(Result<T>)` on the loop. From the loop, `done` is called at once with `rate_limited` when the queue is full,
  /// or with `refusal`. During a stop work is still done, as long as the loop waits for it; after that `done` is
  /// destroyed uncalled: its owner answers. Call it from any thread.
  template <class T, class Work, class Done>
  void with_store(const Affinity& affinity, Work work, Done done);
  template <class T, class Work, class Done>
  void with_store(Work work, Done done) {
    with_store<T>(Affinity(), std::move(work), std::move(done));
  }
  /// Works given to the store whose result has not come back.
  bool store_is_busy() const { return store_works.load(std::memory_order_acquire) != 0; }

  /// The end of all activity: new calls are refused, transfers end, the store's queue runs out while the loop goes on,
  /// then loop, store and callbacks end. Called from one of the runtime's own threads it returns at once where waiting
  /// would be for itself. The first call does it; others wait for it if they can.
  void stop();
  /// True from the begin of a stop.
  bool stopping() const { return refusing_.load(std::memory_order_acquire); }
  /// Runs a task on the loop's thread as its last act; empty where the loop has no thread.
  std::function<void(Task)> after_loop;
  /// Callbacks then run on a thread of the runtime's own, in place of an executor.
  std::shared_ptr<WorkThread> callbacks;
  /// For that thread: runs one.
  WorkThread::Run runs_callbacks();
  /// Ends what a host's transport still owes (the default one is told by its loop).
  std::function<void()> stop_transport;

 private:
  class Waiting;
  enum class Phase : unsigned char { running, stopping, stopped };
  bool on_own_thread() const;
  bool on_callback_thread() const { return callbacks && callbacks->is_own_thread(); }
  void run_out_simulated();
  void stop_rest();

  const ForkGuard fork_guard_;
  std::atomic<bool> refusing_{false};
  std::atomic<bool> closed_{false};  ///< The loop has ended: no store work any more.
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

/// One piece of store work on its way there and back.
template <class T, class Work, class Done>
class StoreJob {
 public:
  StoreJob(std::shared_ptr<RuntimeCore> core, Work work, Done done)
      : core_(std::move(core)), work_(std::move(work)), done_(std::move(done)) {
    core_->store_works.fetch_add(1, std::memory_order_relaxed);
  }
  ~StoreJob() { core_->store_works.fetch_sub(1, std::memory_order_release); }
  StoreJob(const StoreJob&) = delete;
  StoreJob& operator=(const StoreJob&) = delete;

  void work() {
    result_.emplace(call_host(core_->observer.get(), host_seam::kStore, [&] { return work_(*core_->store); }));
  }
  void finish() { done_(std::move(*result_)); }
  void refuse(Error error) { done_(Result<T>(std::move(error))); }
  Scheduler& loop() const { return *core_->scheduler; }

 private:
  const std::shared_ptr<RuntimeCore> core_;
  Work work_;
  Done done_;
  std::optional<Result<T>> result_;
};

template <class T, class Work, class Done>
void RuntimeCore::with_store(const Affinity& affinity, Work work, Done done) {
  auto job = std::make_unique<StoreJob<T, Work, Done>>(shared_from_this(), std::move(work), std::move(done));
  if (forked() || closed_.load(std::memory_order_acquire)) return job->refuse(*refusal());
  const bool on_loop = scheduler->is_own_thread();
  if (store_on_loop) {
    if (on_loop) job->work();
    if (on_loop && affinity.immediate) return job->finish();
    scheduler->post([job = std::move(job), on_loop] {
      if (!on_loop) job->work();
      job->finish();
    });
    return;
  }
  auto& kept = *job;
  Task task = [job = std::move(job)]() mutable {
    job->work();
    Scheduler& loop = job->loop();
    loop.post([job = std::move(job)] { job->finish(); });
  };
  if (store_queue->post(affinity, std::move(task), !affinity.sure && !stopping()) || !task) return;
  auto refused = closed_.load(std::memory_order_acquire) ? refusal() : std::nullopt;
  if (!refused)
    refused = Error(ErrorKind::rate_limited,
                    "the queue of the store thread is full: the store is slower than the calls; raise store_queue or "
                    "store_workers, or call less");
  if (on_loop || closed_.load(std::memory_order_acquire)) return kept.refuse(*std::move(refused));
  scheduler->post([task = std::move(task), &kept, error = *std::move(refused)]() mutable { kept.refuse(error); });
}

}  // namespace detail
KEFU_END_NAMESPACE
