#include "sandbox/wechat/api_security.hpp"

#include "core/crypto/cipher_gcm.hpp"
#include "core/crypto/crypto.hpp"
#include "core/crypto/crypto_signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::string_view kOwnBase = "https://api.weixin.qq.com";
constexpr std::size_t kNonceSize = 12;

/// Whose pages say so, and those that two client libraries add.
constexpr std::string_view kSealedApis[] = {
    "/cgi-bin/message/custom/send",     "/cgi-bin/clear_quota",        "/cgi-bin/openapi/quota/get",
    "/cgi-bin/openapi/rid/get",         "/wxa/msg_sec_check",          "/wxa/media_check_async",
    "/wxa/business/getuserphonenumber", "/wxaapi/newtmpl/addtemplate", "/wxaapi/newtmpl/deltemplate",
    "/cgi-bin/message/subscribe/send"};

/// What a platform under test may do wrong (switch api_security_misbehave).
constexpr std::int64_t kWrongSignature = 1;
constexpr std::int64_t kOldTimestamp = 2;
constexpr std::int64_t kOtherAppid = 3;

detail::GcmCipher cipher_of(const WechatApiSecurity& keys) {
  return keys.sm4 ? detail::GcmCipher::sm4 : detail::GcmCipher::aes_256;
}
detail::SignatureKind signature_of(const WechatApiSecurity& keys) {
  return keys.sm2 ? detail::SignatureKind::sm2_sm3 : detail::SignatureKind::rsa_pss_sha256;
}

std::optional<std::string> strict_base64(std::string_view text) {
  return detail::base64_decoded(text, detail::Base64Mode::strict);
}

std::string bound_to(const WechatApiSecurity& keys, std::string_view url, std::string_view appid,
                     std::string_view timestamp) {
  return fmt::format("{}|{}|{}|{}", url, appid, timestamp, keys.symmetric_number);
}

std::string signed_over(std::string_view url, std::string_view appid, std::string_view timestamp,
                        std::string_view body) {
  return fmt::format("{}\n{}\n{}\n{}", url, appid, timestamp, body);
}

std::string url_of(const WechatCall& call) { return std::string(kOwnBase) + call.request.path; }

std::string_view header_of(const WechatCall& call, std::string_view name) {
  return find_pair(call.request.headers, name).value_or("");
}

/// The checks of the headers, in the order of the codes.
ApiResult check_seal_headers(const WechatCall& call) {
  const WechatApiSecurity& keys = call.account->app.api_security;
  const std::string_view timestamp = header_of(call, "wechatmp-timestamp");
  const std::string_view appid = header_of(call, "wechatmp-appid");
  if (timestamp.empty()) return refuse(40231);
  if (header_of(call, "wechatmp-signature").empty()) return refuse(40232);
  if (appid.empty()) return refuse(40233);
  if (!starts_with(appid, "wx")) return refuse(40236);
  if (appid != call.account->app.appid) return refuse(40237);
  if (!keys.on || keys.symmetric_key.empty()) return refuse(40238);
  if (keys.developer_public_key.empty()) return refuse(40239);
  const bool digits = timestamp.size() <= 12 && timestamp.find_first_not_of("0123456789") == timestamp.npos;
  const std::int64_t age =
      digits ? unix_seconds(call.now) - std::strtoll(std::string(timestamp).c_str(), nullptr, 10) : 0;
  if (!digits || std::abs(age) > call.twin.setting("api_security_age_s")) return refuse(40240);
  return {};
}

/// The platform's own fields before those of the answer.
std::string with_own_fields(std::string_view answer, std::string_view appid, std::string_view timestamp) {
  std::string out;
  detail::JsonWriter writer(out);
  writer.begin_object().key("_n").string(detail::random_text(22)).key("_appid").string(appid);
  writer.key("_timestamp").raw(timestamp).end_object();
  const std::size_t open = answer.find('{');
  const std::string_view rest = answer.substr(open == std::string_view::npos ? answer.size() : open + 1);
  if (rest.find_first_not_of(" }") == std::string_view::npos) return out;
  out.pop_back();
  return out.append(",").append(rest);
}

std::string boxed(const WechatApiSecurity& keys, std::string_view bound, std::string_view plain) {
  const auto key = strict_base64(keys.symmetric_key);
  std::string nonce(kNonceSize, '\0');
  static_cast<void>(detail::random_bytes(nonce.data(), nonce.size()));
  const auto sealed = detail::gcm_seal(key.value_or(""), nonce, bound, plain, cipher_of(keys)).value_or("");
  const std::size_t text = sealed.size() < detail::kGcmTagSize ? 0 : sealed.size() - detail::kGcmTagSize;
  std::string out;
  detail::JsonWriter writer(out);
  writer.begin_object().key("iv").string(detail::base64(nonce));
  writer.key("data").string(detail::base64(std::string_view(sealed).substr(0, text)));
  writer.key("authtag").string(detail::base64(std::string_view(sealed).substr(text))).end_object();
  return out;
}

std::string signed_by(const WechatApiSecurity& keys, const std::string& pem, const std::string& number,
                      std::string_view text) {
  const auto key = detail::SigningKey::read(signature_of(keys), Secret(pem));
  return key ? detail::base64(key->sign(text, number).value_or("")) : std::string();
}

}  // namespace

