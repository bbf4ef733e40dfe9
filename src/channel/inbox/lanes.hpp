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
  void arrived(const AccountPtr& account, Accepted accepted, InboundEvent event);
  /// A lane of ours has something to do.
  void offer(const AccountPtr& account, const std::string& lane, const std::string& head);
  bool holds(const std::string& lane) const { return lanes_.count(lane) != 0; }
  /// A request came for an event that is in hand here: it may carry an answer that waits.
  void request_came(const std::string& lane, const std::string& event_key);
  /// The handler said something; any outcome but the first is stale.
  void settled(const std::string& lane, std::uint64_t work, HandlerOutcome outcome);
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
    InboundEvent event;
    StoredEvent stored;
    InboxSlot slot;
    AccountPlaces::Slot place;
  };
  struct Lane {
    AccountPtr account;
    std::string key;
    std::string event_id;
    std::string event_key;
    StoredEvent stored;
    std::optional<InboundEvent> event;
    std::optional<Address> to;
    std::shared_ptr<AnswerPlace> answer;  ///< While its answer is on its way.
    std::uint64_t step = 0;               ///< Answers that belong to an earlier step are stale.
    std::uint64_t work = 0;               ///< The handler's turn; 0: it is not with the handler.
    Scheduler::Ticket timer = 0;
    int failures = 0;
    bool has_turn = false;
    bool is_finishing = false;  ///< Its end is known; the commit is on its way.
  };

  Lane* find(const std::string& lane, std::uint64_t step);
  /// Runs `work(EventSteps, view)` as the lane's next step, then `done(Lane&, Result<T>, generation)` unless the lane
  /// moved on. A store that fails is asked again after a pause.
  template <class T, class Work, class Done>
  void step(Lane& lane, std::string key, Work work, Done done);
  void later(Lane& lane, Millis pause, void (Lanes::*next)(Lane&));

  void begin(const AccountPtr& account, const std::string& key, const std::string& event_id);
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
  void save_with(Lane& lane, HandlerOutcome outcome);
  void pass_over(Lane& lane);
  void let_go(Lane& lane);
  void ended(Lane& lane, const LaneLook& next);
  void drop(const std::string& key);

  // lanes_answer.cpp
  struct Saved;
  void answered(Lane& lane, PassiveReply reply, AnswerOptions how);
  void bring(Lane& lane);
  bool offer_to_request(Lane& lane);
  void deliver(Lane& lane);
  void answer_over(const std::string& key, std::uint64_t step, const Result<OutboxRecord>& record);
  static Result<void> find_address(Lane& lane);
  void transmit(Lane& lane, std::optional<Millis> within, OutboxItem::Sent sent);
  void count_end(const Lane& lane) const;

  InboxCore& core_;
  std::unordered_map<std::string, Lane> lanes_;
  std::unordered_map<std::string, Arrival> arrivals_;  ///< By the key of the event.
  Turns turns_;
  /// Turns of lanes that were lost while their handlers ran, by work, with the account they count for.
  std::unordered_map<std::uint64_t, std::size_t> strays_;
  std::uint64_t last_id_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
