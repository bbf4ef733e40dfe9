#include "core/crypto/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <pthread.h>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// Counts forks: a child must not use up the bytes which its parent also holds.
std::atomic<unsigned> fork_generation{0};

bool watch_forks() noexcept {
  static const bool watching = pthread_atfork(nullptr, nullptr, [] { fork_generation.fetch_add(1); }) == 0;
  return watching;
}

/// Bytes not handed out yet lie at the end; those handed out are wiped.
struct RandomBuffer {
  static constexpr std::size_t kSize = 4096;
  std::size_t left = 0;
  unsigned generation = 0;
  unsigned char bytes[kSize];
};

/// As with the digest context: the pointer outlives the guard, which only marks it closed.
thread_local RandomBuffer* thread_random = nullptr;
thread_local bool thread_random_closed = false;

struct RandomBufferGuard {
  bool armed = false;
  ~RandomBufferGuard() {
    if (RandomBuffer* buffer = std::exchange(thread_random, nullptr)) {
      wipe(buffer->bytes, sizeof buffer->bytes);
      delete buffer;
    }
    thread_random_closed = true;
  }
};
thread_local RandomBufferGuard thread_random_guard;

bool system_random(unsigned char* out, std::size_t size) noexcept {
  while (size != 0) {
    const std::size_t step = size < (std::size_t{1} << 30) ? size : std::size_t{1} << 30;
    if (RAND_bytes(out, static_cast<int>(step)) != 1) {
      ERR_clear_error();
      return false;
    }
    out += step;
    size -= step;
  }
  return true;
}

RandomBuffer* buffer_of_this_thread() noexcept {
  if (thread_random == nullptr && !thread_random_closed && watch_forks()) {
    thread_random_guard.armed = true;  // Naming the guard makes the thread run its destructor.
    thread_random = new (std::nothrow) RandomBuffer;
  }
  return thread_random;
}

}  // namespace

bool random_bytes(void* out, std::size_t size) noexcept {
  auto* target = static_cast<unsigned char*>(out);
  RandomBuffer* buffer = size <= RandomBuffer::kSize / 8 ? buffer_of_this_thread() : nullptr;
  if (buffer == nullptr) return system_random(target, size);
  const unsigned generation = fork_generation.load(std::memory_order_relaxed);
  if (buffer->left < size || buffer->generation != generation) {
    buffer->left = 0;
    if (!system_random(buffer->bytes, sizeof buffer->bytes)) return false;
    buffer->left = sizeof buffer->bytes;
    buffer->generation = generation;
  }
  unsigned char* source = buffer->bytes + sizeof buffer->bytes - buffer->left;
  if (size != 0) std::memcpy(target, source, size);
  wipe(source, size);
  buffer->left -= size;
  return true;
}

std::string random_text(std::size_t size) {
  static constexpr char kCharacters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  static constexpr unsigned kCount = 62;
  std::string text;
  text.reserve(size);
  unsigned char bytes[32];
  while (text.size() < size) {
    if (!random_bytes(bytes, sizeof bytes)) return {};
    for (const unsigned char byte : bytes) {
      // Bytes past the last whole multiple of 62 would favour the first characters.
      if (byte < 256 / kCount * kCount && text.size() < size) text.push_back(kCharacters[byte % kCount]);
    }
  }
  wipe(bytes, sizeof bytes);
  return text;
}

}  // namespace detail
KEFU_END_NAMESPACE