std::optional<std::string> open_sealed(const WechatApiSecurity& keys, const SealedCall& call, int& code) {
  const auto own = detail::VerifyingKey::read(signature_of(keys), keys.developer_public_key);
  const auto signature = strict_base64(call.signature);
  code = 40234;
  if (!own || !signature ||
      !own->verify(signed_over(call.url, call.appid, call.timestamp, call.body), *signature, keys.developer_number))
    return std::nullopt;
  code = 40235;
  const detail::Document box = detail::Document::json(call.body);
  const auto key = strict_base64(keys.symmetric_key);
  const auto nonce = strict_base64(box.root()["iv"].text());
  auto data = strict_base64(box.root()["data"].text());
  const auto tag = strict_base64(box.root()["authtag"].text());
  if (!key || !nonce || nonce->size() != kNonceSize || !data || !tag || tag->size() != detail::kGcmTagSize)
    return std::nullopt;
  auto plain = detail::gcm_open(*key, *nonce, bound_to(keys, call.url, call.appid, call.timestamp), data->append(*tag),
                                cipher_of(keys));
  if (!plain) return std::nullopt;
  const detail::Document inside = detail::Document::json(*plain);
  const bool bound = inside.root()["_appid"].text() == call.appid &&
                     inside.root()["_timestamp"].kind() == detail::Value::Kind::number &&
                     inside.root()["_timestamp"].text() == call.timestamp && !inside.root()["_n"].text().empty();
  if (!bound) return std::nullopt;
  code = 0;
  return plain;
}

ApiResult open_sealed_body(WechatCall& call) {
  const bool claims = !header_of(call, "wechatmp-signature").empty() || !header_of(call, "wechatmp-appid").empty();
  const WechatApiSecurity& keys = call.account->app.api_security;
  if (!claims && !keys.on) return {};
  const auto* found = std::find(std::begin(kSealedApis), std::end(kSealedApis), std::string_view(call.request.path));
  if (found == std::end(kSealedApis)) return {};
  if (!claims) return call.gap("api_security_unsealed_code");
  if (ApiResult bad = check_seal_headers(call); bad.code != 0) return bad;
  const std::string url = url_of(call);
  int code = 0;
  const auto plain = open_sealed(keys,
                                 {url, call.account->app.appid, header_of(call, "wechatmp-timestamp"),
                                  call.request.body, header_of(call, "wechatmp-signature")},
                                 code);
  if (!plain) return refuse(code);
  call.document = detail::Document::json(*plain);
  call.body = call.document.root();
  call.sealed = true;
  return {};
}

void seal_answer(const WechatCall& call, WebAnswer& answer) {
  const WechatApiSecurity& keys = call.account->app.api_security;
  const std::int64_t wrong = call.twin.setting("api_security_misbehave");
  const std::string appid = wrong == kOtherAppid ? "wx0000000000000000" : call.account->app.appid;
  const std::string timestamp = std::to_string(unix_seconds(call.now) - (wrong == kOldTimestamp ? 3600 : 0));
  const std::string url = url_of(call);
  answer.body = boxed(keys, bound_to(keys, url, appid, timestamp), with_own_fields(answer.body, appid, timestamp));
  std::string text = signed_over(url, appid, timestamp, answer.body);
  if (wrong == kWrongSignature) text += "\n";
  answer.headers.emplace_back("Wechatmp-Appid", appid);
  answer.headers.emplace_back("Wechatmp-TimeStamp", timestamp);
  answer.headers.emplace_back("Wechatmp-Serial", keys.platform_number);
  answer.headers.emplace_back("Wechatmp-Signature",
                              signed_by(keys, keys.platform_private_key, keys.platform_number, text));
  if (keys.old_platform_private_key.empty()) return;
  answer.headers.emplace_back("Wechatmp-Serial-Deprecated", keys.old_platform_number);
  answer.headers.emplace_back("Wechatmp-Signature-Deprecated",
                              signed_by(keys, keys.old_platform_private_key, keys.old_platform_number, text));
}

std::optional<std::string> wrong_api_security(const WechatApiSecurity& keys) {
  if (!keys.on) return std::nullopt;
  if (keys.sm4 && !detail::has_gcm(detail::GcmCipher::sm4)) return "api_security.sm4: this OpenSSL has no SM4-GCM";
  const auto key = strict_base64(keys.symmetric_key);
  if (!keys.symmetric_key.empty() && (!key || key->size() != (keys.sm4 ? 16U : 32U)))
    return fmt::format("api_security.symmetric_key must be Base64 of {} bytes", keys.sm4 ? 16 : 32);
  if (!keys.developer_public_key.empty() && !detail::VerifyingKey::read(signature_of(keys), keys.developer_public_key))
    return "api_security.developer_public_key is no public key of that kind in PEM form";
  if (!detail::SigningKey::read(signature_of(keys), Secret(keys.platform_private_key)))
    return "api_security.platform_private_key is no private key of that kind in PEM form";
  if (!keys.old_platform_private_key.empty() &&
      !detail::SigningKey::read(signature_of(keys), Secret(keys.old_platform_private_key)))
    return "api_security.old_platform_private_key is no private key of that kind in PEM form";
  return std::nullopt;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
