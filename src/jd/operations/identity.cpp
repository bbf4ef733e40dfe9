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

void read_converted(detail::Value node, ConvertedId& to) {
  const detail::Value from = conversion(node);
  to.id = std::string(from["data"].text());
  to.code = first_text(from, {"code"});
  to.request_id = first_text(from, {"requestId"});
}

void read_converted_all(detail::Value node, ConvertedIds& to) {
  const detail::Value from = conversion(node);
  const detail::Value data = from["data"];
  if (data.kind() == detail::Value::Kind::object || data.kind() == detail::Value::Kind::array)
    for (const auto& member : data)
      if (!member.value.text().empty()) to.ids.emplace_back(member.name, member.value.text());
  to.code = first_text(from, {"code"});
  to.request_id = first_text(from, {"requestId"});
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
KEFU_FIELDS(jd::PinsToXids) {
  v.required("appKey", s.app_key);
  v.required("userPins", s.user_pins);
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

KEFU_JD_ROW_DECODED(PinToXid, "jos.oauth.rpc.xid.pin2Xid", Effect::read, "jos.oauth.rpc.xid.pin2Xid", kAnswerByAnalogy,
                    (&decode_lenient<ConvertedId, read_converted>))
KEFU_JD_ROW_DECODED(MixPinToXid, "jos.oauth.rpc.xid.mixPin2Xid", Effect::read, "jos.oauth.rpc.xid.mixPin2Xid", "",
                    (&decode_lenient<ConvertedId, read_converted>))
KEFU_JD_ROW_DECODED(OpenIdToXid, "jos.oauth.rpc.xid.openId2Xid", Effect::read, "jos.oauth.rpc.xid.openId2Xid",
                    kAnswerByAnalogy, (&decode_lenient<ConvertedId, read_converted>))
KEFU_JD_ROW_DECODED(PinsToXids, "jos.oauth.rpc.xid.batchPin2Xid", Effect::read, "jos.oauth.rpc.xid.batchPin2Xid",
                    "the name alone is public: request keys and answer are guesses",
                    (&decode_lenient<ConvertedIds, read_converted_all>))
KEFU_JD_ROW_DECODED(GetOpenId, "UserRelatedRpcI18nService.getOpenId", Effect::read,
                    "UserRelatedRpcI18nService.getOpenId", kAnswerByAnalogy,
                    (&decode_lenient<ConvertedId, read_converted>))
KEFU_JD_ROW_DECODED(EncryptPin, "jos.getEncryptPin", Effect::read, "jos.getEncryptPin", kAnswerByAnalogy,
                    (&decode_lenient<ConvertedId, read_converted>))
KEFU_JD_ROW_DECODED(TokenToOpenId, "jos.token.source.to.openId", Effect::read, "jos.token.source.to.openId",
                    kAnswerByAnalogy, (&decode_lenient<ConvertedId, read_converted>))

std::vector<const Operation*> identity_operations() {
  return {&PinToXid::operation(),  &MixPinToXid::operation(), &OpenIdToXid::operation(),  &PinsToXids::operation(),
          &GetOpenId::operation(), &EncryptPin::operation(),  &TokenToOpenId::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
