#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/secret.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The API signature mode (API 安全, wechat-security A10): calls of the APIs that support it go out encrypted and
/// signed, and their answers are read only if the platform signed them. Switched on in the account's console, where the
/// numbers and keys come from. A call costs a signature (about a millisecond with RSA) on the I/O thread.
struct ApiSecurity {
  enum class Encryption : unsigned char {
    aes256_gcm,  ///< A key of 32 bytes.
    sm4_gcm      ///< A key of 16 bytes. Needs OpenSSL 3.1 or later.
  };
  enum class Signature : unsigned char {
    rsa_sha256,  ///< RSAwithSHA256: RSASSA-PSS with a salt of 32 bytes.
    sm2_sm3      ///< SM2withSM3.
  };
  /// What the platform signs its answers with.
  struct Certificate {
    Certificate(std::string n, std::string p) : number(std::move(n)), pem(std::move(p)) {}
    std::string number;  ///< The number in the console, not the certificate's own serial.
    std::string pem;     ///< The certificate, or its public key.
  };

  ApiSecurity(std::string symmetric_number, Secret symmetric, std::string own_number, Secret own_private_key,
              Certificate platform)
      : symmetric_key_number(std::move(symmetric_number)),
        symmetric_key(std::move(symmetric)),
        private_key_number(std::move(own_number)),
        private_key(std::move(own_private_key)) {
    certificates.push_back(std::move(platform));
  }

  Encryption encryption = Encryption::aes256_gcm;
  Signature signature = Signature::rsa_sha256;
  std::string symmetric_key_number;  ///< 对称密钥编号
  Secret symmetric_key;              ///< Base64, as the console shows it.
  std::string private_key_number;    ///< 非对称密钥编号
  Secret private_key;                ///< PEM, without a password.
  /// The platform's; two while it changes them.
  std::vector<Certificate> certificates;
  /// Scheme and host in the signed texts. The platform knows itself under this name, whatever AccountConfig::base_url
  /// is.
  std::string url_base = "https://api.weixin.qq.com";
  /// The APIs that are sealed, by path. The pages of the APIs say which support it; there is no list by the platform.
  /// Only POST calls of JSON can be sealed: others are refused as `bad_argument`, here or at the call.
  std::vector<std::string> apis = usual_apis();
  /// Answers that are older or newer than this are refused (the official sample: 300 s).
  std::chrono::seconds max_age{300};

  /// Those of kefu's typed calls whose page says so, and message/subscribe/send, which other libraries list. Three
  /// pages that say so are left out: /wxa/getwxacode, /wxa/getwxacodeunlimit and /cgi-bin/wxaapp/createwxaqrcode answer
  /// a picture, and no source shows how a sealed one looks. They go out unsealed.
  KEFU_EXPORT static std::vector<std::string> usual_apis();
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(ApiSecurity::Signature signature) noexcept;
KEFU_EXPORT std::string_view to_string(ApiSecurity::Encryption encryption) noexcept;

}  // namespace wechat
KEFU_END_NAMESPACE
