#pragma once

#include "channel/inbox/records.hpp"
#include "channel/inbox/staged_store.hpp"

#include <kefu/channel/inbound.hpp>
#include <kefu/channel/inbox.hpp>
#include <kefu/channel/reply_window.hpp>
#include <kefu/core/store.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A record as it was last read or written.
struct StoredEvent {
  EventRecord record;
  std::uint64_t generation = 0;
};

/// What became of an event that came in.
struct Accepted {
  bool is_new = false;  ///< It was stored now; else it is a repeat of one that was.
  StoredEvent event;
  std::string lane;
  std::string head;      ///< The event of the lane that is next.
  bool is_ours = false;  ///< The lane is ours to work on, perhaps taken over just now.
};

/// What became of the events of one poll.
struct TakenBatch {
  /// Per event what became of it, or why it can never be stored. Fewer than there were: see `is_lost`.
  std::vector<Result<Accepted>> events;
  bool is_lost = false;  ///< Another process took the batch first: the rest was not stored here.
};

/// What became of writing the last state of a lane's first event.
struct Finished {
  bool is_ours = false;         ///< False: another owner took the lane; nothing was written.
  bool record_changed = false;  ///< Somebody else wrote the record; nothing was written.
  std::string next;             ///< The lane's next event; empty: the lane is gone.
};

/// A page of a search for lanes to work on.
struct Swept {
  std::vector<std::pair<std::string, std::string>> lanes;  ///< Ours, old and new, with the next event of each.
  std::size_t taken_over = 0;
  std::string after;  ///< Where the next page begins; empty: there is none.
};

/// The Inbox's store work: every member blocks and does one step atomically, by compare-and-set with bounded repeats.
/// Events of a customer form a lane: a queue in the store with one owner at a time, so order holds across processes. A
/// lane is named by its key.
///
/// `now` is the time at which the store thread does the step: work that waited in its queue takes nothing from leases.
///
/// Thread safety: immutable; called on the store thread.
class InboxStore {
 public:
  InboxStore(std::string_view name_space, std::string_view platform, std::string_view account, std::string owner,
             const InboxOptions& options, std::shared_ptr<ReplyLedger> ledger);

  const std::string& owner() const { return owner_; }

  /// Stores a new event, its place in its lane and what it means for the reply window in one commit, or finds what was
  /// stored of it before.
  Result<Accepted> accept(Store& store, const InboundEvent& event, WallTime now) const;
  /// Stores a poll's events and the cursor behind them in one commit. Events too large for one are committed before, a
  /// part at a time and the cursor last: they are repeats if the batch comes again.
  Result<TakenBatch> accept_batch(Store& store, const std::vector<InboundEvent>& events,
                                  const std::vector<StoreWrite>& cursor, WallTime now) const;
  /// Takes or keeps the right to poll: one process at a time.
  Result<std::optional<Lease>> may_poll(Store& store) const { return store.lease(polling_.str(), owner_, lease_); }
  /// The record of an event, if there is one.
  Result<std::optional<StoredEvent>> load(Store& store, std::string_view event_id) const;
  /// Replaces a record; generation 0 in the answer: somebody else changed it.
  Result<std::uint64_t> save(Store& store, std::string_view event_id, const StoredEvent& event,
                             Durability durability) const;
  /// Ends the first event of a lane with `last` (nothing: its record is over already) and moves the lane on. With
  /// `stop` the lane is then free for other owners.
  Result<Finished> finish(Store& store, const std::string& lane, const std::string& event_id,
                          const std::optional<StoredEvent>& last, bool stop, WallTime now) const;
  /// Frees a lane for other owners.
  Result<void> let_go(Store& store, const std::string& lane) const;
  /// Extends our hold on these lanes; answers those that are no longer ours.
  Result<std::vector<std::string>> extend(Store& store, const std::vector<std::string>& lanes, WallTime now) const;
  /// Takes over lanes whose owner is gone, at most `room` of them.
  Result<Swept> sweep(Store& store, const std::string& after, std::size_t room, WallTime now) const;
  /// For a request that waits here while another process works: the record, whose ready answer is then ours to
  /// deliver.
  Result<std::optional<StoredEvent>> claim(Store& store, std::string_view event_id) const;

  Result<std::vector<std::pair<std::string, DeadRecord>>> dead_letters(Store& store, std::size_t limit) const;
  /// Puts a dead letter back to work, at the end of its lane. `event` is what it says. Error: `not_found`.
  Result<Accepted> revive(Store& store, const InboundEvent& event, WallTime now) const;
  Result<void> dismiss(Store& store, std::string_view event_id) const;
  /// The dead letter of an event. Error: `not_found`.
  Result<DeadRecord> dead_letter(Store& store, std::string_view event_id) const;

 private:
  struct DeadEntry {
    std::string key;
    std::uint64_t generation = 0;
    DeadRecord record;
  };
  std::string event_key(std::string_view event_id) const { return StoreKey(events_).add(event_id).str(); }
  std::string lane_key(const InboundEvent& event) const;
  std::string dead_key(const EventRecord& record, std::string_view event_id) const;
  StoreWrite put_event(std::string_view event_id, const StoredEvent& event) const;
  Result<DeadEntry> find_dead(Store& store, std::string_view event_id) const;
  /// `base` is the store behind `store`, which may be a view of it. `claim_until`: see EventRecord.
  Result<Accepted> accept(Store& store, const Store& base, const InboundEvent& event, std::int64_t claim_until,
                          WallTime now) const;
  Result<std::optional<StoreWrite>> plan_window(Store& store, const Store& base, const InboundEvent& event) const;
  void note_window(const Store& base, const InboundEvent& event) const;
  Result<std::size_t> accept_part(StagedStore& staged, const Store& base, const std::vector<InboundEvent>& events,
                                  std::size_t room, std::vector<Result<Accepted>>& accepted, WallTime now) const;
  Accepted fresh(const InboundEvent& event, std::int64_t claim_until) const;
  Result<Accepted> join(Store& store, std::string_view event_id, const std::string& lane, StoredEvent known,
                        WallTime now) const;
  /// Commits a new record at the end of its lane, with `more`. False: a race was lost.
  Result<bool> enqueue(Store& store, const InboundEvent& event, Accepted& accepted, std::optional<StoreWrite> more,
                       WallTime now) const;
  void take(LaneRecord& lane, WallTime now) const;
  bool is_free(const LaneRecord& lane, WallTime now) const;

  const StoreKey events_;
  const StoreKey lanes_;
  const StoreKey dead_;
  const StoreKey polling_;
  const std::string owner_;
  const Millis lease_;
  const Millis answer_within_;
  const std::chrono::seconds remember_;
  const std::shared_ptr<ReplyLedger> ledger_;
};

}  // namespace detail
KEFU_END_NAMESPACE
