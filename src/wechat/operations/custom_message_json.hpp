#pragma once

#include "core/call/field_checks.hpp"

#include <kefu/wechat/customer_messages.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The parts of a customer message, of the operations that send one. Borrows what it is given.
struct CustomMessageParts {
  CustomMessageParts(const std::string& o, const CustomMessage& m) : openid(o), message(m) {}
  const std::string& openid;
  const CustomMessage& message;
  std::string_view kf_account;
  bool ai_generated = false;
  std::string_view business_id;      ///< Written as a string.
  std::string_view business_number;  ///< The same, written as a number.
};

/// Writes the body. Errors: `bad_argument` naming the field.
Result<void> write_custom_message(const CustomMessageParts& parts, HttpRequest& out);
/// The message type that carries this content for a kind of account; nothing if the API has none.
std::optional<CustomMessage> custom_message_of(Content content, bool mini_program);
/// What it looks at.
std::vector<detail::FieldCheck> custom_message_checks(const CustomMessageParts& parts);

}  // namespace wechat
KEFU_END_NAMESPACE
