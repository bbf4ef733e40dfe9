#pragma once

#include <kefu/channel/channel.hpp>
#include <kefu/channel/inbound.hpp>
#include <kefu/channel/webhook.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/runtime.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE

namespace detail {
class InboxCore;
class InboxWork;
}  // namespace detail

/// The handler's side of one event: say what the customer gets, now or later. Copies share one answer; the first wins.
/// All copies dropped without an answer mean that handling failed: it is tried again, then goes to the dead letters.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT InboxTurn {
 public:
  explicit InboxTurn(std::shared_ptr<detail::InboxWork> work) : work_(std::move(work)) {}

  /// Done, and this is the answer. In time it goes out with the platform's request; later it leaves as a customer
  /// message through the account's Messenger and reply window.
  void answer(Content content) const;
  /// In time it goes out with the platform's request. Later, and for a polled event, a session is opened through the
  /// account's AgentSessions: with the agent it names, else with the one at work who serves fewest. Where the account
  /// cannot open sessions, or nobody is at work, the event goes to the dead letters.
  void answer(TransferToAgent transfer) const;
  /// Done, and nothing is to be said.
  void done() const;
  /// Could not be handled: `why` is kept with the event.
  void failed(std::string why) const;

 private:
  std::shared_ptr<detail::InboxWork> work_;
};

struct InboxOptions {
  InboxOptions() {}
  /// The platform is answered within this time whatever the handler does (WeChat gives 5 s).
  Millis answer_within{4'000};
  /// How long one owner may work on an event, or poll, before another may take over; extended while the owner lives.
  Millis lease{30'000};
  /// How long a handled event is remembered to recognise repeats; at least the platform's own repeats and 10 minutes.
  std::chrono::seconds remember{3'600};
  /// Tries before an event goes to the dead letters.
  int tries = 5;
  /// Most events being handled here at a time: more pushes are answered 503 so that the platform repeats them, and
  /// polling waits until a whole batch (Poller::kMaxEvents) has room or nothing is in hand.
  std::size_t max_in_hand = 10'000;
  /// Polls the account by itself if it has a Poller. Off: only what other processes stored is taken over.
  bool poll = true;
  /// How often events of dead owners are looked for, and whether another process still polls.
  Millis sweep{5'000};
  /// An event whose handler says nothing for so long counts as failed.
  Millis give_up{600'000};
  /// What may be changed of a late answer so that it fits.
  Adaptation allow;
};

/// An event whose handling failed for good.
struct DeadLetter {
  DeadLetter() {}
  std::string event_id;
  std::string why;
  int tries = 0;
  InboundEvent event;
};

/// Takes what comes in for hosts without desk: opens pushes or polls, stores each event before the platform is
/// acknowledged or the cursor moves, hands it to the handler, answers in time, recognises repeats across processes, and
/// takes over what a dead process left (CBK, DED, BOT).
///
/// Polled events are stored together with the poller's cursor in one commit: none is lost and none comes twice,
/// whenever a process dies. Of the processes that share a store one polls at a time; the others take over when it is
/// gone. A failing poll is reported and tried again with growing pauses, or when the platform's `retry_after` is over.
/// Nobody waits for the answer to a polled event: it leaves as a customer message to InboundEvent::sender(). An event
/// too large for the store is reported and passed over, so that it does not hold up the others.
///
/// Delivery to the handler is at least once with a stable event id. Without a durable store this is best effort: what
/// is in hand is lost with the process; `durable()` says so. Events of one customer are handed over in the order in
/// which they were stored, one at a time, across all processes that share the store; customers are independent.
///
/// An event is stored, together with what it means for the account's reply window, before anything is acknowledged; if
/// that fails the platform is answered 503 and repeats. A repeat waits for the answer that is being worked on, or gets
/// the one that was given. An answer that left as a customer message is never sent a second time on doubt: where its
/// fate is unknown the event goes to the dead letters. A power cut may bring back what was handled in its last moments.
///
/// Thread safety: all members may be called from any thread. The handler runs on the executor. Lifetime: the destructor
/// stops taking pushes and does not wait for handlers; their late answers are still stored and sent while the runtime
/// lives.
class KEFU_EXPORT Inbox {
 public:
  using Handler = std::function<void(InboundEvent event, InboxTurn turn)>;

  /// Errors: `bad_argument` (options), `unsupported` (the channel has neither PushReceiver nor Poller).
  static Result<Inbox> create(const Runtime& runtime, std::shared_ptr<Channel> channel, Handler handler,
                              InboxOptions options = {});
  Inbox(Inbox&&) noexcept;
  Inbox& operator=(Inbox&&) noexcept;
  ~Inbox();

  /// Give every request to the account's callback URL to this and send back what it answers. Errors: `cancelled` at
  /// shutdown; answer 503 then. `unsupported`: the channel has no PushReceiver, so no request is the platform's.
  Pending<WebhookResponse> handle(const WebhookRequest& request) const;

  bool durable() const;
  /// Events whose handling failed for good, oldest first.
  Pending<std::vector<DeadLetter>> dead_letters(std::size_t limit = 100) const;
  /// Hands a dead letter to the handler again, after what the customer has sent since. Error: `not_found`.
  Pending<void> revive(std::string event_id) const;
  /// Forgets a dead letter: they are kept until they are revived or dismissed. Error: `not_found`.
  Pending<void> dismiss(std::string event_id) const;

 private:
  explicit Inbox(std::shared_ptr<detail::InboxCore> core);
  std::shared_ptr<detail::InboxCore> core_;
};

KEFU_END_NAMESPACE
