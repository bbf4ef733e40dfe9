#pragma once

#include <kefu/core/call_options.hpp>
#include <kefu/core/cancel.hpp>
#include <kefu/core/scheduler.hpp>
#include <kefu/core/time.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What bounds one thing that waits: its deadline, and up to three who may cancel it (the caller's token, the holder of
/// the Pending, the account). Whatever waits has one, for all its steps: it asks `over` before each, hears of the end
/// while it waits, and hands the rest on to what it starts.
///
/// One thread at a time; `hear` and what it leads to on the loop.
class Wait {
 public:
  enum class End : unsigned char { deadline, cancelled };

  Wait(std::shared_ptr<Scheduler> loop, MonoTime deadline, CancelToken one, CancelToken two = {},
       CancelToken three = {});
  /// Of a flow of calls: the caller's token, and what each call takes over from the options besides (`rest`).
  Wait(std::shared_ptr<Scheduler> loop, MonoTime deadline, const CallOptions& given, CancelToken two = {});
  ~Wait();
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  bool cancelled() const noexcept;
  /// Why it should not go on, if so: asked before each step, as an end between two steps is heard by nobody.
  std::optional<End> over(MonoTime now) const noexcept;
  MonoTime deadline() const noexcept { return deadline_; }
  /// Time left, never less than zero.
  Millis left(MonoTime now) const noexcept;
  /// One token for all who may cancel; a new one is made only if more than one can.
  CancelToken token();
  /// For a call on the way: the time left and the token, with the flow's retry policy and trace.
  CallOptions rest(const Clock& clock);

  /// From now on `ended(End)` of the owner is called on the loop, once for each of the two, until `stop_hearing` or
  /// `close`. Asked again it changes nothing.
  template <class Owner>
  void hear(const std::weak_ptr<Owner>& owner) {
    hear_deadline(owner);
    hear_cancel(owner);
  }
  /// A cancel only: where what is waited for keeps the deadline itself.
  template <class Owner>
  void hear_cancel(const std::weak_ptr<Owner>& owner) {
    if (std::exchange(hears_cancel_, true)) return;
    // Posted: the thread that cancels may hold locks of the host.
    listener_ = token().on_request([owner, loop = std::weak_ptr<Scheduler>(loop_)] {
      if (const auto scheduler = loop.lock())
        scheduler->post([owner] {
          if (const auto self = owner.lock()) self->ended(End::cancelled);
        });
    });
  }
  /// The deadline only: where what is waited for hears of a cancel itself.
  template <class Owner>
  void hear_deadline(const std::weak_ptr<Owner>& owner) {
    if (std::exchange(hears_deadline_, true)) return;
    timer_ = loop_->run_at(deadline_, [owner] {
      if (const auto self = owner.lock()) self->ended(End::deadline);
    });
  }

  void stop_hearing();

  /// True for the first who asks: what waited is answered by them, and nothing is heard any more.
  bool close();
  bool closed() const noexcept { return closed_; }

 private:
  const std::shared_ptr<Scheduler> loop_;
  const MonoTime deadline_;
  const std::array<CancelToken, 3> tokens_;
  std::optional<RetryPolicy> retry_;
  TraceParent trace_;
  std::optional<CancelSource> joint_;
  std::array<std::uint64_t, 3> joined_{};
  Scheduler::Ticket timer_ = 0;
  std::uint64_t listener_ = 0;
  bool hears_deadline_ = false;
  bool hears_cancel_ = false;
  bool closed_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
