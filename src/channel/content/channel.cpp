#include <kefu/channel/channel.hpp>

KEFU_BEGIN_NAMESPACE

Result<InboundEvent> Channel::reopen(std::string_view raw, WallTime received) const {
  if (const auto receiver = push_receiver()) return receiver->reopen(raw, received);
  if (const auto source = poller()) return source->reopen(raw, received);
  return Error(ErrorKind::unsupported, "this account takes no events, so none can be read again");
}

KEFU_END_NAMESPACE
