#pragma once

#include <kefu/channel/inbound.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// What one poll brought, and the writes that say "these events are taken".
struct PollBatch {
  PollBatch() {}
  std::vector<InboundEvent> events;  ///< At most Poller::kMaxEvents, oldest first per customer.
  /// Moves the durable cursor past these events. Commit these writes together with what is made of the events, in one
  /// Store::commit: then every event is taken exactly once, whenever the process dies. A conflict on one of them means
  /// that another process took the batch: drop it and poll again. May be there without events.
  std::vector<StoreWrite> cursor;
  bool more = false;  ///< More is known to wait: poll again at once.
  Millis pause{0};    ///< Else: poll again after so long. Follows the budget of calls and what the platform allows.
};

/// Facet: pulls events from a platform that does not push, or whose push only wakes.
///
/// Nothing moves by polling: until a batch's `cursor` is committed, the same events come again, with the same ids.
/// Without a durable store the cursor dies with the process, and the platform's history since the configured start is
/// read again.
///
/// Thread safety: all members may be called from any thread; polls of one account run one after the other. Lifetime: as
/// for every facet.
class KEFU_EXPORT Poller {
 public:
  static constexpr std::size_t kMaxEvents = 50;
  static constexpr std::size_t kMaxCursorWrites = 16;

  virtual ~Poller() = default;

  /// Reads what is new. Errors: those of the platform's calls; `quota_exhausted` when the budget of calls is used up
  /// (`retry_after` says until when). The next poll goes on where the last committed cursor stands.
  virtual Pending<PollBatch> poll(CallOptions options = {}) = 0;

  /// As poll(), for a drain that a push asked for: `token` is what it brought (PollWake). The default does not need it.
  virtual Pending<PollBatch> poll_woken(std::string token, CallOptions options = {}) {
    static_cast<void>(token);
    return poll(std::move(options));
  }

  /// Commits a batch's cursor alone, for hosts that keep events elsewhere: call it after they are safe. Error:
  /// `conflict`: another process took this batch.
  virtual Pending<void> accept(std::vector<StoreWrite> cursor) = 0;

  /// Reads an event again that was stored (see Inbox) from its `raw`. Error: `bad_argument`.
  virtual Result<InboundEvent> reopen(std::string_view raw, WallTime received) const = 0;
};

KEFU_END_NAMESPACE
