#pragma once

#include <kefu/core/export.hpp>

#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What many accounts of a runtime have in common (capabilities, rules, settings), kept once while one of them uses it.
/// The key names the kind of value and all that it is made from.
///
/// Thread safety: all members may be called from any thread.
class SharedValues {
 public:
  /// `make()` gives the T, if nobody has it.
  template <class T, class Make>
  std::shared_ptr<const T> get(const std::string& key, Make make) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto found = values_.find(key); found != values_.end())
      if (auto value = found->second.lock()) return std::static_pointer_cast<const T>(std::move(value));
    drop_unused();
    auto value = std::shared_ptr<const T>(new T(make()));  // in one block with its counters it would stay with those
    values_[key] = value;
    return value;
  }

 private:
  void drop_unused() {
    for (auto entry = values_.begin(); entry != values_.end();)
      entry = entry->second.expired() ? values_.erase(entry) : std::next(entry);
  }

  std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<const void>> values_;
};

}  // namespace detail
KEFU_END_NAMESPACE
