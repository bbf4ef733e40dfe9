#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <string_view>

KEFU_BEGIN_NAMESPACE

/// The library's one loop: runs tasks one at a time, by time and then by order of posting. State of a call in flight
/// is touched from here only and needs no lock. Replaced only by simulated time in tests.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT Scheduler {
 public:
  using Ticket = std::uint64_t;
  virtual ~Scheduler() = default;

  /// Runs `task` on the loop at `when`; (MonoTime::min)() means as soon as possible. Returns 0 after `stop`.
  virtual Ticket run_at(MonoTime when, Task task) = 0;
  /// Drops a task that has not started; unknown tickets are ignored. The task is destroyed in this call.
  virtual void drop(Ticket ticket) = 0;
  /// Destroys what is queued (each dropped call answers `cancelled`) and refuses new work.
  virtual void stop() = 0;
  virtual bool is_own_thread() const = 0;

  /// What a thread that waits for a result should do.
  enum class Help : unsigned char {
    wait,     ///< Sleep: the loop has its own thread.
    worked,   ///< One task ran here (simulated time); look again.
    nothing,  ///< Simulated time with nothing left to do before `until`: waiting would never end.
  };
  /// Simulated time runs the next task that is due by `until`; if there is none it moves on to a finite `until`.
  virtual Help help(MonoTime until = (MonoTime::max)()) {
    static_cast<void>(until);
    return Help::wait;
  }

  Ticket post(Task task) { return run_at((MonoTime::min)(), std::move(task)); }
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(Scheduler::Help help) noexcept;

KEFU_END_NAMESPACE
