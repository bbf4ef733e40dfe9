#pragma once

#include <kefu/channel/channel.hpp>
#include <kefu/channel/health.hpp>
#include <kefu/channel/inbound.hpp>
#include <kefu/channel/webhook.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/runtime.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE

namespace detail {
class AccountBook;
class InboxCore;
class InboxWork;
class RuntimeCore;
}  // namespace detail

/// The handler's side of one event: say what the customer gets, now or later. Copies share one answer; the first wins.
/// All copies dropped without an answer mean that handling failed: it is tried again, then goes to the dead letters.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT InboxTurn {
 public:
  explicit InboxTurn(std::shared_ptr<detail::InboxWork> work) : work_(std::move(work)) {}

  /// Done, and this is the answer. In time it goes out with the platform's request; later it leaves as a customer
  /// message through the account's Messenger and reply window. `options`: who says it (a bot), under which key.
  void answer(Content content, AnswerOptions options = {}) const;
  /// In time it goes out with the platform's request. Later, and for a polled event, a session is opened through the
  /// account's AgentSessions: with the agent it names, else with the one at work who serves fewest. Where the account
  /// cannot open sessions, or nobody is at work, the event goes to the dead letters.
  void answer(TransferToAgent transfer) const;
  /// Done, and nothing is to be said.
  void done() const;
  /// Done together with writes of the host's own (at most 32, of 4 MiB together), in one commit: either both happened
  /// or neither. With an answer that is not NoReply, the answer is recorded in it and leaves afterwards. Errors:
  /// `conflict`: one of the writes found another generation than it expected, nothing was written, and the turn is
  /// still open; `cancelled`: the event is another process' by now; `bad_argument`: no store takes these writes, and
  /// the turn is still open; or it was answered before.
  Pending<void> finish(std::vector<StoreWrite> writes, PassiveReply answer = NoReply(),
                       AnswerOptions options = {}) const;
  /// Could not be handled: `why` is kept with the event.
  void failed(std::string why) const;

 private:
  std::shared_ptr<detail::InboxWork> work_;
};

