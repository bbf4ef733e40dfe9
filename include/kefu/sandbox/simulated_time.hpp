#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/scheduler.hpp>
#include <kefu/core/time.hpp>

#include <memory>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// Clock and scheduler in one for tests: time moves only when the test, or a call that waits for a result, moves it. 48
/// hours pass in microseconds, in the same order every time. Give it to RuntimeOptions as both `clock` and `scheduler`,
/// with a transport that uses it too (ScriptedTransport, the in-process twin), never with sockets.
///
/// Thread safety: all members may be called from any thread; tasks run on the thread that moves the time, one at a
/// time. Waiting for what another thread is still going to post answers "nothing left to do": use it from one thread.
class KEFU_EXPORT SimulatedTime final : public Clock, public Scheduler {
 public:
  /// Default: 2023-11-14T22:13:20Z.
  explicit SimulatedTime(WallTime start = from_unix_seconds(1'700'000'000));
  ~SimulatedTime() override;
  SimulatedTime(const SimulatedTime&) = delete;
  SimulatedTime& operator=(const SimulatedTime&) = delete;

  WallTime wall() const override;
  MonoTime mono() const override;

  Ticket run_at(MonoTime when, Task task) override;
  void drop(Ticket ticket) override;
  void stop() override;
  bool is_own_thread() const override;
  Help help(MonoTime until = (MonoTime::max)()) override;

  /// Runs what is due within `by`, then stands exactly there. Inside a task: bad use, does nothing.
  void advance(Millis by);
  /// Runs everything that is due now, without moving the time. Returns how many tasks ran.
  std::size_t run_ready();
  /// Time moved since construction.
  Millis elapsed() const;
  /// Tasks that wait for their time.
  std::size_t waiting() const;
  /// The calendar alone jumps, as when an operator sets a clock; timers are not touched.
  void set_wall(WallTime now);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sandbox
KEFU_END_NAMESPACE
