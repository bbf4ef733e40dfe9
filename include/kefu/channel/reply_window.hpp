#pragma once

#include <kefu/channel/inbound.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/store.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// What one kind of contact allows: so many messages within so much time. 0 messages: nobody knows what it gives, so
/// where the ledger would refuse after it, the platform is asked instead.
struct ReplyRule {
  ReplyRule(std::string t, int m, std::chrono::seconds w) : trigger(std::move(t)), messages(m), window(w) {}
  std::string trigger;  ///< As in InboundEvent.trigger.
  int messages;
  std::chrono::seconds window;
};

/// The rules of a platform and kind of account, as data. A later trigger raises what is left to its number and moves
/// the end to the later one; nothing adds up, and what is left of a window that is over counts as nothing.
struct ReplyRules {
  ReplyRules() {}
  std::vector<ReplyRule> rules;
  /// How long a closed window is remembered, so that a send is refused without a call. Later the customer is unknown.
  std::chrono::seconds remember = std::chrono::hours(24 * 30);
};

/// How a customer's reply window stands.
struct ReplyWindow {
  ReplyWindow() {}
  bool known = false;     ///< False: nothing is known of this customer; a send is tried and corrects the ledger.
  int messages_left = 0;  ///< Reserved ones are already taken off.
  WallTime closes{};
  std::string trigger;         ///< What opened it.
  std::string closed_because;  ///< "out of time", "messages used up", "platform closed it (45015)"; empty while open.
};

/// Messages set aside before a call. Settle it exactly once.
struct Reservation {
  Reservation() {}
  std::string key;  ///< Of the customer's record in the ledger's store.
  int messages = 0;
  std::uint64_t window = 0;  ///< Which window it was taken from: a later one is not changed by settling.
  bool tracked = false;      ///< False: nothing was known, nothing to give back.
  int left = 0;              ///< What the window holds after this reservation, if tracked.
  WallTime closes{};
};

/// The ledger of reply windows of one account, kept in the store, so that it survives restarts and is shared by
/// processes (WIN-1, WIN-5). One record of about 40 bytes per customer under
/// `kefu/2/<namespace>/<platform>/window/<account>/<customer>`. It blocks on the store: call it on the store thread, or
/// where blocking is fine.
///
/// A customer nothing is known of is let through untracked, and the platform's answer corrects the ledger.
///
/// Thread safety: all members may be called from any thread. Errors: those of the store; `rate_limited` if others kept
/// changing the same record.
class KEFU_EXPORT ReplyLedger {
 public:
  /// Keys are made from namespace, platform and account.
  ReplyLedger(std::shared_ptr<Store> store, std::string name_space, std::string platform, std::string account,
              ReplyRules rules);
  /// Rules that several accounts share; not null.
  ReplyLedger(std::shared_ptr<Store> store, std::string name_space, std::string platform, std::string account,
              std::shared_ptr<const ReplyRules> rules);
  ~ReplyLedger();
  ReplyLedger(ReplyLedger&&) noexcept;
  ReplyLedger& operator=(ReplyLedger&&) noexcept;

  /// Notes what an accepted event means: a contact opens or renews the window, unfollowing closes it. Repeats of an
  /// event that was noted change nothing.
  Result<void> note(const InboundEvent& event);
  /// The write that `note` would do, for those who commit it together with the event itself; nothing if the event
  /// changes nothing. On a conflict ask again.
  Result<std::optional<StoreWrite>> plan(const InboundEvent& event) const;
  /// The same, read through a view of the ledger's store (in which earlier events are noted already).
  Result<std::optional<StoreWrite>> plan(const InboundEvent& event, Store& view) const;

  /// Notes a contact. The end counts from the earlier of platform and received time. Unknown triggers change nothing,
  /// nor does a repeat, nor a contact older than the latest one, unless the window would end sooner without it.
  Result<void> opened(std::string_view customer, std::string_view trigger, WallTime platform_time,
                      WallTime received_time);
  Result<ReplyWindow> look(std::string_view customer, WallTime now) const;
  /// Takes `messages` at once by compare-and-set, or refuses with `window_closed` and the reason (WIN-2).
  Result<Reservation> reserve(std::string_view customer, int messages, WallTime now);
  /// Gives back what was surely not delivered (not_sent, refused); unknown keeps it.
  Result<void> give_back(const Reservation& reservation, int messages);
  /// The platform disagreed (WIN-3): nothing is left in the window of this reservation, or it is closed. A window that
  /// a later contact opened is not touched.
  Result<void> used_up(const Reservation& reservation, WallTime now);
  Result<void> closed(const Reservation& reservation, std::string_view reason, WallTime now);
  /// The platform answered what nobody can read: only it knows how this window stands. Until a contact that opens all
  /// of it, the customer counts as one nothing is known of.
  Result<void> in_doubt(const Reservation& reservation, WallTime now);
  /// The customer cannot be reached, for a reason that did not come from a send.
  Result<void> closed(std::string_view customer, std::string_view reason, WallTime now);

  /// Where the records are.
  const std::shared_ptr<Store>& store() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

KEFU_END_NAMESPACE
