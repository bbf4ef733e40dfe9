#include "core/crypto/crypto.hpp"
#include "core/text/json_writer.hpp"
#include "sandbox/wechat/push.hpp"
#include "sandbox/wechat/push_crypto.hpp"

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::string_view kForeignReceiver = "wx0000000000000000";

/// 9 or 10 decimal digits without a leading zero, as observed.
std::string new_nonce() {
  std::uint64_t number = 0;
  static_cast<void>(detail::random_bytes(&number, sizeof number));
  return std::to_string(100'000'000 + number % 3'000'000'000U);
}

std::string wrong(std::string signature) {
  signature.front() = signature.front() == '0' ? '1' : '0';
  return signature;
}

SealFault seal_fault(std::string_view misbehaviour) {
  if (misbehaviour == "bad_padding") return SealFault::bad_padding;
  if (misbehaviour == "bad_length_field") return SealFault::bad_length_field;
  if (misbehaviour == "bad_ciphertext_length") return SealFault::bad_ciphertext_length;
  if (misbehaviour == "bad_base64") return SealFault::bad_base64;
  return SealFault::none;
}

std::string encrypted_of(const PushSettings& settings, const Push& push) {
  const bool old_key = push.misbehaviour == "previous_key";
  const std::string& key = old_key ? settings.previous_encoding_aes_key : settings.encoding_aes_key;
  const std::string_view receiver =
      push.misbehaviour == "wrong_receiver" ? kForeignReceiver : std::string_view(settings.receiver);
  constexpr std::string_view kDoctype = "<!DOCTYPE xml [<!ENTITY e \"x\">]>";
  if (push.misbehaviour == "doctype_inside") return seal_message(key, std::string(kDoctype) + push.body, receiver);
  return seal_message(key, push.body, receiver, seal_fault(push.misbehaviour));
}

/// The document of compatible mode: the clear one with one more element at its end.
std::string with_encrypt(const std::string& clear, PushFormat format, const std::string& encrypted) {
  const bool is_json = format == PushFormat::json;
  const std::size_t end = is_json ? clear.rfind('}') : clear.rfind("</xml>");
  if (end == std::string::npos) return clear;
  const std::string element = is_json ? fmt::format(",\"Encrypt\":\"{}\"", encrypted)
                                      : fmt::format("<Encrypt><![CDATA[{}]]></Encrypt>", encrypted);
  return clear.substr(0, end) + element + clear.substr(end);
}

std::string safe_document(const PushSettings& settings, const std::string& encrypted) {
  const PushField whom = settings.original_id.empty() ? push_text("AppId", settings.receiver)
                                                      : push_text("ToUserName", settings.original_id);
  return push_document(settings.format, {whom, push_text("Encrypt", encrypted)});
}

struct Stamp {
  std::string timestamp;
  std::string nonce;
};

Stamp stamp_of(const Push& push, const PushAttempt* repeat_of, WallTime now) {
  if (repeat_of != nullptr)
    return {std::string(find_pair(repeat_of->query, "timestamp").value_or("")),
            std::string(find_pair(repeat_of->query, "nonce").value_or(""))};
  const std::int64_t age = push.misbehaviour == "old_timestamp" ? 86400 : 0;
  return {std::to_string(unix_seconds(now) - age), push.misbehaviour == "bad_nonce" ? "12345;678" : new_nonce()};
}

void add_signatures(Delivery& delivery, const PushSettings& settings, const Push& push, const Stamp& stamp,
                    const std::string& encrypted) {
  std::string plain = push_signature({settings.token, stamp.timestamp, stamp.nonce});
  if (push.misbehaviour == "wrong_signature") plain = wrong(plain);
  if (push.misbehaviour != "missing_signature") delivery.query.emplace_back("signature", plain);
  delivery.query.emplace_back("timestamp", stamp.timestamp);
  delivery.query.emplace_back("nonce", stamp.nonce);
  if (push.misbehaviour == "repeated_parameter") delivery.query.emplace_back("nonce", new_nonce());
  if (!push.echostr.empty()) {
    delivery.query.emplace_back("echostr", push.echostr);
    return;
  }
  delivery.query.emplace_back("openid", push.openid);
  if (encrypted.empty()) return;
  std::string full = push_signature({settings.token, stamp.timestamp, stamp.nonce, encrypted});
  if (push.misbehaviour == "wrong_signature") full = wrong(full);
  delivery.query.emplace_back("encrypt_type", "aes");
  if (push.misbehaviour != "missing_signature") delivery.query.emplace_back("msg_signature", full);
}

}  // namespace

const std::vector<PushMisbehaviour>& push_misbehaviours() {
  static const std::vector<PushMisbehaviour> rows = {
      {"wrong_signature", "both signatures are wrong in one digit"},
      {"missing_signature", "neither signature is sent"},
      {"previous_key", "encrypted with previous_encoding_aes_key"},
      {"wrong_receiver", "the receiver id inside is another account's"},
      {"bad_padding", "the last byte claims a padding that is not there"},
      {"bad_length_field", "the length field exceeds the buffer"},
      {"bad_ciphertext_length", "the cipher text is no multiple of 32"},
      {"bad_base64", "a blank inside Encrypt"},
      {"doctype", "the body begins with a document type (XML)"},
      {"doctype_inside", "the encrypted message begins with a document type (XML)"},
      {"clear_in_safe_mode", "the clear document and the plain signature only, whatever the mode"},
      {"old_timestamp", "signed a day ago"},
      {"bad_nonce", "a nonce with a foreign character, correctly signed"},
      {"repeated_parameter", "the nonce is there twice"},
      {"slow_body", "the body drips until after the deadline"},
      {"wrong_content_length", "announces more bytes than it sends, then ends the connection"},
  };
  return rows;
}

Delivery make_delivery(const PushSettings& settings, const Push& push, const PushAttempt* repeat_of, WallTime now) {
  Delivery delivery;
  const Stamp stamp = stamp_of(push, repeat_of, now);
  PushRequest& request = delivery.request;
  std::string encrypted;
  if (!push.echostr.empty()) {
    request.method = "GET";
  } else if (settings.mode == PushMode::plain || push.misbehaviour == "clear_in_safe_mode") {
    request.body = push.body;
  } else {
    encrypted = encrypted_of(settings, push);
    request.body = settings.mode == PushMode::safe ? safe_document(settings, encrypted)
                                                   : with_encrypt(push.body, settings.format, encrypted);
  }
  add_signatures(delivery, settings, push, stamp, encrypted);
  if (push.misbehaviour == "doctype" && settings.format == PushFormat::xml && push.echostr.empty())
    request.body = "<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>" + request.body;
  request.content_type =
      push.echostr.empty() ? (settings.format == PushFormat::xml ? "text/xml" : "application/json") : "";
  request.raw_query = raw_query(delivery.query);
  delivery.slow_body = push.misbehaviour == "slow_body";
  delivery.wrong_length = push.misbehaviour == "wrong_content_length";
  return delivery;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
