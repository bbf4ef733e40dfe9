#include "wechat/account/api_security.hpp"

#include "core/async/time_range.hpp"
#include "core/crypto/crypto.hpp"
#include "core/text/json_writer.hpp"
#include "wechat/operations/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kRandomBytes = 16;  // of _n
constexpr std::array<std::string_view, 3> kOwnFields{"_n", "_appid", "_timestamp"};

Error bad_setting(std::string why) { return Error(ErrorKind::bad_argument, "api_security." + std::move(why)); }
Error untrusted(const char* why) {
  return Error(ErrorKind::malformed_reply, std::string("the answer of the API signature mode ") + why);
}

std::optional<std::string> decoded(std::string_view text) {
  return detail::base64_decoded(text, detail::Base64Mode::strict);
}

std::optional<std::string> random_of(std::size_t size) {
  std::string out(size, '\0');
  if (!detail::random_bytes(out.data(), out.size())) return std::nullopt;
  return out;
}

bool has_own_field(detail::Value body) {
  return std::any_of(kOwnFields.begin(), kOwnFields.end(), [&](std::string_view name) { return body[name].present(); });
}

/// Nothing else can be sealed: a GET has no body to seal, and the mode has no files (wechat-security A10).
constexpr std::string_view kSealable = "the API signature mode seals POST calls of JSON only, no files";

/// An API that no row has shows at its calls.
bool is_sealable(std::string_view path) {
  const auto [first, last] = rows_at(path);
  return std::all_of(first, last, [](const Row* row) {
    return row->operation.info.method == "POST" && row->operation.uses_file == nullptr;
  });
}

/// All parameters but the token, then the fields of the body, then what the mode adds.
Result<std::string> plain_text(const HttpRequest& request, const std::string& app_id, std::string_view timestamp) {
  if (request.method != "POST" || request.sink)
    return Error(ErrorKind::bad_argument, fmt::format("{} is in api_security.apis: {}", request.path, kSealable));
  const auto body = detail::Document::json(request.body);
  if (!body) return Error(ErrorKind::bad_argument, "the API signature mode needs a JSON object as body");
  if (has_own_field(body.root()))
    return Error(ErrorKind::bad_argument, "_n, _appid and _timestamp belong to the API signature mode: take them out");
  const auto random = random_of(kRandomBytes);
  if (!random) return Error(ErrorKind::internal, "the system gives no random bytes");
  std::string text;
  detail::JsonWriter json(text);
  json.begin_object().key("_n").string(detail::base64(*random)).key("_appid").string(app_id);
  json.key("_timestamp").raw(timestamp);
  for (const auto& [name, value] : request.query)
    if (name != "access_token" && !body.root()[name].present()) json.key(name).string(value);
  json.end_object();
  // The body's own bytes go on as they are: numbers keep their digits.
  const std::size_t open = request.body.find('{');
  const std::size_t close = request.body.rfind('}');
  if (body.root().size() == 0) return text;
  text.pop_back();
  return text.append(",").append(request.body, open + 1, close - open);
}

}  // namespace

std::vector<std::string> ApiSecurity::usual_apis() {
  return {"/cgi-bin/message/custom/send",     "/cgi-bin/clear_quota",
          "/cgi-bin/openapi/quota/get",       "/cgi-bin/openapi/rid/get",
          "/wxa/business/getuserphonenumber", "/wxa/msg_sec_check",
          "/wxa/media_check_async",           "/cgi-bin/message/subscribe/send"};
}

Result<ApiSeal> ApiSeal::create(const ApiSecurity& settings, std::string app_id) {
  const bool sm4 = settings.encryption == ApiSecurity::Encryption::sm4_gcm;
  if (sm4 && !detail::has_gcm(detail::GcmCipher::sm4))
    return Error(ErrorKind::unsupported, "api_security.encryption: this OpenSSL has no SM4-GCM (3.1 or later has it)");
  auto key = decoded(settings.symmetric_key.expose());
  const std::size_t size = sm4 ? 16 : 32;
  if (!key || key->size() != size)
    return bad_setting(fmt::format("symmetric_key is not the Base64 text of {} bytes", size));
  if (settings.symmetric_key_number.empty()) return bad_setting("symmetric_key_number is empty: the console shows it");
  if (settings.private_key_number.empty()) return bad_setting("private_key_number is empty: the console shows it");
  if (settings.certificates.empty()) return bad_setting("certificates is empty: answers could not be verified");
  if (settings.max_age.count() <= 0) return bad_setting("max_age must be more than 0 s");
  for (const std::string& path : settings.apis)
    if (!is_sealable(path)) return bad_setting(fmt::format("apis: {}: {}", path, kSealable));
  const auto kind = settings.signature == ApiSecurity::Signature::sm2_sm3 ? detail::SignatureKind::sm2_sm3
                                                                          : detail::SignatureKind::rsa_pss_sha256;
  auto own = detail::SigningKey::read(kind, settings.private_key);
  if (!own) return bad_setting("private_key: " + own.error().message());
  std::vector<detail::VerifyingKey> platform;
  for (const ApiSecurity::Certificate& one : settings.certificates) {
    if (one.number.empty()) return bad_setting("certificates: a number is empty; the console shows it");
    auto verifying = detail::VerifyingKey::read(kind, one.pem);
    if (!verifying) return bad_setting("certificates: " + verifying.error().message());
    platform.push_back(*std::move(verifying));
  }
  return ApiSeal(settings, std::move(app_id), Secret(*key), *std::move(own), std::move(platform));
}

