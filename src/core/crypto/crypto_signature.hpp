#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

enum class SignatureKind : unsigned char {
  rsa_pss_sha256,  ///< RSASSA-PSS, SHA-256, MGF1-SHA-256, salt of 32 bytes and no other.
  sm2_sm3          ///< SM2 with SM3 and an identity; DER sequence of r and s.
};

/// A private key that signs. Thread safety: all members may be called from any thread.
class KEFU_EXPORT SigningKey {
 public:
  /// `pem` holds a private key without a password. Errors: `bad_argument` (no such key, another kind), `unsupported`
  /// (the OpenSSL at hand lacks the algorithm).
  static Result<SigningKey> read(SignatureKind kind, const Secret& pem);
  /// Nothing only if OpenSSL fails. `identity` is of SM2.
  std::optional<std::string> sign(std::string_view text, std::string_view identity) const;

 private:
  class Impl;
  explicit SigningKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

/// A public key that tells whether a signature is its owner's. Thread safety: all members may be called from any
/// thread.
class KEFU_EXPORT VerifyingKey {
 public:
  /// `pem` holds a public key or a certificate. Errors: as SigningKey::read.
  static Result<VerifyingKey> read(SignatureKind kind, std::string_view pem);
  bool verify(std::string_view text, std::string_view signature, std::string_view identity) const;

 private:
  class Impl;
  explicit VerifyingKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace detail
KEFU_END_NAMESPACE
