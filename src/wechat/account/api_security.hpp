#pragma once

#include "core/crypto/cipher_gcm.hpp"
#include "core/crypto/crypto_signature.hpp"
#include "core/text/document.hpp"

#include <kefu/core/http.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>
#include <kefu/wechat/api_security.hpp>

#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The texts and boxes of the API signature mode (wechat-security A10), without what comes from outside: time, random.
///
/// Thread safety: immutable; all members may be called from any thread.
class ApiSeal {
 public:
  /// Errors: `bad_argument` naming the setting, `unsupported` for an algorithm that the OpenSSL at hand lacks.
  static Result<ApiSeal> create(const ApiSecurity& settings, std::string app_id);

  /// Whether calls of this API are sealed.
  bool covers(std::string_view path) const;

  /// Turns a call that is ready but for this into its sealed form: plain text from body and query, encrypted, signed.
  Result<void> seal(HttpRequest& request, WallTime now) const;

  /// Whether an answer is in sealed form.
  static bool is_sealed(const detail::Document& answer);
  /// The text inside an answer, if its signature is the platform's, nothing was changed, and it is of now. Error:
  /// `malformed_reply` saying which of these does not hold.
  Result<std::string> open(std::string_view path, const HttpReply& reply, const detail::Document& answer,
                           WallTime now) const;

  /// The parts that the published vectors pin down.
  std::string bound_text(std::string_view path, std::string_view timestamp) const;
  std::string signed_text(std::string_view path, std::string_view timestamp, std::string_view body) const;
  Result<std::string> box(std::string_view path, std::string_view timestamp, std::string_view plain) const;
  /// Nothing if the box was changed.
  std::optional<std::string> unbox(std::string_view path, std::string_view timestamp,
                                   const detail::Document& sealed) const;

 private:
  ApiSeal(ApiSecurity settings, std::string app_id, Secret key, detail::SigningKey own,
          std::vector<detail::VerifyingKey> platform)
      : settings_(std::move(settings)),
        app_id_(std::move(app_id)),
        key_(std::move(key)),
        own_(std::move(own)),
        platform_(std::move(platform)) {}
  bool is_signed_by_platform(std::string_view text, const HttpReply& reply) const;
  std::string url_of(std::string_view path) const { return settings_.url_base + std::string(path); }
  detail::GcmCipher cipher() const;

  const ApiSecurity settings_;
  const std::string app_id_;
  const Secret key_;
  const detail::SigningKey own_;
  const std::vector<detail::VerifyingKey> platform_;  ///< In the order of the settings' certificates.
};

}  // namespace wechat
KEFU_END_NAMESPACE
