#include "wechat/facets/message_part.hpp"

#include "core/call/fields.hpp"
#include "wechat/operations/custom_message_json.hpp"

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

Result<void> encode_part(const void* request, HttpRequest& out) {
  const auto& part = *static_cast<const MessagePart*>(request);
  CustomMessageParts parts(*part.customer, *part.message);
  parts.kf_account = part.speaker->agent;
  parts.ai_generated = part.speaker->ai_generated;
  parts.business_id = *part.business;
  return write_custom_message(parts, out);
}

}  // namespace

const Operation& MessagePart::operation() {
  static const Operation row{SendCustomMessage::operation().info, encode_part, detail::decode_json<NoContent>};
  return row;
}

}  // namespace wechat
KEFU_END_NAMESPACE
