#pragma once

#include "jd/customers/customer_book.hpp"

#include <kefu/channel/webhook.hpp>

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The PushReceiver of ShopConfig::host_feed: takes DongDong messages that the host read from JD's queue, one a
/// request, POST, as the JSON of jd 4.5 (`from`, `to`, `body.chatinfo.sid`).
///
/// Nothing is verified, because nothing is signed: it must not be reachable from outside the host.
///
/// A text of a session has the event id that polling gives it, if `polls_chats` and sid, second, direction and words
/// are the same, so that one seen both ways is one event. Two equal texts of one second are one event here, and the
/// second of them comes by polling. Without polling the message's own id is used, and both come here.
///
/// Thread safety: see PushReceiver.
class FeedReceiver final : public PushReceiver {
 public:
  FeedReceiver(std::string shop, bool polls_chats, std::shared_ptr<CustomerBook> customers)
      : shop_(std::move(shop)), polls_chats_(polls_chats), customers_(std::move(customers)) {}

  OpenedPush open(const WebhookRequest& request, WallTime now) const override;
  bool can_carry(const PassiveReply& reply) const override { return std::holds_alternative<NoReply>(reply); }
  /// `unsupported` for anything but NoReply: answers leave through the Messenger.
  Result<WebhookResponse> reply(const ReplyContext& context, const PassiveReply& reply, WallTime now) const override;
  WebhookResponse acknowledge() const override { return WebhookResponse(200); }
  void recognize(InboundEvent event, MoveFunction<void(Result<InboundEvent>)> done) const override;
  Result<InboundEvent> reopen(std::string_view raw, WallTime received) const override;

 private:
  const std::string shop_;
  const bool polls_chats_;
  const std::shared_ptr<CustomerBook> customers_;
};

}  // namespace jd
KEFU_END_NAMESPACE
