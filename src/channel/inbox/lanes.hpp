#pragma once

#include "channel/inbox/answer_records.hpp"
#include "channel/inbox/event_steps.hpp"
#include "channel/inbox/turns.hpp"
#include "channel/inbox/work.hpp"

#include <kefu/channel/message.hpp>
#include <kefu/core/scheduler.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The lanes in hand: one event of each at a time goes to the handler, and the next one when its answer has left. All
/// of them are held under the journal's session; when that is over all are dropped.
///
/// An event passes: begin -> (load) -> ready -> dispatch (a turn is free, the session alive) -> settled -> finish, or
/// answered -> offered to a waiting request or delivered by the Outbox -> over -> the lane's next event.
///
/// Thread safety: the loop.
class Lanes {
 public:
  explicit Lanes(InboxCore& core);

  /// A new event that was stored. Its lane is worked on here if it is ours.
  void arrived(const HeldEventPtr& held, Accepted accepted);
  /// A lane of ours has something to do.
  void offer(const AccountPtr& account, const std::string& lane, const std::string& head,
             std::shared_ptr<KnownLane> known = nullptr);
  bool holds(const std::string& lane) const { return lanes_.count(lane) != 0; }
  /// A request came for an event that is in hand here: it may carry an answer that waits.
  void request_came(const HeldEvent& held);
  /// A request for this event was acknowledged without its answer.
  void acknowledged(const HeldEvent& held);
  /// The handler said something; any outcome but the first is stale. `turn`: where it may be said again.
  void settled(const HeldEvent& held, std::uint64_t work, HandlerOutcome outcome,
               const std::shared_ptr<InboxWork>& turn = nullptr);
  /// Handlers may start again.
  void renewed() { give_turns(); }
  /// The session is over: nothing in hand is ours any more.
  void drop_all();
  /// No handler starts any more; what has not begun is free for others.
  void close();

  std::size_t size() const { return lanes_.size(); }
  /// Events in hand, as far as they came in here, or of lanes that were taken over.
  std::size_t events() const { return std::max(arrivals_.size(), lanes_.size()); }
  std::size_t open_turns() const { return turns_.open(); }
  std::size_t waiting_turns() const { return turns_.waiting(); }
  /// When the oldest event in hand of each account came in.
  std::unordered_map<std::string, WallTime> oldest() const;

 private:
  friend class AnswerItem;
  friend class LaneCarrier;
  /// What came in here, and is not over: spares reading it again.
  struct Arrival {
    HeldEventPtr held;
    InboxSlot slot;
    AccountPlaces::Slot place;
  };
  struct Lane {
    explicit Lane(HeldEventPtr h) : held(std::move(h)) {}
    EventRecord& record() const { return held->stored.record; }
    const HostChannel& channel() const { return *held->account->channel; }
    const HeldEventPtr held;  ///< Its first event.
    std::optional<Address> to;
    std::shared_ptr<AnswerPlace> answer;  ///< While its answer is on its way.
    std::uint64_t step = 0;               ///< Answers that belong to an earlier step are stale.
    std::uint64_t work = 0;               ///< The handler's turn; 0: it is not with the handler.
    Scheduler::Ticket timer = 0;
    int failures = 0;
    InboxSlot slot;  ///< If its first event did not come in here.
    AccountPlaces::Slot place;
    bool has_turn = false;
    bool must_count = false;    ///< The try that comes next.
    bool is_finishing = false;  ///< Its end is known; the commit is on its way.
  };

  Lane* find(std::string_view lane, std::uint64_t step);
  /// Runs `work(EventSteps, view)` as the lane's next step, then `done(Lane&, Result<T>, generation)` unless the lane
  /// moved on. A store that fails is asked again after a pause.
  template <class T, class Work, class Done>
  void step(Lane& lane, std::string key, Work work, Done done);
  void later(Lane& lane, Millis pause, void (Lanes::*next)(Lane&));

  void begin(const HeldEventPtr& held, bool is_new);
  void load(Lane& lane);
  void loaded(Lane& lane, std::optional<StoredEvent> event);
  void count_try(Lane& lane, void (Lanes::*next)(Lane&));
  void ready(Lane& lane);
  void give_turns();
  void dispatch(Lane& lane);
  void arm_give_up(Lane& lane);
  void free_turn(Lane& lane);
  void end_stray(std::uint64_t work);
  void give_back(std::size_t account);
  void failed(Lane& lane, std::string why);
  void try_later(Lane& lane);
  void bury(Lane& lane, std::string why);
  void finish(Lane& lane);
  void save_with(Lane& lane, HandlerOutcome outcome, const std::shared_ptr<InboxWork>& turn);
  void pass_over(Lane& lane);
  void let_go(Lane& lane);
  void ended(Lane& lane, const LaneLook& next);
  void drop(std::string_view key);

  // lanes_answer.cpp
  struct Saved;
  void answered(Lane& lane, PassiveReply reply, AnswerOptions how);
  void bring(Lane& lane);
  bool offer_to_request(Lane& lane);
  void deliver(Lane& lane);
  void answer_over(const HeldEvent& held, std::uint64_t step, const Result<OutboxRecord>& record);
  void answers_with(Lane& lane);
  static Result<InboundEvent> read_again(const Lane& lane);
  static Result<void> find_address(Lane& lane);
  void transmit(Lane& lane, std::optional<Millis> within, OutboxItem::Sent sent);
  void count_end(const Lane& lane) const;

  InboxCore& core_;
  // By keys that they hold.
  std::unordered_map<std::string_view, Lane> lanes_;
  std::unordered_map<std::string_view, Arrival> arrivals_;
  Turns turns_;
  /// Turns of lanes that were lost while their handlers ran, by work, with the account they count for.
  std::unordered_map<std::uint64_t, std::size_t> strays_;
  std::uint64_t last_id_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
