#pragma once

#include "channel/inbox/host_channel.hpp"
#include "channel/inbox/store.hpp"
#include "core/async/runtime_core.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/core/observer_names.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What a handler said about its event.
struct HandlerOutcome {
  std::optional<PassiveReply> answer;  ///< Absent: handling failed.
  std::string why;
};

/// The one answer that all copies of an InboxTurn share. Thread safety: any thread.
class InboxWork {
 public:
  InboxWork(std::shared_ptr<InboxCore> core, std::string lane, std::uint64_t id)
      : core_(std::move(core)), lane_(std::move(lane)), id_(id) {}
  ~InboxWork();
  void settle(HandlerOutcome outcome);

 private:
  const std::shared_ptr<InboxCore> core_;
  const std::string lane_;
  const std::uint64_t id_;
  std::atomic<bool> settled_{false};
};

/// Counts one request that is being worked on, for as long as it lives.
class InboxSlot {
 public:
  InboxSlot() = default;
  explicit InboxSlot(std::shared_ptr<std::atomic<std::size_t>> count) : count_(std::move(count)) { ++*count_; }
  InboxSlot(InboxSlot&&) noexcept = default;
  InboxSlot& operator=(InboxSlot&& other) noexcept {
    std::swap(count_, other.count_);
    return *this;
  }
  ~InboxSlot() {
    if (count_) --*count_;
  }

 private:
  std::shared_ptr<std::atomic<std::size_t>> count_;
};

/// The Inbox at work. Requests come in on any thread, polled events on the loop; all state below is touched on the loop
/// only; every blocking step is one member of InboxStore on the store thread.
///
/// An event passes: handle -> arrive -> accepted, or polled -> batch_stored (stored) -> begin (first of its lane) ->
/// dispatch (handler) -> on_settled -> with the waiting request, or deliver -> send -> finish (recorded) -> the lane's
/// next event.
class InboxCore final : public std::enable_shared_from_this<InboxCore> {
 public:
  InboxCore(std::shared_ptr<RuntimeCore> runtime, std::shared_ptr<const HostChannel> channel, Inbox::Handler handler,
            InboxOptions options, std::string owner);

  void start();
  /// From the Inbox's destructor: the handler gets nothing more.
  void close();
  Pending<WebhookResponse> handle(const WebhookRequest& request);
  void settle(const std::string& lane, std::uint64_t work, HandlerOutcome outcome);
  Pending<std::vector<DeadLetter>> dead_letters(std::size_t limit);
  Pending<void> revive(std::string event_id);
  Pending<void> dismiss(std::string event_id);
  bool durable() const { return runtime_->store->durable(); }

 private:
  /// A request of the platform that waits for its answer. Its timer owns it, so that it is answered when the loop ends,
  /// whoever still holds this object.
  struct Waiter {
    Waiter(Promise<WebhookResponse> p, OpenedPush& push)
        : promise(std::move(p)), context(std::move(push.context)), acknowledgement(std::move(push.answer)) {}
    Promise<WebhookResponse> promise;
    std::shared_ptr<const ReplyContext> context;
    WebhookResponse acknowledgement;
    InboxSlot slot;
    Scheduler::Ticket timer = 0;
  };
  using WaiterPtr = std::shared_ptr<Waiter>;

  /// An event that is in memory: somebody waits for its answer, or it waits in one of our lanes.
  struct Item {
    std::vector<std::weak_ptr<Waiter>> waiters;
    std::string lane;
    std::optional<InboundEvent> event;  ///< Spares reading it again.
    std::optional<StoredEvent> stored;  ///< Likewise.
    InboxSlot slot;
    bool is_stored = false;  ///< It may be acknowledged.
    bool answering = false;  ///< Its answer is being recorded: deadlines wait for that.
    bool watching = false;   ///< Another process works on it: its record is looked at again and again.
    Millis pause{50};
  };
  using Items = std::unordered_map<std::string, Item>;

  /// A customer's queue that we work on.
  struct Lane {
    std::string key;
    std::string event_id;  ///< Its first event, the one at work.
    StoredEvent stored;
    std::optional<Address> to;
    std::uint64_t step = 0;  ///< Answers that belong to an earlier step are stale.
    std::uint64_t work = 0;  ///< The handler's turn; 0: it is not with the handler.
    Scheduler::Ticket timer = 0;
    int store_failures = 0;
    // What goes on after the record was saved, and after the store failed.
    Durability durability = Durability::relaxed;
    void (InboxCore::*next)(Lane&) = nullptr;
    void (InboxCore::*resume)(Lane&) = nullptr;
    Millis pause{0};
  };
  using Lanes = std::unordered_map<std::string, Lane>;

  // inbox_core.cpp: requests
  void arrive(OpenedPush push, MonoTime deadline, Promise<WebhookResponse> promise, InboxSlot slot);
  void arm(const WaiterPtr& waiter, const std::string& event_id, MonoTime deadline);
  void on_deadline(const WaiterPtr& waiter, const std::string& event_id);
  void accepted(const std::string& event_id, Result<Accepted> outcome);
  void watch(const std::string& event_id);
  void watched(const std::string& event_id, const Result<std::optional<StoredEvent>>& event);
  void resolve(Items::iterator item, const EventRecord& record);
  void answer(const WaiterPtr& waiter, WebhookResponse response);
  WebhookResponse response_for(const Waiter& waiter, const EventRecord& record) const;

