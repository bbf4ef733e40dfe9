#pragma once

#include "core/async/runtime_core.hpp"
#include "core/call/limiter.hpp"
#include "core/call/platform.hpp"

#include <kefu/core/operation.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A call that wants a slot of its bucket.
class SlotSeeker {
 public:
  virtual ~SlotSeeker() = default;
  virtual const OperationInfo& info() const = 0;
  virtual MonoTime deadline() const = 0;
  virtual bool over() const = 0;
  /// The slot is there.
  virtual void slot_free() = 0;
  /// No slot before the deadline: `rate_limited`; or the platform shut this API earlier: its kind and code.
  virtual void held_back(Millis wait, ErrorKind kind, std::string code) = 0;
};

/// Lets the calls of one account (or of several that share their limits) through its limits, each bucket in the order
/// of asking, and learns from the platform's answers. A call whose turn cannot come in time is told at once.
///
/// Loop only. The pointer given to a member keeps the account's state alive while calls wait.
class CallQueue {
 public:
  CallQueue(std::shared_ptr<RuntimeCore> core, std::shared_ptr<Platform> platform)
      : core_(std::move(core)), platform_(std::move(platform)), limiter_(platform_->limits()) {}

  static void enter(const std::shared_ptr<CallQueue>& self, std::shared_ptr<SlotSeeker> call);
  /// What the platform says about its limits holds for the calls that follow (WIN-4).
  void learn(const OperationInfo& info, const Verdict& verdict);
  /// A call of this API was answered: a stop of it is over; of all APIs, if the platform's counters are cleared.
  void answered(const OperationInfo& info, bool all) {
    if (limiter_.idle()) return;
    limiter_.answered(info.name);
    if (all) limiter_.reopen();
  }
  /// How long a call of this bucket has to wait at least.
  Millis wait(std::string_view bucket) const { return limiter_.wait(bucket, now()); }

 private:
  struct Line {
    std::string bucket;
    std::deque<std::shared_ptr<SlotSeeker>> calls;
  };

  Millis admit(std::string_view bucket, const Moment& moment);
  Moment now() const { return Moment{core_->clock->mono(), core_->clock->wall()}; }
  static void open_at(const std::shared_ptr<CallQueue>& self, MonoTime when, std::shared_ptr<Line> line);
  static void let_in(const std::shared_ptr<CallQueue>& self, const std::shared_ptr<Line>& line);

  const std::shared_ptr<RuntimeCore> core_;
  const std::shared_ptr<Platform> platform_;
  Limiter limiter_;
  std::vector<std::weak_ptr<Line>> lines_;  // each is owned by its timer, so that a loop that stops empties it
};

}  // namespace detail
KEFU_END_NAMESPACE
