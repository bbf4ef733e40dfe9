#pragma once

#include <kefu/channel/webhook.hpp>
#include <kefu/wechat/push.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace kefu_test {

/// Percent-encodes everything but letters, digits and "-._~".
inline std::string percent_encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

inline std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

/// A request that owns its texts.
struct PushRequest {
  std::string method = "POST";
  std::string query;
  std::string body;
  kefu::WebhookRequest view() const { return kefu::WebhookRequest(method, "/wechat", query, body); }
};

inline constexpr char kRequestTime[] = "1714112445";
inline constexpr char kRequestNonce[] = "415670741";

/// The account that the tests play, as the platform sees it.
struct PushSender {
  explicit PushSender(kefu::wechat::PushKeys keys, std::string receiver = "wx1234567890abcdef")
      : crypto(kefu::wechat::PushCrypto::create(keys, {}, std::move(receiver)).value()) {}

  /// A push in safe mode.
  PushRequest sealed(std::string_view message, bool json = false) const {
    const std::string encrypt = crypto.encrypt(message).value();
    PushRequest request;
    request.body = json ? R"({"ToUserName":"gh_123456789abc","Encrypt":")" + encrypt + "\"}"
                        : "<xml><ToUserName><![CDATA[gh_123456789abc]]></ToUserName><Encrypt><![CDATA[" + encrypt +
                              "]]></Encrypt></xml>";
    request.query =
        query() + "&encrypt_type=aes&msg_signature=" + crypto.sign(kRequestTime, kRequestNonce, encrypt).value();
    return request;
  }
  /// A push in plain mode.
  PushRequest clear(std::string body) const {
    PushRequest request;
    request.body = std::move(body);
    request.query = query();
    return request;
  }
  PushRequest url_check(std::string_view echostr) const {
    PushRequest request;
    request.method = "GET";
    request.query = query() + "&echostr=" + percent_encoded(echostr);
    return request;
  }
  std::string query() const {
    return "signature=" + crypto.sign(kRequestTime, kRequestNonce, {}).value() + "&timestamp=" + kRequestTime +
           "&nonce=" + kRequestNonce;
  }

  kefu::wechat::PushCrypto crypto;
};

}  // namespace kefu_test
