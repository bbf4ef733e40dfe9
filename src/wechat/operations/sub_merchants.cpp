#include "core/call/fields.hpp"
#include "core/text/json_writer.hpp"
#include "wechat/operations/custom_message_json.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/sub_merchants.hpp>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kNicknameLeast = 4;
constexpr std::size_t kNicknameMost = 30;

template <class V>
void sub_merchant_nickname(V& v, const std::string& nickname) {
  const std::size_t width = width_of(nickname);
  v.rule("nickname", width >= kNicknameLeast && width <= kNicknameMost,
         "must have a length of 4 to 30, a Chinese character counts two");
  v.required("nickname", nickname);
}

template <class V>
void sub_merchant_account(V& v, const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  v.rule("account_name", plain && name.size() >= 6 && name.size() <= 30, "must be 6 to 30 letters, digits and '_'");
  v.required("account_name", name);
}

Result<void> encode_sub_merchant_message(const void* request, HttpRequest& out) {
  const auto& op = *static_cast<const SendSubMerchantMessage*>(request);
  if (!is_number(op.business_id))
    return Error(ErrorKind::bad_argument, "business_id must be a whole number of up to 19 digits");
  CustomMessageParts parts(op.openid, op.message);
  parts.business_number = op.business_id;
  return write_custom_message(parts, out);
}

std::vector<detail::FieldCheck> checks_of_sub_merchant_message(const void* request) {
  const auto& op = *static_cast<const SendSubMerchantMessage*>(request);
  auto checks = custom_message_checks(CustomMessageParts(op.openid, op.message));
  checks.push_back({"businessid", "must be a whole number of up to 19 digits"});
  return checks;
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::SubMerchantId) { v.required("business_id", s.business_id); }
KEFU_FIELDS(wechat::RegisterSubMerchant) {
  wechat::sub_merchant_account(v, s.account_name);
  wechat::sub_merchant_nickname(v, s.nickname);
  v.required("icon_media_id", s.icon_media_id);
  v.value("transfer_to_commkf", s.transfer_to_commkf);
}

KEFU_FIELDS(wechat::SubMerchant) {
  v.required("business_id", s.business_id);
  v.optional("account_name", s.account_name);
  v.optional("nickname", s.nickname);
  v.optional("icon_url", s.icon_url);
  v.optional("icon_media_id", s.icon_media_id);
}
KEFU_FIELDS(wechat::GetSubMerchant::Answer) { v.required("business_info", s.business_info); }
KEFU_FIELDS(wechat::GetSubMerchant) {
  if (!s.account_name.empty()) return v.required("account_name", s.account_name);
  wechat::number_id(v, "business_id", s.business_id);
}

KEFU_FIELDS(wechat::SubMerchantList) { v.required("list", s.list); }
KEFU_FIELDS(wechat::ListSubMerchants) {
  v.value("offset", s.offset, Check().range(0, INT64_MAX));
  v.value("count", s.count, Check().range(1, 200));
}

KEFU_FIELDS(wechat::UpdateSubMerchant) {
  wechat::number_id(v, "business_id", s.business_id);
  wechat::sub_merchant_nickname(v, s.nickname);
  v.value("icon_media_id", s.icon_media_id);
}

}  // namespace detail

namespace wechat {

// clang-format off
#define KEFU_SUB_MERCHANT_ROWS(ROW)                                                                              \
  ROW(RegisterSubMerchant, post("/cgi-bin/business/register", kCreate, "注册子商户", kSubMerchants).from("4.6")  \
      .limited("500 sub-merchants"))                                                                             \
  ROW(GetSubMerchant, post("/cgi-bin/business/get", kRead, "获取子商户", kSubMerchants).from("4.6"))             \
  ROW(ListSubMerchants, post("/cgi-bin/business/list", kRead, "拉取子商户列表", kSubMerchants).from("4.6"))      \
  ROW(UpdateSubMerchant, post("/cgi-bin/business/update", kIdempotent, "更新子商户", kSubMerchants).from("4.6")) \
  ROW(SendSubMerchantMessage, post("/cgi-bin/message/custom/business/send", kCreate,                             \
      "发送客服消息", {kNo, kNo, kYes, kKfSets, kShopPlatform}).from("4.6")                                      \
      .limited("reply window").counted_in("message.custom.send").written_by(encode_sub_merchant_message).checks_by(checks_of_sub_merchant_message)         \
      .doubted("path and numeric businessid are one library's; the page shows /cgi-bin/message/custom/send"))
// clang-format on
KEFU_WECHAT_FAMILY(sub_merchant_rows, KEFU_SUB_MERCHANT_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
