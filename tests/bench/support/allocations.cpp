// Counts every allocation of the process. Replacing the global operators is the only way that also sees those made
// inside the library.
#include "bench/harness.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

// One counter per thread, as a locked increment would cost as much as half an allocation. Threads beyond the last slot
// share it.
constexpr unsigned kSlots = 64;
struct alignas(64) Counter {
  std::atomic<std::uint64_t> news{0};
};
Counter counters[kSlots];
std::atomic<unsigned> threads{0};

void count_one() {
  thread_local const unsigned slot = std::min(threads.fetch_add(1, std::memory_order_relaxed), kSlots - 1);
  std::atomic<std::uint64_t>& news = counters[slot].news;
  if (slot == kSlots - 1) {
    news.fetch_add(1, std::memory_order_relaxed);
  } else {
    news.store(news.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
}

void* counted(std::size_t size) {
  count_one();
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

void* counted(std::size_t size, std::align_val_t alignment) {
  count_one();
  const auto align = static_cast<std::size_t>(alignment);
  void* memory = std::aligned_alloc(align, (size + align - 1) / align * align);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

std::uint64_t kefu_bench::allocations() noexcept {
  std::uint64_t sum = 0;
  for (const Counter& counter : counters) sum += counter.news.load(std::memory_order_relaxed);
  return sum;
}

double kefu_bench::allocated_bytes() noexcept {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return counted(size, alignment); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return counted(size, alignment); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
