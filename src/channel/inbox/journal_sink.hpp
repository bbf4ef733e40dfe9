#pragma once

#include "channel/inbox/event_sink.hpp"
#include "channel/inbox/event_steps.hpp"

#include <memory>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

class InboxCore;

/// The journal as a sink: events become records and lanes, which Lanes works on where they are ours.
///
/// Thread safety: the loop.
class JournalSink final : public EventSink {
 public:
  explicit JournalSink(InboxCore& core) : core_(core) {}
  void accept(const AccountPtr& account, std::vector<SinkEvent> events, std::vector<StoreWrite> cursor,
              Done done) override;

 private:
  class Step;
  struct Batch;
  void post_part(Batch batch);
  InboxCore& core_;
};

}  // namespace detail
KEFU_END_NAMESPACE
