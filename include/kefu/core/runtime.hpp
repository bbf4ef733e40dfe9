#pragma once

#include <kefu/core/curl_options.hpp>
#include <kefu/core/executor.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/http.hpp>
#include <kefu/core/observer.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/scheduler.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE

namespace detail {
class PendingHome;
class RuntimeCore;
}  // namespace detail

/// Draws the numbers that spread retries and refreshes. Not for secrets. Thread safety: any thread.
class KEFU_EXPORT Jitter {
 public:
  virtual ~Jitter() = default;
  virtual double unit() = 0;  ///< In [0, 1).
};

/// The parts of a runtime. Each may be replaced; what is absent gets the default.
struct RuntimeOptions {
  RuntimeOptions() {}
  /// Keeps environments apart in one store ("production", "test"). 1 to 64 bytes.
  std::string name_space = "default";
  /// True if several processes serve the same accounts: `store` must then be durable, or create() refuses (STO-1).
  bool multi_instance = false;
  std::shared_ptr<Store> store;          ///< Default: MemoryStore.
  std::shared_ptr<Executor> executor;    ///< Default: one callback thread; with a scheduler given: the scheduler.
  std::shared_ptr<Observer> observer;    ///< Default: none.
  std::shared_ptr<Transport> transport;  ///< Default: libcurl on the I/O thread, set up by `curl`.
  CurlOptions curl;                      ///< Used by the default transport only.
  /// Default: the system's clocks. One given without a scheduler may differ in `wall` only: `mono` must be that of
  /// std::chrono::steady_clock.
  std::shared_ptr<Clock> clock;
  /// Default: the I/O thread's loop. With simulated time give it here and as `clock`, and a transport that uses it:
  /// there are no threads then.
  std::shared_ptr<Scheduler> scheduler;
  std::shared_ptr<Jitter> jitter;
  /// Most calls and other works waiting for the store thread; more are answered `rate_limited`.
  std::size_t store_queue = 10'000;
  /// Most calls in flight at a time, over all accounts. A call started beyond it is answered `rate_limited`, not sent.
  std::size_t calls_in_flight = 100'000;
  /// Most callbacks waiting for the executor. While so many wait, a call that starts is answered `rate_limited`, not
  /// sent; calls in flight go on and their replies are read, so at most `calls_in_flight` more come to wait.
  std::size_t callback_queue = 100'000;
};

/// Owns the library's threads: one for I/O and timers, one for the store, and unless the host brings an executor one
/// for callbacks. Everything else is a cheap handle that may outlive it and then answers `cancelled`.
///
/// Stopping refuses new calls, answers those in flight with `cancelled` and joins the threads; from one of its own
/// callbacks it hands them off instead of joining itself. Create it after fork(): a child that uses its parent's
/// runtime is answered with an error.
///
/// Thread safety: `stop` may be called from any thread; the destructor once.
class KEFU_EXPORT Runtime {
 public:
  /// Errors: `bad_argument` (name_space, queue sizes), `configuration` (multi_instance without a durable store, CA file
  /// missing, proxy URL wrong).
  static Result<Runtime> create(RuntimeOptions options = {});
  Runtime(Runtime&&) noexcept;
  Runtime& operator=(Runtime&&) noexcept;
  ~Runtime();

  void stop();
  /// The clock in use; accounts and webhooks read time from it.
  const Clock& clock() const;

  /// What a Promise needs, for those who write their own Channel.
  std::shared_ptr<detail::PendingHome> home() const;
  /// For the rooms above.
  const std::shared_ptr<detail::RuntimeCore>& core() const { return core_; }

 private:
  explicit Runtime(std::shared_ptr<detail::RuntimeCore> core);
  std::shared_ptr<detail::RuntimeCore> core_;
};

KEFU_END_NAMESPACE
