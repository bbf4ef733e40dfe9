#pragma once

#include <kefu/core/export.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Keeps the block that was freed last for the next one of its size: most pushes are answered before the next comes.
///
/// Thread safety: any thread.
class SpareBlock {
 public:
  SpareBlock() = default;
  SpareBlock(const SpareBlock&) = delete;
  SpareBlock& operator=(const SpareBlock&) = delete;
  ~SpareBlock() { ::operator delete(block_.load()); }

  void* take() noexcept { return block_.exchange(nullptr, std::memory_order_acquire); }
  void put(void* block) noexcept { ::operator delete(block_.exchange(block, std::memory_order_release)); }

 private:
  std::atomic<void*> block_{nullptr};
};

/// For std::allocate_shared of one type: all its blocks have one size.
template <class T>
class SpareBlockAllocator {
 public:
  using value_type = T;
  explicit SpareBlockAllocator(std::shared_ptr<SpareBlock> spare) noexcept : spare_(std::move(spare)) {}
  template <class U>
  SpareBlockAllocator(const SpareBlockAllocator<U>& other) noexcept : spare_(other.spare_) {}

  T* allocate(std::size_t count) {
    void* block = count == 1 ? spare_->take() : nullptr;
    return static_cast<T*>(block != nullptr ? block : ::operator new(count * sizeof(T)));
  }
  void deallocate(T* block, std::size_t count) noexcept {
    if (count == 1) return spare_->put(block);
    ::operator delete(block);
  }
  template <class U>
  bool operator==(const SpareBlockAllocator<U>& other) const noexcept {
    return spare_ == other.spare_;
  }
  template <class U>
  bool operator!=(const SpareBlockAllocator<U>& other) const noexcept {
    return spare_ != other.spare_;
  }

 private:
  template <class U>
  friend class SpareBlockAllocator;
  std::shared_ptr<SpareBlock> spare_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
