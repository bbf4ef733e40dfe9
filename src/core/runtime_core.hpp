#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <kefu/core/pending.hpp>
#include <kefu/core/runtime.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Runs blocking store work away from the I/O thread, in order, from a bounded queue. With simulated time there is no
/// thread: work is posted to the scheduler.
class StoreQueue {
 public:
  virtual ~StoreQueue() = default;
  /// False: the queue is full or stopped; the work was not taken.
  virtual bool post(Task work) = 0;
  virtual void stop() = 0;
  virtual bool is_own_thread() const = 0;
};

/// What accounts, pipelines and brokers share: the parts of one runtime. Outlives its owner as long as a handle does;
/// after stop() it answers everything with `cancelled`.
///
/// Thread safety: immutable but for `stopped`; the parts say their own.
class RuntimeCore final : public PendingHome, public std::enable_shared_from_this<RuntimeCore> {
 public:
  RuntimeCore();
  ~RuntimeCore() override;

  std::string name_space;
  bool multi_instance = false;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Scheduler> scheduler;
  std::shared_ptr<Executor> executor;
  std::shared_ptr<Transport> transport;
  std::shared_ptr<Store> store;
  std::shared_ptr<Observer> observer;  ///< Redacting; null if the host gave none.
  std::shared_ptr<Jitter> jitter;
  std::shared_ptr<StoreQueue> store_queue;

  void run_callback(Task task) override;
  bool may_not_block() const override;
  Help help() override;

  /// True in a child of fork() or after stop: every new piece of work answers an error at once.
  std::optional<Error> refusal() const;

  /// Runs `work(Store&)` on the store thread, then `done(Result<T>)` on the loop. Answered at once with `rate_limited`
  /// when the queue is full.
  template <class T, class Work, class Done>
  void with_store(Work work, Done done);

 private:
  std::atomic<bool> stopped_{false};
  const int pid_;
};

}  // namespace detail
KEFU_END_NAMESPACE
