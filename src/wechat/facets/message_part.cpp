#include "wechat/facets/message_part.hpp"

#include "core/call/fields.hpp"
#include "wechat/operations/custom_message_json.hpp"
#include "wechat/operations/field_rules.hpp"

#include <kefu/wechat/sub_merchants.hpp>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

CustomMessageParts parts_of_part(const MessagePart& part) {
  CustomMessageParts parts(*part.customer, *part.message);
  parts.kf_account = part.speaker->agent;
  parts.ai_generated = part.speaker->ai_generated;
  return parts;
}

Result<void> encode_part(const void* request, HttpRequest& out) {
  const auto& part = *static_cast<const MessagePart*>(request);
  CustomMessageParts parts = parts_of_part(part);
  parts.business_id = *part.business;
  return write_custom_message(parts, out);
}

Result<void> encode_business_part(const void* request, HttpRequest& out) {
  const auto& part = *static_cast<const BusinessMessagePart*>(request);
  if (!is_number(*part.business))
    return Error(ErrorKind::bad_argument, "to.thread must be the number of a sub-merchant, up to 19 digits");
  CustomMessageParts parts = parts_of_part(part);
  parts.business_number = *part.business;
  return write_custom_message(parts, out);
}

}  // namespace

const Operation& MessagePart::operation() {
  static const Operation row{SendCustomMessage::operation().info, encode_part, detail::decode_json<NoContent>};
  return row;
}

const Operation& BusinessMessagePart::operation() {
  static const Operation row{SendSubMerchantMessage::operation().info, encode_business_part,
                             detail::decode_json<NoContent>};
  return row;
}

}  // namespace wechat
KEFU_END_NAMESPACE
