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
    std::deque<T>& line = line_of(account);
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
      spare_ = lines_.extract(line);
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
  using Lines = std::unordered_map<std::size_t, std::deque<T>>;
  std::deque<T>& line_of(std::size_t account) {
    if (spare_.empty()) return lines_[account];
    const auto line = lines_.find(account);
    if (line != lines_.end()) return line->second;
    spare_.key() = account;
    return lines_.insert(std::move(spare_)).position->second;
  }

  Lines lines_;
  typename Lines::node_type spare_;  ///< A line that ran out is the next new one: most have one entry at a time.
  std::deque<std::size_t> turns_;
  std::size_t size_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
