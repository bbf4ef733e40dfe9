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
struct RuntimeAccess;
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
  std::shared_ptr<Store> store;        ///< Default: MemoryStore.
  std::shared_ptr<Executor> executor;  ///< Default: one callback thread; with a scheduler given: the scheduler.
  std::shared_ptr<Observer> observer;  ///< Default: none.
  /// False leaves the label `account` out of all metrics, and the gauges that have it altogether, so that the number of
  /// series does not grow with the number of merchants. Logs and spans go on naming the account.
  bool metrics_by_account = true;
  std::shared_ptr<Transport> transport;  ///< Default: libcurl on the I/O thread, set up by `curl`.
  CurlOptions curl;                      ///< Used by the default transport only.
  /// Default: the system's clocks. One given without a scheduler may differ in `wall` only: `mono` must be that of
  /// std::chrono::steady_clock.
  std::shared_ptr<Clock> clock;
  /// Default: the I/O thread's loop. With simulated time give it here and as `clock`, and a transport that uses it:
  /// there are no threads then.
  std::shared_ptr<Scheduler> scheduler;
  std::shared_ptr<Jitter> jitter;
  /// Threads that work on a store that blocks, 1 to 64. Work on one account, customer or token stays in order,
  /// whichever thread does it; more than one helps where a store is far away. A store that does not block needs none.
  std::size_t store_workers = 1;
  /// Most works waiting for one store thread; more are answered `rate_limited`.
  std::size_t store_queue = 10'000;
  /// How long `stop` lets the store, and then files, finish what was queued before. 0 to 10 minutes.
  Millis stop_within{5'000};
  /// Most calls in flight at a time, over all accounts. A call started beyond it is answered `rate_limited`, not sent.
  std::size_t calls_in_flight = 100'000;
  /// Most callbacks waiting for the executor. While so many wait, a call that starts is answered `rate_limited`, not
  /// sent; calls in flight go on and their replies are read, so at most `calls_in_flight` more come to wait. What is
  /// given to `then` of a call refused so waits as well: call less before you call again.
  std::size_t callback_queue = 100'000;
};

/// Owns the library's threads: for I/O and timers, for the store, for files once a call uses one, and unless the host
/// brings an executor for callbacks. All else is a cheap handle that may outlive it and then answers `cancelled`.
///
/// Stopping refuses new calls, answers those in flight with `cancelled`, lets the store finish what was queued (for
/// `stop_within` at most: reply windows of messages that were not sent go back, a renewed grant is kept) and joins the
/// threads; from one of its own callbacks it hands them off instead of joining itself. Create it after fork(): a child
/// that uses its parent's runtime is answered with an error.
///
/// ### Host code on our threads
///
/// Code of the host runs on the library's threads, always through one guard and with no lock held. It should not throw;
/// what it throws ends no thread: it becomes an error, is shown to the observer (log_event::kHostFault,
/// metric::kHostFaults with the seam's name; not that of a CancelToken's listener) and goes no further. What it should
/// answer and drops is answered in its place with `cancelled`, which the observer is shown too; of two answers the
/// first holds.
///
/// - TokenSource: throws: `internal`, nothing was sent. Dropped: `cancelled`, nothing was sent. What the call had
///   reserved (a message of a reply window) is given back.
/// - Transport: throws: `internal`; dropped: `cancelled`; both with `delivery` unknown.
/// - BodySource, a download's receiver: throw: `internal`, the transfer ends; nothing of it is repeated.
/// - Store: throws: `unavailable`, `delivery` unknown, as nobody knows what it did.
/// - Executor: throws, or destroys a task: the callback runs where that happened. A task that it runs twice runs once.
/// - Callbacks of Pending::then: the call they belong to is answered all the same.
/// - Listeners of a CancelToken: swallowed and told to nobody, as a token belongs to no runtime; the other listeners
///   hear the request, and what it ends is ended.
/// - Observer: swallowed, counted, and told to it when it works again.
/// - Clock: throws: time stands still. It is kept between kEarliestTime and kLatestTime. Jitter: throws, or leaves
///   [0, 1): 0.5.
/// - A Channel behind an Inbox: PushReceiver::open: the request is answered with the error, so that the platform
///   repeats it; PushReceiver::reply: the answer leaves as a customer message; Messenger::send: `internal`, or
///   `cancelled` if it drops its Promise, both with `delivery` unknown, never repeated; Poller: asked again after a
///   pause. Handler: tried again, then dead letters.
///
/// With a Scheduler of the host there are no threads of ours, and what that scheduler throws reaches who called it.
///
/// Without memory: a std::bad_alloc of host code is one more exception. One of the library's own leaves a call on the
/// thread that makes it (the only exception that does), and on a thread of ours drops the work at hand, whose call is
/// answered `cancelled`; where there is not even memory for that answer, the process ends.
///
/// Thread safety: `stop` may be called from any thread; the destructor once.
class KEFU_EXPORT Runtime {
 public:
  /// Errors: `bad_argument` (name_space, sizes, stop_within), `configuration` (multi_instance without a durable store,
  /// CA file missing, proxy URL wrong).
  static Result<Runtime> create(RuntimeOptions options = {});
  Runtime(Runtime&&) noexcept;
  Runtime& operator=(Runtime&&) noexcept;
  ~Runtime();

  void stop();
  /// The clock in use; accounts and webhooks read time from it.
  const Clock& clock() const;

  /// What a Promise needs, for those who write their own Channel.
  std::shared_ptr<detail::PendingHome> home() const;

 private:
  friend struct detail::RuntimeAccess;
  explicit Runtime(std::shared_ptr<detail::PendingHome> core);
  std::shared_ptr<detail::PendingHome> core_;
};

KEFU_END_NAMESPACE
