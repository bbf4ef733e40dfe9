#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What waits, given out in turn among accounts: one with ten thousand entries holds nobody up. Within an account in
/// the order of coming. Thread safety: none.
template <class T>
class FairQueue {
 public:
  bool empty() const noexcept { return turns_.empty(); }
  std::size_t size() const noexcept { return size_; }
  /// How many accounts have something waiting.
  std::size_t accounts() const noexcept { return turns_.size(); }

  void push(std::size_t account, T entry) {
    std::deque<T>& line = lines_[account];
    if (line.empty()) turns_.push_back(account);
    line.push_back(std::move(entry));
    ++size_;
  }
  /// The next one of the account whose turn it is; only if not empty.
  const T& front() const { return lines_.at(turns_.front()).front(); }
  std::size_t front_account() const { return turns_.front(); }
  T pop() {
    const std::size_t account = turns_.front();
    turns_.pop_front();
    const auto line = lines_.find(account);
    T entry = std::move(line->second.front());
    line->second.pop_front();
    --size_;
    if (line->second.empty()) {
      lines_.erase(line);
    } else {
      turns_.push_back(account);
    }
    return entry;
  }
  /// The turn goes to the next account; only if not empty.
  void skip() {
    turns_.push_back(turns_.front());
    turns_.pop_front();
  }
  void clear() {
    lines_.clear();
    turns_.clear();
    size_ = 0;
  }

 private:
  std::unordered_map<std::size_t, std::deque<T>> lines_;
  std::deque<std::size_t> turns_;
  std::size_t size_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
