#include "core/crypto/crypto.hpp"

#include <climits>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr const char* kDigestNames[] = {"MD5", "SHA1", "SHA256", "SHA512"};

/// Fetched at first use and kept for the life of the process: a fetch costs more than a digest.
struct Algorithms {
  const EVP_MD* digests[4];
  EVP_MAC* hmac;
  EVP_CIPHER* aes_256_cbc;

  Algorithms()
      : digests{fetch_digest(0), fetch_digest(1), fetch_digest(2), fetch_digest(3)},
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

/// Both digits of every byte.
struct HexTable {
  char pairs[256][2];
};
constexpr HexTable make_hex_table(const char* digits) {
  HexTable table{};
  for (unsigned i = 0; i < 256; ++i) {
    table.pairs[i][0] = digits[i >> 4];
    table.pairs[i][1] = digits[i & 15];
  }
  return table;
}
constexpr HexTable kLowerHex = make_hex_table("0123456789abcdef");
constexpr HexTable kUpperHex = make_hex_table("0123456789ABCDEF");

void write_hex(const Digest& digest, const HexTable& table, char* out) noexcept {
  for (std::size_t i = 0; i < digest.size; ++i) std::memcpy(out + 2 * i, table.pairs[digest.bytes[i]], 2);
}

}  // namespace

void Digest::hex_to(char* out) const noexcept { write_hex(*this, kLowerHex, out); }

std::string Digest::hex() const {
  std::string text(2 * size, '\0');
  hex_to(text.data());
  return text;
}

std::string Digest::upper_hex() const {
  std::string text(2 * size, '\0');
  write_hex(*this, kUpperHex, text.data());
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

Digest hmac(DigestKind kind, std::string_view key, const std::string_view* pieces, std::size_t count) noexcept {
  Digest result{};
  EVP_MAC_CTX* context = algorithms().hmac != nullptr ? EVP_MAC_CTX_new(algorithms().hmac) : nullptr;
  char name[8];
  std::strcpy(name, kDigestNames[static_cast<unsigned>(kind)]);
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  // A null key means "keep the last one" to OpenSSL, so an empty key needs an address.
  const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.empty() ? "" : key.data());
  bool going = context != nullptr && EVP_MAC_init(context, key_bytes, key.size(), parameters) == 1;
  for (std::size_t i = 0; going && i < count; ++i)
    going = EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(pieces[i].data()), pieces[i].size()) == 1;
  std::size_t size = 0;
  if (going && EVP_MAC_final(context, result.bytes.data(), &size, result.bytes.size()) == 1) {
    result.size = size;
  } else {
    ERR_clear_error();
  }
  EVP_MAC_CTX_free(context);
  return result;
}

Digest hmac(DigestKind kind, std::string_view key, std::string_view text) noexcept { return hmac(kind, key, &text, 1); }

/// A context that holds the key for one direction. It goes on from message to message: beginning each with the key's
/// own IV would cost a third of a short decryption, so the first block is corrected instead.
struct KeyedContext {
  static constexpr std::size_t kBlock = 16;

  explicit KeyedContext(const unsigned char* key, bool encrypting_)
      : context(EVP_CIPHER_CTX_new()), encrypting(encrypting_) {
    std::memcpy(chained, key, kBlock);
    keyed = context != nullptr &&
            EVP_CipherInit_ex2(context, algorithms().aes_256_cbc, key, key, encrypting ? 1 : 0, nullptr) == 1 &&
            EVP_CIPHER_CTX_set_padding(context, 0) == 1;
  }
  ~KeyedContext() { EVP_CIPHER_CTX_free(context); }
  KeyedContext(const KeyedContext&) = delete;
  KeyedContext& operator=(const KeyedContext&) = delete;

  /// In place; `size` is a multiple of the block and not 0.
  bool run(unsigned char* bytes, std::size_t size, const unsigned char* iv) {
    unsigned char correction[kBlock];
    for (std::size_t i = 0; i < kBlock; ++i) correction[i] = chained[i] ^ iv[i];
    // CBC chains ciphertext, whichever way it goes.
    if (!encrypting) std::memcpy(chained, bytes + size - kBlock, kBlock);
    if (encrypting) correct(bytes, correction);
    int written = 0;
    if (!keyed || EVP_CipherUpdate(context, bytes, &written, bytes, static_cast<int>(size)) != 1 ||
        static_cast<std::size_t>(written) != size) {
      return false;
    }
    if (!encrypting) correct(bytes, correction);
    if (encrypting) std::memcpy(chained, bytes + size - kBlock, kBlock);
    return true;
  }

  static void correct(unsigned char* bytes, const unsigned char* correction) {
    for (std::size_t i = 0; i < kBlock; ++i) bytes[i] ^= correction[i];
  }

  EVP_CIPHER_CTX* context;
  unsigned char chained[kBlock];  ///< What the context takes for the block before the next one.
  bool encrypting;
  bool keyed;
};

/// A pool of slots per direction, made with its first use; a taken slot is empty. Exchanging pointers needs no lock,
/// and a thread that finds its slot empty tries the others before it keys a new context.
class AesCbc::Impl {
 public:
  explicit Impl(std::string_view key) : keyed_(key.size() == key_.size()) {
    if (keyed_) std::memcpy(key_.data(), key.data(), key_.size());
  }
  ~Impl() {
    for (auto& pool : pools_) {
      const std::unique_ptr<Pool> own(pool.load(std::memory_order_acquire));
      if (own == nullptr) continue;
      for (auto& slot : *own) delete slot.load(std::memory_order_acquire);
    }
    wipe(key_.data(), key_.size());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool run(bool encrypting, const unsigned char* in, std::size_t size, unsigned char* out) {
    if (!keyed_ || size % KeyedContext::kBlock != 0 || size > INT_MAX - 16) return false;
    if (size == 0) return true;
    if (in != out) std::memmove(out, in, size);
    Pool* const pool = made(pools_[encrypting ? 1 : 0]);
    std::unique_ptr<KeyedContext> context(pool != nullptr ? take(*pool) : nullptr);
    if (context == nullptr) context.reset(new (std::nothrow) KeyedContext(key_.data(), encrypting));
    if (context == nullptr || !context->run(out, size, key_.data())) {
      ERR_clear_error();
      return false;
    }
    if (pool != nullptr) give_back(*pool, std::move(context));
    return true;
  }

 private:
  static constexpr std::size_t kSlots = 8;
  using Pool = std::array<std::atomic<KeyedContext*>, kSlots>;

  /// Null without memory.
  static Pool* made(std::atomic<Pool*>& place) {
    Pool* pool = place.load(std::memory_order_acquire);
    if (pool != nullptr) return pool;
    std::unique_ptr<Pool> fresh(new (std::nothrow) Pool());
    if (!place.compare_exchange_strong(pool, fresh.get(), std::memory_order_acq_rel)) return pool;
    return fresh.release();
  }
  static KeyedContext* take(Pool& pool) {
    for (auto& slot : pool) {
      if (slot.load(std::memory_order_relaxed) == nullptr) continue;
      if (KeyedContext* context = slot.exchange(nullptr, std::memory_order_acquire)) return context;
    }
    return nullptr;
  }
  static void give_back(Pool& pool, std::unique_ptr<KeyedContext> context) {
    for (auto& slot : pool) {
      KeyedContext* empty = nullptr;
      if (slot.compare_exchange_strong(empty, context.get(), std::memory_order_release, std::memory_order_relaxed)) {
        static_cast<void>(context.release());
        return;
      }
    }
  }

  std::array<std::atomic<Pool*>, 2> pools_{};
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

}  // namespace detail
KEFU_END_NAMESPACE
