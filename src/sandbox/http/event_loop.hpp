#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/time.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// Where the twin's delayed work runs: the server's loop, or the scheduler of a host's simulated time.
class Timers {
 public:
  virtual ~Timers() = default;
  virtual MonoTime now() const = 0;
  /// Any thread. Tasks of one Timers run one at a time; a stopped one drops them.
  virtual void run_at(MonoTime when, Task task) = 0;
};

/// The sandbox's one thread: epoll, timers and posted tasks. A task that throws is over, a watcher that throws is
/// forgotten; the thread goes on.
///
/// Thread safety: `run_at`, `now`, `start` and `stop` from any thread; `watch`, `rewatch` and `forget` on the loop
/// only.
class EventLoop final : public Timers {
 public:
  using Watcher = std::function<void(std::uint32_t events)>;

  EventLoop() = default;
  ~EventLoop() override { stop(); }

  bool start();
  void stop();
  bool on_loop() const { return std::this_thread::get_id() == thread_id_.load(); }

  MonoTime now() const override { return std::chrono::steady_clock::now(); }
  void run_at(MonoTime when, Task task) override;

  bool watch(int fd, std::uint32_t events, Watcher watcher);
  void rewatch(int fd, std::uint32_t events);
  void forget(int fd);

 private:
  void run();
  void run_due();
  int wait_time();
  void dispatch(std::uint64_t mark, std::uint32_t events);

  struct Watched {
    std::uint32_t generation;
    std::shared_ptr<const Watcher> watcher;  ///< Shared, as a watcher may forget itself while it runs.
  };

  std::thread thread_;
  std::atomic<std::thread::id> thread_id_{};
  std::atomic<bool> stopping_{false};
  int epoll_ = -1;
  int wake_ = -1;
  std::uint32_t generations_ = 0;
  std::unordered_map<int, Watched> watched_;

  std::mutex mutex_;
  bool open_ = false;
  bool wake_pending_ = false;
  std::multimap<MonoTime, Task> tasks_;
};

}  // namespace sandbox
KEFU_END_NAMESPACE
