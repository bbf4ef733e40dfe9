#pragma once

#include "channel/inbox/account.hpp"
#include "channel/inbox/records.hpp"

#include <kefu/channel/inbound.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A lane as our session wrote it last: whoever changes it since makes our next write of it conflict.
struct KnownLane {
  explicit KnownLane(LaneRecord r) : record(std::move(r)) {}
  LaneRecord record;
  std::uint64_t generation = 0;  ///< Comes with the commit.
};

/// An event in hand: where it stands in the store, what came, and how it stands as far as we know. Its keys are made
/// once; whoever deals with it holds this.
///
/// Thread safety: the loop changes it where a round of the journal comes back, or while no step of its event is on its
/// way; so such a step may read it on the store's thread.
struct HeldEvent {
  /// Without a lane until it came().
  HeldEvent(AccountPtr a, std::string event_id, std::string event_key, std::string lane_key = {})
      : account(std::move(a)), id(std::move(event_id)), key(std::move(event_key)), lane(std::move(lane_key)) {}
  void came(InboundEvent&& e) {
    lane = account->keys.lane(e);
    event = std::move(e);
  }
  /// No request carries its answer any more.
  bool is_acknowledged() const { return noted_acknowledged || stored.record.acknowledged; }
  HeldEvent(const HeldEvent&) = delete;
  HeldEvent& operator=(const HeldEvent&) = delete;

  const AccountPtr account;
  const std::string id;
  const std::string key;
  std::string lane;                   ///< Its key.
  std::optional<InboundEvent> event;  ///< As it came in; moved from once the handler has it.
  StoredEvent stored;
  /// The store says so though `stored` does not yet; any thread.
  mutable std::atomic<bool> noted_acknowledged{false};
  std::shared_ptr<KnownLane> known_lane;  ///< If this is its first event.
};
using HeldEventPtr = std::shared_ptr<HeldEvent>;

}  // namespace detail
KEFU_END_NAMESPACE
