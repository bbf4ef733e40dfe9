#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace kefu_test {

struct KeyPair {
  std::string private_pem;
  std::string public_pem;
};

/// A new pair of keys: "RSA" (2048 bits) or "SM2".
inline KeyPair make_keys(const std::string& kind) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      kind == "RSA" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                    : EVP_PKEY_Q_keygen(nullptr, nullptr, kind.c_str()),
      EVP_PKEY_free);
  if (!key) std::abort();
  const auto text_of = [](auto&& write) {
    const std::unique_ptr<BIO, void (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free_all);
    if (!out || write(out.get()) != 1) std::abort();
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
  };
  KeyPair pair;
  pair.private_pem = text_of(
      [&](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  pair.public_pem = text_of([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key.get()); });
  return pair;
}

}  // namespace kefu_test
