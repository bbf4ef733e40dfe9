#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Finds things by the hash of their keys: open addressing in one block of memory, which a look-up of anything absent
/// leaves after one or two lines, where a chained map follows pointers to other keys.
///
/// Thread safety: none; its owner locks.
template <class T>
class MemoryIndex {
 public:
  /// The one of this hash for which `is(thing)` is true; null: there is none.
  template <class Is>
  T* find(std::size_t hash, Is is) const {
    if (slots_.empty()) return nullptr;
    const std::size_t mark = mark_of(hash);
    for (std::size_t at = mark & mask(); slots_[at].mark != 0; at = (at + 1) & mask()) {
      if (slots_[at].mark == mark && is(*slots_[at].thing)) return slots_[at].thing;
    }
    return nullptr;
  }

  void add(std::size_t hash, T* thing) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    ++used_;
    place(Slot{mark_of(hash), thing});
  }

  /// It is there.
  void remove(std::size_t hash, const T* thing) {
    std::size_t gap = mark_of(hash) & mask();
    while (slots_[gap].thing != thing) gap = (gap + 1) & mask();
    --used_;
    // Whoever was pushed behind it by others before it moves up, so that no search ends too early.
    for (std::size_t at = (gap + 1) & mask(); slots_[at].mark != 0; at = (at + 1) & mask()) {
      const std::size_t pushed = (at - slots_[at].mark) & mask();
      if (pushed < ((at - gap) & mask())) continue;
      slots_[gap] = slots_[at];
      gap = at;
    }
    slots_[gap] = Slot{};
  }

 private:
  struct Slot {
    std::size_t mark = 0;  ///< 0: free.
    T* thing = nullptr;
  };
  static std::size_t mark_of(std::size_t hash) noexcept { return hash | ~(~std::size_t{0} >> 1); }
  std::size_t mask() const noexcept { return slots_.size() - 1; }

  void place(const Slot& slot) {
    std::size_t at = slot.mark & mask();
    while (slots_[at].mark != 0) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void grow() {
    const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(slots_.empty() ? 16 : 2 * slots_.size()));
    for (const Slot& slot : before)
      if (slot.mark != 0) place(slot);
  }

  std::vector<Slot> slots_;  ///< A power of two of them, a quarter free at least.
  std::size_t used_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
