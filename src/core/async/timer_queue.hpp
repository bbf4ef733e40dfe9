#pragma once

#include <kefu/core/function.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Tasks ordered by time, then by order of insertion, with removal by ticket in O(log n): a binary heap of slots that
/// know their place. A ticket names a slot and how often it was used, so an old one never removes another's task: a
/// slot whose uses are counted to the end is not used again, which takes years.
///
/// Thread safety: none; its owner locks.
template <unsigned kUseBits>
class TimerSlots {
 public:
  using Ticket = std::uint64_t;  ///< Never 0, and the highest bit is free for the owner.

  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  /// When the first task is due; only if not empty.
  MonoTime first() const { return slots_[heap_[0]].when; }

  Ticket add(MonoTime when, Task task) {
    std::uint32_t index;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Slot& slot = slots_[index];
    slot.when = when;
    slot.order = ++last_order_;
    slot.task = std::move(task);
    slot.place = heap_.size();
    heap_.push_back(index);
    rise(slot.place);
    return (slot.uses << kIndexBits) | (index + 1U);
  }

  /// The first task; only if not empty.
  Task take_first() { return remove_at(0); }

  /// The task of a ticket, if it is still here: destroy it where its destructor may run.
  std::optional<Task> remove(Ticket ticket) {
    const auto index = static_cast<std::uint32_t>(ticket & ((Ticket{1} << kIndexBits) - 1));
    if (index == 0 || index > slots_.size()) return std::nullopt;
    const Slot& slot = slots_[index - 1];
    if (slot.place == kNowhere || slot.uses != ticket >> kIndexBits) return std::nullopt;
    return remove_at(slot.place);
  }

 private:
  static constexpr unsigned kIndexBits = 63 - kUseBits;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  struct Slot {
    MonoTime when{};
    std::uint64_t order = 0;
    Task task;
    std::size_t place = kNowhere;
    std::uint64_t uses = 0;
  };

  bool before(std::size_t a, std::size_t b) const {
    const Slot& x = slots_[heap_[a]];
    const Slot& y = slots_[heap_[b]];
    return x.when != y.when ? x.when < y.when : x.order < y.order;
  }
  void exchange(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    slots_[heap_[a]].place = a;
    slots_[heap_[b]].place = b;
  }
  void rise(std::size_t at) {
    for (; at > 0 && before(at, (at - 1) / 2); at = (at - 1) / 2) exchange(at, (at - 1) / 2);
  }
  void sink(std::size_t at) {
    for (;;) {
      std::size_t least = at;
      for (const std::size_t child : {2 * at + 1, 2 * at + 2})
        if (child < heap_.size() && before(child, least)) least = child;
      if (least == at) return;
      exchange(at, least);
      at = least;
    }
  }
  Task remove_at(std::size_t at) {
    const std::uint32_t index = heap_[at];
    exchange(at, heap_.size() - 1);
    heap_.pop_back();
    if (at < heap_.size()) {
      rise(at);
      sink(at);
    }
    Slot& slot = slots_[index];
    slot.place = kNowhere;
    if (++slot.uses >> kUseBits == 0) free_.push_back(index);
    return std::move(slot.task);
  }

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> heap_;
  std::vector<std::uint32_t> free_;
  std::uint64_t last_order_ = 0;
};

/// 16 million timers at a time, 500 thousand million uses of each slot.
using TimerQueue = TimerSlots<39>;

}  // namespace detail
KEFU_END_NAMESPACE
