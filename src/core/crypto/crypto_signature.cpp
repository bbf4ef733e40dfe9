#include "core/crypto/crypto_signature.hpp"

#include <climits>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

template <auto Free>
struct OpenSslFree {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using BioHandle = std::unique_ptr<BIO, OpenSslFree<BIO_free>>;
using CertificateHandle = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using DigestHandle = std::unique_ptr<EVP_MD_CTX, OpenSslFree<EVP_MD_CTX_free>>;

constexpr int kSaltBytes = 32;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

BioHandle reader_of(std::string_view pem) {
  return BioHandle(pem.size() > INT_MAX ? nullptr : BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// A key file with a password is refused instead of asked about.
int no_password(char*, int, int, void*) { return -1; }

KeyHandle public_key_of(std::string_view pem) {
  if (const BioHandle bio = reader_of(pem)) {
    if (KeyHandle key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr)); key) return key;
  }
  const BioHandle bio = reader_of(pem);
  const CertificateHandle certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr) : nullptr);
  return KeyHandle(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
}

KeyHandle private_key_of(std::string_view pem) {
  const BioHandle bio = reader_of(pem);
  return KeyHandle(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
}

Result<void> check_kind(const KeyHandle& key, SignatureKind kind, const char* what) {
  ERR_clear_error();
  if (!key) return Error(ErrorKind::bad_argument, std::string(what) + " is no key in PEM form (without a password)");
  const bool rsa = kind == SignatureKind::rsa_pss_sha256;
  if (EVP_PKEY_is_a(key.get(), rsa ? "RSA" : "SM2") != 1)
    return Error(ErrorKind::bad_argument, std::string(what) + (rsa ? " is no RSA key, as RSAwithSHA256 wants"
                                                                   : " is no SM2 key, as SM2withSM3 "
                                                                     "wants, or this OpenSSL has no "
                                                                     "SM2"));
  return {};
}

/// The settings that both directions share. `parameters` belongs to the context.
bool set_up(EVP_PKEY_CTX* parameters, SignatureKind kind, std::string_view identity) {
  if (kind == SignatureKind::sm2_sm3)
    return EVP_PKEY_CTX_set1_id(parameters, identity.data(), static_cast<int>(identity.size())) == 1;
  return EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, kSaltBytes) == 1;
}

const char* digest_name(SignatureKind kind) { return kind == SignatureKind::sm2_sm3 ? "SM3" : "SHA256"; }

/// SM2 wants the identity before the digest starts, so the context of the key is made first.
struct SigningContext {
  SigningContext(EVP_PKEY* key, SignatureKind k, std::string_view identity)
      : digest(EVP_MD_CTX_new()), parameters(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)), kind(k) {
    if (!digest || !parameters) return;
    if (kind == SignatureKind::sm2_sm3) {
      EVP_MD_CTX_set_pkey_ctx(digest.get(), parameters.get());
      ready = set_up(parameters.get(), kind, identity);
    } else {
      ready = true;
    }
  }
  /// After EVP_DigestSignInit or EVP_DigestVerifyInit.
  bool after_start(EVP_PKEY_CTX* started) const {
    return kind == SignatureKind::sm2_sm3 || set_up(started, kind, std::string_view());
  }

  DigestHandle digest;
  std::unique_ptr<EVP_PKEY_CTX, OpenSslFree<EVP_PKEY_CTX_free>> parameters;
  SignatureKind kind;
  bool ready = false;
};

}  // namespace

class SigningKey::Impl {
 public:
  Impl(KeyHandle k, SignatureKind d) : key(std::move(k)), kind(d) {}
  const KeyHandle key;
  const SignatureKind kind;
};

class VerifyingKey::Impl {
 public:
  Impl(KeyHandle k, SignatureKind d) : key(std::move(k)), kind(d) {}
  const KeyHandle key;
  const SignatureKind kind;
};

Result<SigningKey> SigningKey::read(SignatureKind kind, const Secret& pem) {
  KeyHandle key = private_key_of(pem.expose());
  if (auto checked = check_kind(key, kind, "the private key"); !checked) return checked.error();
  return SigningKey(std::make_shared<const Impl>(std::move(key), kind));
}

std::optional<std::string> SigningKey::sign(std::string_view text, std::string_view identity) const {
  const SigningContext context(impl_->key.get(), impl_->kind, identity);
  EVP_PKEY_CTX* started = nullptr;
  std::size_t size = 0;
  std::string out;
  const bool good =
      context.ready &&
      EVP_DigestSignInit_ex(context.digest.get(), &started, digest_name(impl_->kind), nullptr, nullptr,
                            impl_->key.get(), nullptr) == 1 &&
      context.after_start(started) &&
      EVP_DigestSign(context.digest.get(), nullptr, &size, bytes_of(text), text.size()) == 1 &&
      (out.resize(size), EVP_DigestSign(context.digest.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                                        bytes_of(text), text.size()) == 1);
  ERR_clear_error();
  if (!good) return std::nullopt;
  out.resize(size);
  return out;
}

Result<VerifyingKey> VerifyingKey::read(SignatureKind kind, std::string_view pem) {
  KeyHandle key = public_key_of(pem);
  if (auto checked = check_kind(key, kind, "the public key or certificate"); !checked) return checked.error();
  return VerifyingKey(std::make_shared<const Impl>(std::move(key), kind));
}

bool VerifyingKey::verify(std::string_view text, std::string_view signature, std::string_view identity) const {
  const SigningContext context(impl_->key.get(), impl_->kind, identity);
  EVP_PKEY_CTX* started = nullptr;
  const bool good =
      context.ready &&
      EVP_DigestVerifyInit_ex(context.digest.get(), &started, digest_name(impl_->kind), nullptr, nullptr,
                              impl_->key.get(), nullptr) == 1 &&
      context.after_start(started) &&
      EVP_DigestVerify(context.digest.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace detail
KEFU_END_NAMESPACE
