#pragma once

#include <kefu/channel/message.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/wechat/customer_messages.hpp>

#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// SendCustomMessage for one part of a message whose sender has taken the reply window for all of its parts: the gate
/// of the account lets it pass. Borrows what it is given; the callback of its call keeps that.
struct MessagePart {
  using Response = NoContent;
  static const Operation& operation();

  MessagePart(const std::string& c, const std::string& b, const Speaker& s, const CustomMessage& m)
      : customer(&c), business(&b), speaker(&s), message(&m) {}
  const std::string* customer;
  const std::string* business;  ///< The sub-merchant of the session; empty: none.
  const Speaker* speaker;
  const CustomMessage* message;
};

/// The same on the path of sub-merchants, as SendSubMerchantMessage (AccountConfig::business_send).
struct BusinessMessagePart : MessagePart {
  using MessagePart::MessagePart;
  static const Operation& operation();
};

}  // namespace wechat
KEFU_END_NAMESPACE