  // inbox_lanes.cpp: one event after the other
  void begin(const std::string& lane, const std::string& event_id);
  void adopt(Lane& lane);
  void adopted(Lane& lane, std::optional<StoredEvent> event);
  void dispatch(Lane& lane);
  void on_settled(const std::string& lane, std::uint64_t work, HandlerOutcome outcome);
  void failed(Lane& lane, std::string why);
  void bury(Lane& lane, std::string why);
  void dispatch_later(Lane& lane);
  void finish(Lane& lane);
  void pass_over(Lane& lane);
  void finish(Lane& lane, std::optional<StoredEvent> last);
  void finished(Lane& lane, const Result<Finished>& outcome);
  void finish_again(Lane& lane);
  void acknowledge_waiters(const std::string& event_id);
  void lose(const std::string& lane);
  void drop(const std::string& lane);
  void let_go(Lane& lane);

  // inbox_delivery.cpp: the answer
  void answered(Lane& lane, PassiveReply reply);
  void deliver(Lane& lane);
  bool reply_to_waiters(Lane& lane);
  bool may_be_claimed(const Lane& lane) const;
  void await_claim(Lane& lane);
  void send(Lane& lane);
  void transmit(Lane& lane);
  void hand_over(Lane& lane);
  void choose_agent(Lane& lane, const Result<std::vector<Agent>>& agents);
  void open_session(Lane& lane, const std::string& agent);
  void on_sent(Lane& lane, const Result<Receipt>& result);
  void send_later(Lane& lane);

  // inbox_polling.cpp: what the account's Poller brings
  void poll();
  void ask_poller();
  void keep_polling_lease();
  void polled(Result<PollBatch> batch);
  void store_batch(PollBatch batch);
  void batch_stored(PollBatch& batch, Result<TakenBatch> outcome);
  void taken(InboundEvent event, Result<Accepted> outcome);
  void poll_failed(const Error& error);
  void poll_later(Millis pause);
  void stop_polling();
  bool has_room_for_batch() const;

  // inbox_upkeep.cpp
  void sweep(std::string after);
  void swept(const Result<Swept>& outcome);
  void arm_sweep();
  void arm_extension();
  void extend();

  /// Runs `work(InboxStore, Store&)` as the lane's next step, then `done(lane, result)` unless the lane moved on.
  template <class T, class Work, class Done>
  void step(Lane& lane, Work work, Done done);
  /// Writes the lane's record, then goes on with `next`; if another owner wrote it, reads it again.
  void save_then(Lane& lane, Durability durability, void (InboxCore::*next)(Lane&));
  /// Goes on with `next` after `pause` unless the lane moves on before.
  void later(Lane& lane, Millis pause, void (InboxCore::*next)(Lane&));
  void save(Lane& lane);
  /// Goes on with `resume` when the store works again and the record is still the one we know.
  void store_failed(Lane& lane, const Error& error, void (InboxCore::*resume)(Lane&));
  void recheck(Lane& lane);
  Lane* find(const std::string& lane, std::uint64_t step);
  Millis backoff(int tries) const;
  WallTime now() const { return runtime_->clock->wall(); }
  static void name_event(InboundEvent& event);
  void count_event(std::string_view outcome) const;
  void count_poll(std::string_view outcome) const;
  void say(LogLevel level, std::string_view event, std::string_view message, std::string_view event_id,
           std::string_view why = {}) const;

  const std::shared_ptr<RuntimeCore> runtime_;
  const std::shared_ptr<const HostChannel> channel_;
  const Inbox::Handler handler_;
  const InboxOptions options_;
  const std::shared_ptr<const InboxStore> steps_;
  const std::shared_ptr<std::atomic<std::size_t>> in_hand_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::atomic<bool> closed_{false};

  /// How polling stands.
  struct Polling {
    bool is_asking = false;  ///< The Poller is at work.
    bool is_ours = false;    ///< We hold the lease.
    Lease lease;
    int failures = 0;  ///< In a row.
    CancelSource stop;
  };

  Items items_;
  Lanes lanes_;
  std::uint64_t last_id_ = 0;
  bool extending_ = false;
  Polling polling_;
};

template <class T, class Work, class Done>
void InboxCore::step(Lane& lane, Work work, Done done) {
  lane.step = ++last_id_;
  runtime_->with_store<T>(
      [steps = steps_, work = std::move(work)](Store& store) mutable { return work(*steps, store); },
      [self = shared_from_this(), key = lane.key, id = lane.step, done = std::move(done)](Result<T> result) mutable {
        if (Lane* current = self->find(key, id)) done(*self, *current, std::move(result));
      });
}

}  // namespace detail
KEFU_END_NAMESPACE
