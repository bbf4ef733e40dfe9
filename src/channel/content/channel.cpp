#include <kefu/channel/channel.hpp>
#include <kefu/channel/health.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE

Result<InboundEvent> Channel::reopen(std::string_view raw, WallTime received) const {
  if (const auto receiver = push_receiver()) return receiver->reopen(raw, received);
  if (const auto source = poller()) return source->reopen(raw, received);
  return Error(ErrorKind::unsupported, "this account takes no events, so none can be read again");
}

void AccountHealth::add(StreamHealth stream) {
  if (stream.reading_since && (!reading_since || *stream.reading_since < *reading_since))
    reading_since = stream.reading_since;
  if (stream.behind_by && (!behind_by || *stream.behind_by > *behind_by)) behind_by = stream.behind_by;
  if (stopped_because.empty() && !stream.stopped_because.empty())
    stopped_because = stream.name + ": " + stream.stopped_because;
  streams.push_back(std::move(stream));
}

KEFU_END_NAMESPACE
