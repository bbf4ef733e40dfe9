#pragma once

#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <kefu/channel/message.hpp>
#include <kefu/core/error.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

// The rules by which an answer leaves, as pure functions. Who keeps the records (the journal of an Inbox, desk's
// database) calls them inside its commit; Outbox drives them. Times are milliseconds since 1970, by the clock of
// whoever keeps the records.

/// Clocks of processes agree within a second, as a store demands: by more than so many milliseconds behind what stands
/// there, ours was set back, and what waits for a time waits no more.
inline constexpr std::int64_t kClocksDiffer = 2'000;

/// What is kept of one answer on its way. What it says stands beside it, and is not looked at here.
struct OutboxRecord {
  enum class State : unsigned char {
    ready,      ///< Waits: for a request that may carry it, or for its time.
    claimed,    ///< `request`, which waits at `session`, carries it.
    sending,    ///< A message of `session` has begun: the customer may have it.
    sent,       ///< Over: the customer has it.
    refused,    ///< Over: it cannot reach the customer; `why` says what stands against it.
    unknown,    ///< Over: nobody knows whether the customer has it, and it is not repeated.
    suppressed  ///< Over: a human wrote after the question, or it answers the past.
  };
  /// `by_request`: a request can carry it (PushReceiver::can_carry). `wait_until`: so long it is left to one that waits
  /// at another process; 0 where none does. `now`: when it is offered.
  explicit OutboxRecord(bool carried = false, std::int64_t wait_until = 0, std::int64_t now = 0)
      : by_request(carried), since(now), not_before(wait_until) {}

  State state = State::ready;
  bool by_request;
  bool in_doubt = false;          ///< An attempt before this one may have reached the customer.
  int attempts = 0;               ///< Messages begun.
  std::string session;            ///< Of the last claim or message.
  std::string request;            ///< That claimed it last; empty: it left as a message.
  std::int64_t since;             ///< ready: when offered. claimed: when. Then: when the first attempt began.
  std::int64_t not_before;        ///< ready: no message before. sending: when to repeat; 0: the attempt is under way.
  std::int64_t repeat_until = 0;  ///< The platform remembers the message's own key so long; 0: it has none.
  std::size_t parts = 0;          ///< Of a split text, delivered by the last attempt.
  std::string why;

  bool over() const { return state >= State::sent; }
  /// No request may carry it any more: one that waited for that goes as a message now.
  void leave_requests() {
    by_request = false;
    if (state == State::ready && attempts == 0) not_before = 0;
  }
  bool was_carried() const { return state == State::sent && !request.empty(); }
  /// An object, for records of a store.
  void write(JsonWriter& json) const;
  static std::optional<OutboxRecord> read(Value value);
};
std::string_view to_string(OutboxRecord::State state) noexcept;

/// A record and what else stands in the store at the moment of a decision.
struct OutboxView {
  OutboxView(OutboxRecord r, std::string_view ours, std::int64_t t) : record(std::move(r)), session(ours), now(t) {}
  OutboxRecord record;
  std::string_view session;  ///< Ours.
  std::int64_t now;
  bool holder_over = false;  ///< `record.session` is over: its entry is gone.
  bool human_spoke = false;  ///< A human wrote to the customer after the question; false for an agent's own answer.

  bool is_ours() const { return record.session == session; }
};

/// What became of a message.
struct OutboxOutcome {
  enum class What : unsigned char {
    sent,
    not_begun,  ///< Nothing of it left: it was our own session that ended.
    later,      ///< The customer does not have it; the same may succeed after a pause.
    refused,    ///< The customer does not have it and will not get it.
    unknown
  };
  explicit OutboxOutcome(What w) : what(w) {}
  /// By delivery, kind and parts of what a Messenger answered. `pause`: of ours, where the platform asks for less.
  OutboxOutcome(const Result<Receipt>& result, Millis pause);
  What what;
  Millis pause{0};
  std::size_t parts = 0;  ///< Delivered before a later one failed.
  std::string why;
};

/// Each member is one step: what it makes of the record, or nothing where the step is not allowed as things stand. A
/// step whose answer was overtaken (a human wrote) gives the end of the record instead.
///
///     ready    claim: claimed (by_request) · begin: sending (its time has come) · expire: suppressed (a human wrote)
///     claimed  carried: sent · unclaim: ready; unknown, if it was a repeat's · by the session and request of the claim
///              claim: claimed by a repeat · expire: unknown · both once its session is over: within 20 s, after them
///     sending  settle: sent, ready, refused, unknown, sending (to be repeated) · by the session and attempt it is of
///              begin: sending again, while the platform remembers its key, once its session is over or after the pause
///              expire: unknown, where a repeat is no longer possible and its session is over, or it only waits
///     unknown  settle: sent · by the session and attempt it is of: a late word of the platform
///     sent, refused, suppressed   nothing
///
/// Thread safety: immutable.
class OutboxRules {
 public:
  /// Messages that are begun at most for one answer.
  explicit OutboxRules(int tries) : tries_(tries) {}

  std::optional<OutboxRecord> claim(const OutboxView& view, std::string_view request) const;
  std::optional<OutboxRecord> carried(const OutboxView& view, std::string_view request) const;
  std::optional<OutboxRecord> unclaim(const OutboxView& view, std::string_view request) const;
  /// `key_memory`: how long the platform remembers this message's own key; zero: it takes none.
  std::optional<OutboxRecord> begin(const OutboxView& view, Millis key_memory) const;
  std::optional<OutboxRecord> settle(const OutboxView& view, int attempt, const OutboxOutcome& outcome) const;
  /// What ends though nobody did anything.
  std::optional<OutboxRecord> expire(const OutboxView& view) const;

  /// When to look at a record again that nothing can be done about now.
  std::int64_t look_again(const OutboxView& view) const;
  /// A repeat must be through before the platform forgets: what is left for it. Nothing: it is the first attempt.
  static std::optional<Millis> time_for_repeat(const OutboxView& view);

 private:
  bool may_repeat(const OutboxRecord& record, std::int64_t when) const;

  const int tries_;
};

}  // namespace detail
KEFU_END_NAMESPACE
