#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Which of JD's platforms a request goes to. They sign alike but for what is said here (jd 1.3, 1.6, 1.7).
enum class SignDialect : unsigned char {
  jos,        ///< api.jd.com/routerjson: every parameter that is sent.
  union_api,  ///< jd.union.open.*: as jos, `format` and `sign_method` are sent and so signed.
  opendj,     ///< Instant retail (京东到家): as jos, with its own parameter names.
  jos_rest,   ///< X-JOS-* headers, query, path parameters and `body`; not X-JOS-Sign and X-JOS-Sdk-Version.
  lop,        ///< Logistics: access_token, app_key, method, param_json, timestamp, v, all required; others unsigned.
};

/// How the text is digested. Dialects other than lop know md5 only; lop knows all but that.
enum class SignDigest : unsigned char {
  md5,       ///< MD5 in upper-case hex.
  md5_salt,  ///< MD5 in lower-case hex.
  hmac_md5,  ///< HMAC under the secret over the same text (secret at both ends), in Base64; so are the others.
  hmac_sha1,
  hmac_sha256,
  hmac_sha512,
};

/// "jos", "union", "opendj", "jos-rest", "lop".
KEFU_EXPORT std::string_view to_string(SignDialect dialect) noexcept;
/// As the platform writes them: "md5", "md5-salt", "HMacMD5", "HMacSHA1", "HMacSHA256", "HMacSHA512".
KEFU_EXPORT std::string_view to_string(SignDigest digest) noexcept;
/// Errors: `bad_argument` naming the values there are.
KEFU_EXPORT Result<SignDialect> read_sign_dialect(std::string_view name);
KEFU_EXPORT Result<SignDigest> read_sign_digest(std::string_view name);

/// Name and decoded value, UTF-8, as they will be sent.
using SignParameter = std::pair<std::string_view, std::string_view>;
using SignParameters = std::vector<SignParameter>;

/// Signs calls for JD's platforms, with nothing else of kefu: no runtime, no network.
///
/// Parameters come in any order. A parameter with an empty value is left out, one named `sign` too. Refused with
/// `bad_argument` that names the parameter and never its value: a value of nothing but white space or one that begins
/// with '@' (the platform's own clients disagree about both), a value that is not UTF-8, a name without characters or
/// given twice, and for lop one that is missing.
///
/// Time stamps are made by `gateway_time`. Thread safety: immutable; all members may be called from any thread.
class KEFU_EXPORT Signer final {
 public:
  /// Errors: `bad_argument` (empty or malformed secret, a digest that the dialect does not know).
  static Result<Signer> create(Secret secret, SignDialect dialect = SignDialect::jos,
                               SignDigest digest = SignDigest::md5);

  /// The value of `sign`. Errors: see the class; `configuration` where OpenSSL has no MD5 (FIPS).
  Result<std::string> sign(const SignParameters& parameters) const;

  /// The body of a POST as application/x-www-form-urlencoded: what was signed, and the sign, in the order of the names.
  /// All but letters, digits and - _ . ~ is percent-encoded. Errors: as `sign`; `unsupported` for jos_rest and lop,
  /// which carry the sign elsewhere.
  Result<std::string> form(const SignParameters& parameters) const;

  SignDialect dialect() const noexcept { return dialect_; }

 private:
  Signer(Secret secret, SignDialect dialect, SignDigest digest)
      : secret_(std::move(secret)), dialect_(dialect), digest_(digest) {}
  Result<SignParameters> signed_parameters(const SignParameters& parameters) const;
  Result<std::string> digest_of(const SignParameters& parameters) const;

  Secret secret_;
  SignDialect dialect_;
  SignDigest digest_;
};

}  // namespace jd
KEFU_END_NAMESPACE
