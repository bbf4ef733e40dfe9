#pragma once

#include "channel/inbox/event_sink.hpp"
#include "channel/inbox/held_event.hpp"
#include "channel/inbox/outbox.hpp"
#include "channel/inbox/records.hpp"
#include "channel/inbox/work.hpp"

#include <kefu/core/pending.hpp>
#include <kefu/core/scheduler.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A request of the platform that waits for its answer. Its timer owns it, so that it is answered when the loop ends,
/// whoever still holds the Inbox.
struct WaitingRequest {
  WaitingRequest(Promise<WebhookResponse> p, std::shared_ptr<const PushReceiver> r, OpenedPush&& push)
      : promise(std::move(p)),
        receiver(std::move(r)),
        context(std::move(push.context)),
        acknowledgement(std::move(push.answer)),
        event(std::move(push.event)) {}
  Promise<WebhookResponse> promise;
  std::shared_ptr<const PushReceiver> receiver;  ///< That opened it.
  std::shared_ptr<const ReplyContext> context;
  WebhookResponse acknowledgement;
  InboundEvent event;  ///< Until its account is known.
  std::string trace;
  HeldEventPtr held;  ///< From then on.
  InboxSlot slot;
  MonoTime deadline{};
  Scheduler::Ticket timer = 0;
  bool is_time_up = false;  ///< It is acknowledged as soon as its event is stored.
  bool is_answered = false;

  /// A process that was stopped may find it open though the platform waits no more.
  bool waits(MonoTime now) const { return !is_answered && now < deadline; }
};
using WaitingRequestPtr = std::shared_ptr<WaitingRequest>;

/// A waiting request with the answer that it could carry, built once.
struct RequestCarrier {
  std::string name;
  std::weak_ptr<WaitingRequest> request;
  WebhookResponse response;
  std::shared_ptr<RuntimeCore> runtime;

  bool waits() const;
  /// Hands the answer over; false: the request was answered meanwhile, or its time is over.
  bool carry();
};

/// The requests of platforms that wait, by the key of their event: an answer that comes in time goes with one of them,
/// else it is acknowledged without. That is noted in the event's record first, as one that was read late, here or at
/// another process, may still wait though the platform gave it up: it must not take the answer along. What could not
/// be noted in time must come again.
///
/// Thread safety: the loop; `handle` any thread.
class Intake {
 public:
  explicit Intake(InboxCore& core) : core_(core) {}

  /// `account`: the one whose own receiver it is; empty where the push names it.
  Pending<WebhookResponse> handle(std::shared_ptr<const PushReceiver> receiver, std::string_view account,
                                  const WebhookRequest& request);
  /// An event is over: everyone who waits for it is told.
  void over(std::string_view event_key, const std::optional<PassiveReply>& answer);
  /// The first request that waits for this event, with this answer built for it. `is_impossible`: it waits, but cannot
  /// carry the answer.
  std::optional<RequestCarrier> carrier(std::string_view event_key, const PassiveReply& answer, bool& is_impossible);
  /// The session is over: what waits here is told by the records.
  void session_over();
  std::size_t waiting() const { return items_.size(); }

 private:
  friend class WatchCarrier;
  /// An event for which somebody waits.
  struct Item {
    explicit Item(HeldEventPtr h) : held(std::move(h)) {}
    HeldEventPtr held;
    std::vector<std::weak_ptr<WaitingRequest>> waiters;
    InboxSlot slot;
    AccountPlaces::Slot place;
    bool is_given = false;     ///< To the sink: whose event it is was found out.
    bool is_stored = false;    ///< It may be acknowledged.
    bool is_watching = false;  ///< Its record is looked at again and again.
    Millis pause{50};
  };
  using Items = std::unordered_map<std::string_view, Item>;  ///< By keys that they hold.
  /// A record that another process works on.
  struct Seen {
    std::optional<StoredEvent> event;
    bool holder_over = false;
  };

  void arrive(const WaitingRequestPtr& waiter);
  void woken(const PollWake& wake, const WaitingRequestPtr& waiter);
  void resolved(const AccountPtr& account, const WaitingRequestPtr& waiter);
  void begin(Item& item, const WaitingRequestPtr& waiter);
  void recognized(const WaitingRequestPtr& waiter, Result<InboundEvent>&& known);
  void accepted(const HeldEventPtr& held, const Result<std::vector<SinkAnswer>>& outcome);
  void arm(const WaitingRequestPtr& waiter);
  void on_time_up(const WaitingRequestPtr& waiter);
  void time_up(Items::iterator place);
  void acknowledge(const HeldEventPtr& held);
  void acknowledged(const HeldEventPtr& held, const Acknowledged& event);
  Items::iterator find(const HeldEventPtr& held);
  void acknowledge_all(Items::iterator place);
  void on_deadline(const WaitingRequestPtr& waiter);
  void watch(const HeldEventPtr& held);
  void look(const HeldEventPtr& held);
  void looked(const HeldEventPtr& held, const Result<Seen>& seen);
  void resolve(Items::iterator place, const std::optional<PassiveReply>& answer);
  std::optional<WebhookResponse> build(const WaitingRequest& waiter, const PassiveReply& answer) const;
  void turn_away(Items::iterator place);
  void answer(const WaitingRequestPtr& waiter, WebhookResponse response);

  InboxCore& core_;
  Items items_;
  std::uint64_t last_name_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
