#pragma once

#include "channel/inbox/held_event.hpp"

#include <kefu/channel/inbound.hpp>
#include <kefu/channel/webhook.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/store.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What became of an event that a sink was given.
enum class EventFate : unsigned char {
  stored,     ///< Now, and it will be handled.
  duplicate,  ///< It was stored before.
  full,       ///< Not stored: its customer has too much waiting. It may come again.
  buried,     ///< So it is, but nothing may wait for it: it is among the dead letters.
  refused,    ///< No store can take it: it must not hold up the others.
};

/// An event on its way into a sink.
struct SinkEvent {
  explicit SinkEvent(HeldEventPtr h) : held(std::move(h)) {}
  HeldEventPtr held;
  Millis waits{0};    ///< A request of the platform waits here so long for the answer.
  std::string trace;  ///< W3C trace parent of what brought it.
};

/// What a sink says of one event.
struct SinkAnswer {
  explicit SinkAnswer(EventFate f = EventFate::refused) : fate(f) {}
  EventFate fate;
  bool is_ours = false;                ///< It is handled here: who waits for it will be told.
  bool is_over = false;                ///< A duplicate of what was handled...
  std::optional<PassiveReply> answer;  ///< ...with the answer that left with a request.
};

/// Where events go that came in: the journal of an Inbox, or a database. What is accepted is handled from there; who
/// gives it learns only that it may be acknowledged.
///
/// Thread safety: the loop.
class EventSink {
 public:
  using Done = MoveFunction<void(Result<std::vector<SinkAnswer>>)>;
  virtual ~EventSink() = default;
  /// Stores events of one account, oldest first per customer, and `cursor`, in one commit; of events too large for one
  /// the first are committed before, and the cursor with the last. `done` gets an answer for each, or why nothing is
  /// known to be stored; `conflict`: another process moved the cursor.
  virtual void accept(const AccountPtr& account, std::vector<SinkEvent> events, std::vector<StoreWrite> cursor,
                      Done done) = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
