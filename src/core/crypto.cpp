#include "core/crypto.hpp"

#include <climits>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <atomic>
#include <cstring>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr const char* kDigestNames[] = {"MD5", "SHA1", "SHA256"};

/// Fetched at first use and kept for the life of the process: a fetch costs more than a digest.
struct Algorithms {
  const EVP_MD* digests[3];
  EVP_MAC* hmac;
  EVP_CIPHER* aes_256_cbc;

  Algorithms()
      : digests{fetch_digest(0), fetch_digest(1), fetch_digest(2)},
        hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr)),
        aes_256_cbc(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)) {}

  static const EVP_MD* fetch_digest(int kind) { return EVP_MD_fetch(nullptr, kDigestNames[kind], nullptr); }
};

const Algorithms& algorithms() {
  // Never freed: threads of the host may still be hashing while static destructors run.
  static const Algorithms* const fetched = new Algorithms;
  return *fetched;
}

/// The thread's digest context. The pointer outlives its guard, so that a digest made while the thread's other objects
/// are being destroyed finds "closed" instead of freed memory.
thread_local EVP_MD_CTX* thread_digest_context = nullptr;
thread_local bool thread_digest_closed = false;

struct DigestContextGuard {
  bool armed = false;
  ~DigestContextGuard() {
    EVP_MD_CTX_free(std::exchange(thread_digest_context, nullptr));
    thread_digest_closed = true;
  }
};
thread_local DigestContextGuard thread_digest_guard;

bool run_digest(EVP_MD_CTX* context, const EVP_MD* algorithm, const std::string_view* pieces, std::size_t count,
                Digest& result) noexcept {
  if (context == nullptr || algorithm == nullptr || EVP_DigestInit_ex2(context, algorithm, nullptr) != 1) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (EVP_DigestUpdate(context, pieces[i].data(), pieces[i].size()) != 1) return false;
  }
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context, result.bytes.data(), &size) != 1) return false;
  result.size = size;
  return true;
}

void write_hex(const Digest& digest, const char* digits, char* out) noexcept {
  for (std::size_t i = 0; i < digest.size; ++i) {
    *out++ = digits[digest.bytes[i] >> 4];
    *out++ = digits[digest.bytes[i] & 15];
  }
}

}  // namespace

void Digest::hex_to(char* out) const noexcept { write_hex(*this, "0123456789abcdef", out); }

std::string Digest::hex() const {
  std::string text(2 * size, '\0');
  hex_to(text.data());
  return text;
}

std::string Digest::upper_hex() const {
  std::string text(2 * size, '\0');
  write_hex(*this, "0123456789ABCDEF", text.data());
  return text;
}

Digest digest(DigestKind kind, const std::string_view* pieces, std::size_t count) noexcept {
  Digest result{};
  const EVP_MD* algorithm = algorithms().digests[static_cast<unsigned>(kind)];
  bool done = false;
  if (thread_digest_closed) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    done = run_digest(context, algorithm, pieces, count, result);
    EVP_MD_CTX_free(context);
  } else {
    if (thread_digest_context == nullptr) {
      thread_digest_guard.armed = true;  // Naming the guard makes the thread run its destructor.
      thread_digest_context = EVP_MD_CTX_new();
    }
    done = run_digest(thread_digest_context, algorithm, pieces, count, result);
  }
  if (!done) {
    ERR_clear_error();
    result.size = 0;
  }
  return result;
}

Digest digest(DigestKind kind, std::string_view text) noexcept { return digest(kind, &text, 1); }