struct InboxOptions {
  InboxOptions() {}
  /// The platform is answered within this time whatever the handler does (WeChat gives 5 s): with the answer, or, from
  /// nineteen twentieths of it on, without; the answer then leaves as a customer message. That no request carries it
  /// any more is written to the store first; if that cannot be done in time the platform is asked to come again (503).
  Millis answer_within{4'000};
  /// How long one owner may work on an event, or poll, before another may take over; extended while the owner lives.
  Millis lease{30'000};
  /// How long a handled event is remembered to recognise repeats; at least the platform's own repeats and 10 minutes.
  std::chrono::seconds remember{3'600};
  /// Tries before an event goes to the dead letters.
  int tries = 5;
  /// Most events being handled here at a time: more pushes are answered 503 so that the platform repeats them, and
  /// polling waits until a whole batch (Poller::kMaxEvents) has room or nothing is in hand. Of many accounts one takes
  /// at most nine tenths, so that the others find room.
  std::size_t max_in_hand = 10'000;
  /// Polls its one account by itself if that has a Poller; the accounts of a resolver are named with Inbox::poll. Off:
  /// only what a wake brings is polled here, and what other processes stored is taken over.
  bool poll = true;
  /// How often events of dead owners are looked for, and whether another process still polls. What a process leaves by
  /// itself (drain, an Inbox destroyed) is found within a second.
  Millis sweep{5'000};
  /// An event whose handler says nothing for so long counts as failed.
  Millis give_up{600'000};
  /// Turns that handlers have open at most. They are given out in turn among accounts; while others wait one account
  /// holds at most a tenth of them.
  std::size_t handlers = 256;
  /// When an account is polled for the first time, what is older than this comes as InboundEvent::history.
  std::chrono::seconds history_age{600};
  /// Answers to such events leave too. Off: they are dropped and counted ("history").
  bool answer_history = false;
  /// What may be changed of a late answer so that it fits.
  Adaptation allow;
};

/// An event whose handling failed for good.
struct DeadLetter {
  DeadLetter() {}
  std::string event_id;
  std::string why;
  int tries = 0;
  InboundEvent event;  ///< Where its account is not known: account, id, time and raw text only.
  std::string place;   ///< In the listing: give it as `after`, or to revive() and dismiss().
};

/// Finds the account that an event names. Null, or the error `not_found`: there is no such account.
using AccountResolver = std::function<Pending<std::shared_ptr<Channel>>(std::string account)>;

/// How an Inbox stands. Counts are of this process since its start, but for `live_sessions`.
struct InboxState {
  InboxState() {}
  bool takes_pushes = false;        ///< False once it is drained or destroyed.
  std::size_t in_hand = 0;          ///< Events that came in here, and the first of queues taken over, not over yet.
  std::size_t open_turns = 0;       ///< With handlers.
  std::size_t waiting_turns = 0;    ///< That could be, if a turn were free.
  std::optional<WallTime> oldest;   ///< When the oldest event came in that is in hand here.
  std::size_t live_sessions = 0;    ///< Processes that hold something now.
  std::uint64_t taken_over = 0;     ///< Customers' queues whose process was gone.
  std::uint64_t sessions_lost = 0;  ///< This process was away for longer than InboxOptions::lease.
  std::uint64_t commits = 0;
  std::uint64_t changes = 0;  ///< Written by them: by `commits` the size of a group.
  std::uint64_t unknown = 0;  ///< Commits of which the store did not know whether it had done them.
  Millis store_wait{0};       ///< How long the last commit waited for the store's thread.
  Millis polls_behind{0};     ///< The longest time since an account that is polled here was last read to the end.
};

/// How an account of an Inbox stands, as this process knows it.
struct InboxHealth {
  InboxHealth() {}
  AccountHealth reading;              ///< What the account itself says (Channel::health).
  bool is_polled = false;             ///< Here.
  std::optional<WallTime> last_poll;  ///< When everything was last read, by whichever process this one knows of.
  int failed_polls = 0;               ///< Here, in a row...
  std::string poll_error;             ///< ...and why the last one failed.
  std::size_t in_hand = 0;            ///< Its events, as InboxState::in_hand has them.
  std::optional<WallTime> oldest;     ///< When the oldest of its events that are worked on here came in.
};

/// Takes what comes in for hosts without desk: opens pushes or polls, stores each event before the platform is
/// acknowledged or the cursor moves, hands it to the handler, answers in time, recognises repeats across processes, and
/// takes over what a dead process left (CBK, DED, BOT).
///
/// Polled events are stored together with the poller's cursor in one commit: none is lost and none comes twice,
/// whenever a process dies. Of the processes that share a store one polls at a time; the others take over when it is
/// gone. A failing poll is reported and tried again with growing pauses, or when the platform's `retry_after` is over.
/// Nobody waits for the answer to a polled event: it leaves as a customer message to InboundEvent::sender(). An event
/// too large for the store is reported and passed over, and one of a customer of whom 1,000 wait goes to the dead
/// letters, so that they do not hold up the others.
///
/// Delivery to the handler is at least once with a stable event id. Without a durable store this is best effort: what
/// is in hand is lost with the process; `durable()` says so. Events of one customer are handed over in the order in
/// which they were stored, one at a time, across all processes that share the store; customers are independent.
///
/// An event is stored, together with what it means for the account's reply window, before anything is acknowledged; if
/// that fails the platform is answered 503 and repeats. A repeat waits for the answer that is being worked on, or gets
/// the one that was given; after a request was acknowledged without it the answer leaves as a message. An answer that
/// left as a customer message is never sent a second time on doubt: where its fate is unknown the event goes to the
/// dead letters. A power cut may bring back what was handled in its last moments.
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
  /// One Inbox for many accounts of a platform: each event names its account, and `resolver` finds it (again after a
  /// minute). It is called on the loop, guarded; what it does not answer in time is a 503, an unknown account a 404.
  /// Stored events of an account that cannot be resolved wait with growing pauses; after an hour they are dead letters
  /// that name it. Handlers' turns are given out in turn among accounts (InboxOptions::handlers). Errors:
  /// `bad_argument`.
  static Result<Inbox> create(const Runtime& runtime, std::string platform, AccountResolver resolver, Handler handler,
                              InboxOptions options = {});
  Inbox(Inbox&&) noexcept;
  Inbox& operator=(Inbox&&) noexcept;
  ~Inbox();

  /// Give every request to the account's callback URL to this and send back what it answers. Errors: `cancelled` at
  /// shutdown; answer 503 then. `unsupported`: the channel has no PushReceiver, so no request is the platform's.
  Pending<WebhookResponse> handle(const WebhookRequest& request) const;

  /// The same for a URL that serves many accounts: `receiver` is an account's, or an application's whose pushes name
  /// the account.
  Pending<WebhookResponse> handle(std::shared_ptr<const PushReceiver> receiver, const WebhookRequest& request) const;

  /// Polls this account from now on, for an Inbox with a resolver: call it for each account when the process starts,
  /// and when one is added. Of the processes that share a store and were told so one polls at a time, and the others
  /// take over when it is gone. The account is found anew as long as it is polled; what fails then is a poll that
  /// failed (log_event::kInboxPollFailed), tried again after a pause. Errors, nothing is polled then: the resolver's;
  /// `not_found`: there is no such account; `unsupported`: it has no Poller; `timeout`; `cancelled`: the Inbox is
  /// drained.
  Pending<void> poll(std::string account) const;
  /// Polls it no longer here: a poll under way is given up, its events come again to whoever polls next.
  void stop_polling(std::string account) const;
  /// Says that the account has something new: everything is read once now, whether it is polled here or not. If another
  /// process reads at this moment, that one reads again before it ends. A push that only wakes (OpenedPush::wake) does
  /// this by itself. Only a pause that the platform asked for is kept. `token`: see Poller::poll_woken. Answered when
  /// the account is found. Errors: as of poll().
  Pending<void> wake(std::string account, std::string token = {}) const;

  /// Before this process ends: pushes get 503 from now on, no handler starts, what was begun comes to its end within
  /// `within`. Then the session is given back, and other processes take the rest over at once. Error: `timeout`: some
  /// turns were still open; they were given up, and their events begin again elsewhere.
  Pending<void> drain(Millis within) const;
  /// How it stands, for load balancers and dashboards. Errors: those of the store.
  Pending<InboxState> state() const;

  /// How one account stands; without a name, the Inbox's only one. Errors: those of the resolver; `not_found`: there is
  /// no such account; `timeout`.
  Pending<InboxHealth> health(std::string account = {}) const;

  bool durable() const;
  /// Events whose handling failed for good, oldest first; at most `limit`, and fewer where they are large (16 MiB):
  /// go on with the last one's `place`.
  Pending<std::vector<DeadLetter>> dead_letters(std::size_t limit = 100, std::string after = {}) const;
  /// Hands a dead letter to the handler again, after what the customer has sent since. By its event id, or by its
  /// `place`, where accounts may have the same ids. Errors: `not_found`; `rate_limited`: 1,000 events of the customer
  /// wait; those of the resolver.
  Pending<void> revive(std::string event_id) const;
  /// Forgets a dead letter, named as above: they are kept until they are revived or dismissed. Error: `not_found`.
  Pending<void> dismiss(std::string event_id) const;

 private:
  explicit Inbox(std::shared_ptr<detail::InboxCore> core);
  static Result<Inbox> start(const std::shared_ptr<detail::RuntimeCore>& runtime,
                             std::shared_ptr<detail::AccountBook> accounts, Handler handler,
                             const InboxOptions& options);
  std::shared_ptr<detail::InboxCore> core_;
};

KEFU_END_NAMESPACE
