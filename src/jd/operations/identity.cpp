#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/identity.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

detail::Value conversion(detail::Value node) {
  const detail::Value inner = first_of(node, {"returnType", "result"});
  return inner.kind() == detail::Value::Kind::object ? inner : node;
}

Result<void> read_converted(detail::Value node, ConvertedId& to) {
  const detail::Value from = conversion(node);
  const detail::Value id = first_of(from, {"data", "openId"});
  const bool is_named = from["data"].kind() != detail::Value::Kind::absent || from["openId"].present();
  const bool is_text = id.kind() == detail::Value::Kind::string;  // an empty one: nobody of that name
  if (!is_named || (id && !is_text && id.text().empty()))
    return Error(ErrorKind::malformed_reply, "the answer holds no id under data or openId");
  to.id = std::string(id.text());
  to.code = first_text(from, {"code"});
  to.request_id = first_text(from, {"requestId"});
  return {};
}

}  // namespace
}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::PinToXid) {
  v.required("appKey", s.app_key);
  v.required("userPin", s.user_pin);
}
KEFU_FIELDS(jd::MixPinToXid) {
  v.required("appKey", s.app_key);
  v.required("mixPin", s.mix_pin);
}
KEFU_FIELDS(jd::OpenIdToXid) {
  v.required("appKey", s.app_key);
  v.required("openId", s.open_id);
}
KEFU_FIELDS(jd::GetOpenId) { v.required("pin", s.pin); }
KEFU_FIELDS(jd::EncryptPin) { v.required("pin", s.pin); }
KEFU_FIELDS(jd::TokenToOpenId) {
  v.required("appKey", s.app_key);
  v.required("source", s.source);
  v.required("token", s.token);
}

}  // namespace detail

namespace jd {

KEFU_JD_ROW_DECODED(PinToXid, "jos.oauth.rpc.xid.pin2Xid", Effect::read, "jos.oauth.rpc.xid.pin2Xid", "",
                    (&decode_lenient<ConvertedId, read_converted>))
KEFU_JD_ROW_DECODED(MixPinToXid, "jos.oauth.rpc.xid.mixPin2Xid", Effect::read, "jos.oauth.rpc.xid.mixPin2Xid", "",
                    (&decode_lenient<ConvertedId, read_converted>))
KEFU_JD_ROW_DECODED(OpenIdToXid, "jos.oauth.rpc.xid.openId2Xid", Effect::read, "jos.oauth.rpc.xid.openId2Xid", "",
                    (&decode_lenient<ConvertedId, read_converted>))
KEFU_JD_ROW_DECODED(GetOpenId, "UserRelatedRpcI18nService.getOpenId", Effect::read,
                    "UserRelatedRpcI18nService.getOpenId", "", (&decode_lenient<ConvertedId, read_converted>))
KEFU_JD_ROW_DECODED(EncryptPin, "jos.getEncryptPin", Effect::read, "jos.getEncryptPin", kAnswerOfOneSdk,
                    (&decode_lenient<ConvertedId, read_converted>))
KEFU_JD_ROW_DECODED(TokenToOpenId, "jos.token.source.to.openId", Effect::read, "jos.token.source.to.openId", "",
                    (&decode_lenient<ConvertedId, read_converted>))

std::vector<const Operation*> identity_operations() {
  return {&PinToXid::operation(),  &MixPinToXid::operation(), &OpenIdToXid::operation(),
          &GetOpenId::operation(), &EncryptPin::operation(),  &TokenToOpenId::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