Digest hmac(DigestKind kind, std::string_view key, std::string_view text) noexcept {
  Digest result{};
  EVP_MAC_CTX* context = algorithms().hmac != nullptr ? EVP_MAC_CTX_new(algorithms().hmac) : nullptr;
  char name[8];
  std::strcpy(name, kDigestNames[static_cast<unsigned>(kind)]);
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  // A null key means "keep the last one" to OpenSSL, so an empty key needs an address.
  const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.empty() ? "" : key.data());
  const auto* text_bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (context != nullptr && EVP_MAC_init(context, key_bytes, key.size(), parameters) == 1 &&
      EVP_MAC_update(context, text_bytes, text.size()) == 1 &&
      EVP_MAC_final(context, result.bytes.data(), &size, result.bytes.size()) == 1) {
    result.size = size;
  } else {
    ERR_clear_error();
  }
  EVP_MAC_CTX_free(context);
  return result;
}

/// A pool of slots per direction; a taken slot is empty. Exchanging pointers needs no lock, and a thread that finds its
/// slot empty tries the others before it keys a new context.
class AesCbc::Impl {
 public:
  explicit Impl(std::string_view key) : keyed_(key.size() == key_.size()) {
    if (keyed_) std::memcpy(key_.data(), key.data(), key_.size());
  }
  ~Impl() {
    for (auto& pool : pools_) {
      for (auto& slot : pool) EVP_CIPHER_CTX_free(slot.load(std::memory_order_acquire));
    }
    wipe(key_.data(), key_.size());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool run(bool encrypting, const unsigned char* in, std::size_t size, unsigned char* out) {
    if (!keyed_ || size % 16 != 0 || size > INT_MAX - 16) return false;
    auto& pool = pools_[encrypting ? 1 : 0];
    EVP_CIPHER_CTX* context = take(pool);
    const bool fresh = context == nullptr;
    if (fresh) context = EVP_CIPHER_CTX_new();
    int written = 0;
    const bool done =
        context != nullptr &&
        EVP_CipherInit_ex2(context, fresh ? algorithms().aes_256_cbc : nullptr, fresh ? key_.data() : nullptr,
                           key_.data(), encrypting ? 1 : 0, nullptr) == 1 &&
        (!fresh || EVP_CIPHER_CTX_set_padding(context, 0) == 1) &&
        EVP_CipherUpdate(context, out, &written, in, static_cast<int>(size)) == 1 &&
        static_cast<std::size_t>(written) == size;
    if (!done) {
      ERR_clear_error();
      EVP_CIPHER_CTX_free(context);
      return false;
    }
    give_back(pool, context);
    return true;
  }

 private:
  static constexpr std::size_t kSlots = 8;
  using Pool = std::array<std::atomic<EVP_CIPHER_CTX*>, kSlots>;

  static EVP_CIPHER_CTX* take(Pool& pool) {
    for (auto& slot : pool) {
      if (slot.load(std::memory_order_relaxed) == nullptr) continue;
      if (EVP_CIPHER_CTX* context = slot.exchange(nullptr, std::memory_order_acquire)) return context;
    }
    return nullptr;
  }
  static void give_back(Pool& pool, EVP_CIPHER_CTX* context) {
    for (auto& slot : pool) {
      EVP_CIPHER_CTX* empty = nullptr;
      if (slot.compare_exchange_strong(empty, context, std::memory_order_release, std::memory_order_relaxed)) return;
    }
    EVP_CIPHER_CTX_free(context);
  }

  std::array<Pool, 2> pools_{};
  std::array<unsigned char, 32> key_{};
  bool keyed_;
};

AesCbc::AesCbc(std::string_view key) : impl_(std::make_unique<Impl>(key)) {}
AesCbc::~AesCbc() = default;
AesCbc::AesCbc(AesCbc&&) noexcept = default;
AesCbc& AesCbc::operator=(AesCbc&&) noexcept = default;

bool AesCbc::encrypt(const unsigned char* in, std::size_t size, unsigned char* out) const {
  return impl_ != nullptr && impl_->run(true, in, size, out);
}

bool AesCbc::decrypt(const unsigned char* in, std::size_t size, unsigned char* out) const {
  return impl_ != nullptr && impl_->run(false, in, size, out);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(void* data, std::size_t size) noexcept {
  if (size != 0) OPENSSL_cleanse(data, size);
}

}  // namespace detail
KEFU_END_NAMESPACE
