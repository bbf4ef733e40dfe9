#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace kefu_test {

/// A certificate authority, or a certificate issued by one, made on the spot: no key lies in the tree.
class TlsIdentity {
 public:
  /// An authority of its own.
  explicit TlsIdentity(const std::string& name) : TlsIdentity(name, "", nullptr) {}
  /// A certificate for `names` ("IP:127.0.0.1,DNS:localhost"), issued by `issuer`.
  TlsIdentity(const std::string& name, const std::string& names, const TlsIdentity& issuer)
      : TlsIdentity(name, names, &issuer) {}

  std::string certificate_pem() const {
    return pem([this](BIO* out) { PEM_write_bio_X509(out, certificate_.get()); });
  }
  std::string key_pem() const {
    return pem([this](BIO* out) { PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  /// The name under which OpenSSL looks for this authority in a folder.
  std::string hash_name() const {
    char name[16];
    std::snprintf(name, sizeof name, "%08lx.0", X509_subject_name_hash(certificate_.get()));
    return name;
  }
  X509* certificate() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

 private:
  TlsIdentity(const std::string& name, const std::string& names, const TlsIdentity* issuer)
      : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate_(X509_new(), &X509_free) {
    X509* x = certificate_.get();
    X509_set_version(x, 2);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 24 * 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* signer = issuer != nullptr ? issuer->certificate() : x;
    X509_set_issuer_name(x, X509_get_subject_name(signer));
    X509_set_pubkey(x, key_.get());
    if (issuer == nullptr) {
      extend(signer, NID_basic_constraints, "critical,CA:TRUE");
      extend(signer, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
      extend(signer, NID_subject_alt_name, names);
    }
    if (X509_sign(x, issuer != nullptr ? issuer->key() : key_.get(), EVP_sha256()) == 0) std::abort();
  }
  void extend(X509* signer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, signer, certificate_.get(), nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    if (extension == nullptr || X509_add_ext(certificate_.get(), extension, -1) != 1) std::abort();
    X509_EXTENSION_free(extension);
  }
  template <class Write>
  static std::string pem(Write write) {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<X509, void (*)(X509*)> certificate_;
};

/// The server's side of TLS with one identity. Freed at the end; may ask for client certificates of an authority.
class TlsServerContext {
 public:
  explicit TlsServerContext(const TlsIdentity& identity, const TlsIdentity* clients = nullptr)
      : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
    SSL_CTX_use_certificate(context_.get(), identity.certificate());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key());
    if (clients == nullptr) return;
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), clients->certificate());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  SSL_CTX* get() const { return context_.get(); }
  void newest_version(int version) { SSL_CTX_set_max_proto_version(context_.get(), version); }

 private:
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
};

}  // namespace kefu_test