bool ApiSeal::covers(std::string_view path) const {
  return std::find(settings_.apis.begin(), settings_.apis.end(), path) != settings_.apis.end();
}

detail::GcmCipher ApiSeal::cipher() const {
  return settings_.encryption == ApiSecurity::Encryption::sm4_gcm ? detail::GcmCipher::sm4 : detail::GcmCipher::aes_256;
}

std::string ApiSeal::bound_text(std::string_view path, std::string_view timestamp) const {
  return fmt::format("{}|{}|{}|{}", url_of(path), app_id_, timestamp, settings_.symmetric_key_number);
}

std::string ApiSeal::signed_text(std::string_view path, std::string_view timestamp, std::string_view body) const {
  return fmt::format("{}\n{}\n{}\n{}", url_of(path), app_id_, timestamp, body);
}

Result<std::string> ApiSeal::box(std::string_view path, std::string_view timestamp, std::string_view plain) const {
  const auto nonce = random_of(kNonceBytes);
  const auto sealed =
      nonce ? detail::gcm_seal(key_.expose(), *nonce, bound_text(path, timestamp), plain, cipher()) : std::nullopt;
  if (!sealed) return Error(ErrorKind::internal, "OpenSSL failed to encrypt, or the system gives no random bytes");
  const std::string_view all(*sealed);
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object().key("iv").string(detail::base64(*nonce));
  json.key("data").string(detail::base64(all.substr(0, all.size() - detail::kGcmTagSize)));
  json.key("authtag").string(detail::base64(all.substr(all.size() - detail::kGcmTagSize))).end_object();
  return out;
}

std::optional<std::string> ApiSeal::unbox(std::string_view path, std::string_view timestamp,
                                          const detail::Document& sealed) const {
  const detail::Value root = sealed.root();
  const auto nonce = decoded(root["iv"].text());
  auto data = decoded(root["data"].text());
  const auto tag = decoded(root["authtag"].text());
  if (!nonce || !data || !tag || tag->size() != detail::kGcmTagSize) return std::nullopt;
  return detail::gcm_open(key_.expose(), *nonce, bound_text(path, timestamp), data->append(*tag), cipher());
}

Result<void> ApiSeal::seal(HttpRequest& request, WallTime now) const {
  const std::string timestamp = std::to_string(unix_seconds(now));
  const auto plain = plain_text(request, app_id_, timestamp);
  if (!plain) return plain.error();
  auto body = box(request.path, timestamp, *plain);
  if (!body) return body.error();
  const auto signature = own_.sign(signed_text(request.path, timestamp, *body), settings_.private_key_number);
  if (!signature) return Error(ErrorKind::internal, "OpenSSL failed to sign");
  request.body = *std::move(body);
  request.query.erase(std::remove_if(request.query.begin(), request.query.end(),
                                     [](const auto& parameter) { return parameter.first != "access_token"; }),
                      request.query.end());
  request.headers.emplace_back("wechatmp-appid", app_id_);
  request.headers.emplace_back("wechatmp-timestamp", timestamp);
  request.headers.emplace_back("wechatmp-signature", detail::base64(*signature));
  return {};
}

bool ApiSeal::is_sealed(const detail::Document& answer) {
  const detail::Value root = answer.root();
  return root["iv"].present() && root["data"].present() && root["authtag"].present();
}

/// While the platform changes certificates it sends two signatures, each with the number of its certificate.
bool ApiSeal::is_signed_by_platform(std::string_view text, const HttpReply& reply) const {
  constexpr std::array<std::array<const char*, 2>, 2> headers{
      {{"wechatmp-serial", "wechatmp-signature"}, {"wechatmp-serial-deprecated", "wechatmp-signature-deprecated"}}};
  for (const auto& [serial, signature] : headers) {
    const auto bytes = decoded(reply.header(signature));
    if (!bytes || bytes->empty()) continue;
    for (std::size_t i = 0; i < platform_.size(); ++i) {
      const std::string& number = settings_.certificates[i].number;
      if (number == reply.header(serial) && platform_[i].verify(text, *bytes, number)) return true;
    }
  }
  return false;
}

Result<std::string> ApiSeal::open(std::string_view path, const HttpReply& reply, const detail::Document& answer,
                                  WallTime now) const {
  const std::string_view timestamp = reply.header("wechatmp-timestamp");
  if (reply.header("wechatmp-appid") != app_id_) return untrusted("names another app id");
  if (!is_signed_by_platform(signed_text(path, timestamp, reply.body), reply))
    return untrusted("is not signed with one of ApiSecurity::certificates: look whether the platform changed its own");
  auto plain = unbox(path, timestamp, answer);
  if (!plain) return untrusted("cannot be decrypted");
  const auto inside = detail::Document::json(*plain);
  const auto told = inside.root()["_timestamp"].integer();
  if (inside.root()["_appid"].text() != app_id_ || !told || std::to_string(*told) != timestamp)
    return untrusted("holds another app id or time than its headers");
  const auto age = now - from_unix_seconds(*told);
  const auto most = detail::bounded_span<WallTime::duration>(settings_.max_age);
  if (age > most || age < -most) return untrusted("is too old or of the future: look at this host's clock");
  return *std::move(plain);
}

}  // namespace wechat
KEFU_END_NAMESPACE
