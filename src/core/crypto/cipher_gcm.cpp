#include "core/crypto/cipher_gcm.hpp"

#include "core/crypto/crypto.hpp"

#include <climits>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

struct GcmContextFree {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using GcmContext = std::unique_ptr<EVP_CIPHER_CTX, GcmContextFree>;

const unsigned char* as_bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// Fetched once and never freed, as the digests. Null: this OpenSSL has none.
const EVP_CIPHER* fetched(GcmCipher cipher) noexcept {
  static const EVP_CIPHER* const aes = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  if (cipher == GcmCipher::aes_256) return aes;
  static const EVP_CIPHER* const sm4 = EVP_CIPHER_fetch(nullptr, "SM4-GCM", nullptr);
  return sm4;
}

/// Everything up to the tag, which the two directions treat differently.
GcmContext run_gcm(bool seal, GcmCipher kind, std::string_view key, std::string_view nonce, std::string_view bound,
                   std::string_view in, std::string& out) {
  const EVP_CIPHER* const cipher = fetched(kind);
  const std::size_t key_size = kind == GcmCipher::aes_256 ? 32 : 16;
  if (cipher == nullptr || key.size() != key_size || nonce.size() != 12 || in.size() > INT_MAX ||
      bound.size() > INT_MAX)
    return nullptr;
  GcmContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  out.resize(in.size());
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  const bool good =
      context &&
      EVP_CipherInit_ex2(context.get(), cipher, as_bytes(key), as_bytes(nonce), seal ? 1 : 0, nullptr) == 1 &&
      EVP_CipherUpdate(context.get(), nullptr, &size, as_bytes(bound), static_cast<int>(bound.size())) == 1 &&
      (in.empty() || EVP_CipherUpdate(context.get(), to, &size, as_bytes(in), static_cast<int>(in.size())) == 1);
  return good ? std::move(context) : nullptr;
}

}  // namespace

bool has_gcm(GcmCipher cipher) noexcept {
  const bool has = fetched(cipher) != nullptr;
  ERR_clear_error();
  return has;
}

std::optional<std::string> gcm_seal(std::string_view key, std::string_view nonce, std::string_view bound,
                                    std::string_view text, GcmCipher cipher) {
  std::string out;
  const GcmContext context = run_gcm(true, cipher, key, nonce, bound, text, out);
  unsigned char tag[kGcmTagSize];
  int size = 0;
  if (!context || EVP_CipherFinal_ex(context.get(), tag, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTagSize, tag) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return out.append(reinterpret_cast<const char*>(tag), kGcmTagSize);
}

std::optional<std::string> gcm_open(std::string_view key, std::string_view nonce, std::string_view bound,
                                    std::string_view sealed, GcmCipher cipher) {
  if (sealed.size() < kGcmTagSize) return std::nullopt;
  std::string tag(sealed.substr(sealed.size() - kGcmTagSize));
  std::string out;
  const GcmContext context =
      run_gcm(false, cipher, key, nonce, bound, sealed.substr(0, sealed.size() - kGcmTagSize), out);
  unsigned char rest[16];
  int size = 0;
  if (!context || EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTagSize, tag.data()) != 1 ||
      EVP_CipherFinal_ex(context.get(), rest, &size) != 1) {
    ERR_clear_error();
    wipe(out.data(), out.size());
    return std::nullopt;
  }
  return out;
}

}  // namespace detail
KEFU_END_NAMESPACE
