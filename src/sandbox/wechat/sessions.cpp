#include "core/crypto/crypto.hpp"
#include "sandbox/wechat/twin.hpp"

#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::chrono::minutes kPaidFor(5);

/// The customer whose session_key signed the query: over the empty text, the key as it is written.
ApiResult check_session_signature(WechatCall& call, WechatCustomer*& customer) {
  customer = call.twin.find_customer(*call.account, call.query("openid"));
  if (customer == nullptr) return refuse(40003);
  if (call.query("sig_method") != "hmac_sha256") return refuse(87008);
  if (customer->session_key.empty()) return refuse(87009);
  const detail::Digest wanted = detail::hmac(detail::DigestKind::sha256, customer->session_key, "");
  return call.query("signature") == wanted.hex() ? ApiResult() : refuse(87009);
}

ApiResult check_session(WechatCall& call) {
  WechatCustomer* customer = nullptr;
  return check_session_signature(call, customer);
}

ApiResult reset_session(WechatCall& call) {
  WechatCustomer* customer = nullptr;
  if (ApiResult bad = check_session_signature(call, customer); bad.code != 0) return bad;
  customer->session_key = detail::base64(detail::random_text(16));
  return ok_answer([&](detail::JsonWriter& writer) {
    writer.key("openid").string(customer->openid).key("session_key").string(customer->session_key);
  });
}

ApiResult paid_union_id(WechatCall& call) {
  const WechatCustomer* customer = call.twin.find_customer(*call.account, call.query("openid"));
  if (customer == nullptr) return refuse(40003);
  if (call.twin.setting("answer_union_id") == 0) return refuse(89002);
  if (customer->paid == WallTime::min() || call.now - customer->paid > kPaidFor)
    return call.gap("paid_union_id_without_order_code");
  const auto differs = [&call](std::string_view name, const std::string& known) {
    return !call.query(name).empty() && call.query(name) != known;
  };
  if (differs("transaction_id", customer->transaction_id) || differs("mch_id", customer->merchant_id) ||
      differs("out_trade_no", customer->merchant_order))
    return refuse(89300);
  return ok_answer([customer](detail::JsonWriter& writer) { writer.key("unionid").string(customer->union_id); });
}

}  // namespace

std::vector<WechatRoute> wechat_session_routes() {
  using Credential = WechatRoute::Credential;
  return {{"GET", "/wxa/checksession", Credential::token, check_session},
          {"GET", "/wxa/resetusersessionkey", Credential::token, reset_session},
          {"GET", "/wxa/getpaidunionid", Credential::token, paid_union_id}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
