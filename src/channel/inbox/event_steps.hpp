#pragma once

#include "channel/inbox/account.hpp"
#include "channel/inbox/event_sink.hpp"
#include "channel/inbox/held_event.hpp"
#include "channel/inbox/records.hpp"
#include "channel/inbox/staged_store.hpp"

#include <kefu/channel/inbound.hpp>
#include <kefu/core/store.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What became of an event that came in, and of its lane.
struct Accepted {
  EventFate fate = EventFate::stored;
  StoredEvent event;  ///< As it stands now; the generation of a stored one comes with the commit.
  std::string head;   ///< The event of the lane that is next, if it is not this one.
  bool is_first = false;
  bool is_ours = false;                   ///< The lane is ours to work on, perhaps taken over just now.
  std::shared_ptr<KnownLane> known_lane;  ///< If it is, and was written with it.
};

/// A lane that was looked at.
struct LaneLook {
  bool is_ours = false;
  std::string head;                  ///< Its next event; empty: there is none.
  std::shared_ptr<KnownLane> known;  ///< If it was written.
  bool is_buried = false;            ///< It could not be read: what stood there is a dead letter now.
};

/// What came of the wish to acknowledge a request.
struct Acknowledged {
  EventRecord record;  ///< As it stands.
  /// It is noted, or cannot be as a process of the version before works on it. If not, the event is over, or a request
  /// has claimed its answer.
  bool may_be = false;
};

/// Together with the end of a handler's work.
struct EventEnd {
  std::vector<StoreWrite> also;  ///< The host's.
  bool lets_go = false;          ///< The lane is then free for others.
};

/// What the steps of an Inbox decide: each reads from the view and commits to it at most once. A lane belongs to the
/// session that its record names, as long as that one's entry is in the store: who takes it over demands in the same
/// commit that it is not.
///
/// Thread safety: immutable; called on the store's thread.
class EventSteps {
 public:
  EventSteps(std::string_view name_space, std::chrono::seconds remember)
      : sessions_(session_keys(name_space)), free_key_(free_key(name_space)), remember_(remember) {}

  /// A new event at the end of its lane, together with what it means for the account's reply window, or what was stored
  /// of it before. `fresh` is its record.
  /// `must_take`: where its customer has too much waiting it is `buried` instead of refused.
  Result<Accepted> accept(StagedStore& view, const std::string& session, const HeldEvent& held, EventRecord fresh,
                          bool must_take) const;
  /// A ledger that has a store of its own is told afterwards; it corrects itself from the platform's answers.
  static void note_window(const Store& base, const InboxAccount& account, const InboundEvent& event);

  /// Takes a lane whose session is over, or looks at it.
  Result<LaneLook> take(StagedStore& view, const std::string& session, const AccountKeys& keys,
                        const std::string& lane) const;
  /// Adds that something is free for others, who then look for it at once.
  Result<void> tell_free(StagedStore& view, StagedStore::Draft& draft, const std::string& session) const;
  const std::string& free_key() const { return free_key_; }
  /// Frees a lane of ours for others.
  Result<void> let_go(StagedStore& view, const std::string& session, const std::string& lane) const;
  /// The record of an event, if there is one. Error: `configuration`: it cannot be read.
  static Result<std::optional<StoredEvent>> load(StagedStore& view, const std::string& key);
  /// The same; one that cannot be read `is_unread`, and its raw text is what stands there.
  static Result<std::optional<StoredEvent>> read(StagedStore& view, const std::string& key);
  /// Notes that a request is acknowledged without the answer: then none carries it any more. Error: `not_found`.
  Result<Acknowledged> acknowledge(StagedStore& view, const std::string& session, const HeldEvent& held) const;
  /// Is it what we know, but for that note?
  static bool is_only_acknowledged(const StoredEvent& there, std::uint64_t known_generation) {
    return known_generation != 0 && there.record.acknowledged == known_generation;
  }
  /// Replaces the record of an event in hand, as far as `event` is what is known of it. Error: `conflict`: somebody
  /// else changed it.
  Result<void> save(StagedStore& view, const HeldEvent& held, const StoredEvent& event, const EventProgress& progress,
                    Durability durability) const;
  /// Drafts that: the bytes of its text.
  Result<std::size_t> put_known(StagedStore& view, StagedStore::Draft& draft, const HeldEvent& held,
                                const StoredEvent& event, const EventProgress& progress) const;
  /// Writes the record of an event whose handler is done, and lets the lane move on if it is over. Error: `conflict`:
  /// somebody else changed the record, or one of the keys of the host's writes.
  Result<LaneLook> finish(StagedStore& view, const std::string& session, const HeldEvent& held,
                          const StoredEvent& event, const EventProgress& progress, const EventEnd& end,
                          Durability durability) const;
  /// Takes an event that is over out of its lane.
  Result<LaneLook> pass_over(StagedStore& view, const std::string& session, const std::string& lane,
                             const std::string& event_id) const;

  /// Ends all events of a lane whose session is over, or that is ours, as dead letters; at most ten at a time. True:
  /// more are left.
  Result<bool> bury_lane(StagedStore& view, const std::string& session, const AccountKeys& keys,
                         const std::string& lane, const std::string& why) const;
  /// Puts a dead letter back to work, at the end of its lane. `event` is what it says. Errors: `not_found`;
  /// `rate_limited`: too much of its customer waits.
  Result<Accepted> revive(StagedStore& view, const std::string& session, const InboxAccount& account,
                          const InboundEvent& event, const std::string& dead_key) const;

  /// Is the session that wrote this name over?
  Result<bool> is_over(StagedStore& view, std::string_view session) const;
  /// The same, and if it is, the draft demands that it stays so: what follows is written only then.
  Result<bool> demand_over(StagedStore& view, StagedStore::Draft& draft, std::string_view session) const;

 private:
  struct StoredLane;
  Result<bool> owner_knows_notes(StagedStore& view, const std::string& session, const std::string& lane) const;
  Result<void> note_acknowledged(StagedStore& view, const std::string& key, StoredEvent& event) const;
  /// Of what cannot be read so much is kept; as a text of JSON it may be six times as long.
  static constexpr std::size_t kLongestUnread = 131'072;
  static Error unreadable(const std::string& key, ErrorKind kind);
  static Error changed_by_others();
  static StoreKey session_keys(std::string_view name_space);
  static std::string free_key(std::string_view name_space);
  static Result<StoredLane> read_lane(StagedStore& view, const std::string& key);
  static Result<bool> put_unread(StagedStore& view, StagedStore::Draft& draft, const AccountKeys& keys,
                                 const std::string& lane_key, const StoredLane& lane);
  static Result<StoredLane> rest_of(StagedStore& view, const HeldEvent& held, bool& was_there);
  static void put_lane(StagedStore::Draft& draft, const StoredLane& lane);
  std::size_t put_event(StagedStore::Draft& draft, StagedStore::Slot slot, const EventRecord& record,
                        const EventProgress& progress) const;
  static Result<void> note_contact(StagedStore& view, StagedStore::Draft& draft, const InboxAccount& account,
                                   const InboundEvent& event);
  Result<bool> take(StagedStore& view, StagedStore::Draft& draft, const std::string& session, StoredLane& lane) const;
  static Result<void> put_dead(StagedStore& view, StagedStore::Draft& draft, const AccountKeys& keys,
                               const std::string& event_id, const EventRecord& record, const EventProgress& progress);
  Result<Accepted> join(StagedStore& view, const std::string& session, const HeldEvent& held, Accepted accepted) const;

  const StoreKey sessions_;
  const std::string free_key_;
  const std::chrono::seconds remember_;
};

}  // namespace detail
KEFU_END_NAMESPACE
