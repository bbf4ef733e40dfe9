#pragma once

#include "core/async/host_code.hpp"
#include "core/call/reply.hpp"

#include <kefu/core/export.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What came in place of a file and cannot be read: a gateway's page, or JSON that was cut.
inline bool stands_for_a_file(const Reply& reply) {
  if (reply.unreadable == ReadFault::html) return true;
  const std::string_view type = reply.http.header("content-type");
  return !reply.http.body.empty() && (type.rfind("application/json", 0) == 0 || type.rfind("text/", 0) == 0);
}

/// Stands before the receiver of a download: the platforms answer errors with HTTP 200 and JSON where a file was
/// expected (MED-2), gateways on the way with a page. What begins like a JSON object or like HTML is held back, up to a
/// limit, until it is known to be neither; everything else passes at once. What the receiver throws ends the transfer.
///
/// Closed once the exchange is over: a transport that goes on all the same finds nobody. A receiver that runs at that
/// moment may still finish.
///
/// Thread safety: `close`, `open` and `broken` from any thread, as a file may still be written when its call has ended;
/// the rest one thread at a time.
class DownloadGate {
 public:
  explicit DownloadGate(std::function<bool(std::string_view)> receiver, std::shared_ptr<Observer> observer = nullptr)
      : receiver_(std::move(receiver)), observer_(std::move(observer)) {}

  /// False ends the transfer.
  bool take(std::string_view bytes) {
    if (closed_.load(std::memory_order_acquire)) return false;
    if (open()) return hand_over(bytes);
    held_ += bytes;
    const std::size_t start = held_.find_first_not_of(" \t\r\n");
    const bool undecided = start == std::string::npos || held_[start] == '{' || held_[start] == '<';
    if (held_.size() <= kLongestAnswer && undecided) return true;
    return release();
  }
  /// Nothing of the transport's is taken any more; `release` still works.
  void close() { closed_.store(true, std::memory_order_release); }
  /// What was held back, as a candidate for an answer; empty if the receiver has begun.
  const std::string& held() const { return held_; }
  bool open() const { return open_.load(std::memory_order_acquire); }
  /// It was part of the file after all.
  bool release() {
    open_.store(true, std::memory_order_release);
    return hand_over(std::exchange(held_, std::string()));
  }
  /// Why the receiver gets no more, if it threw.
  std::optional<Error> broken() const {
    const std::lock_guard lock(mutex_);
    return broken_;
  }

 private:
  bool hand_over(std::string_view bytes) {
    if (broken()) return false;
    const auto wanted = call_host(observer_.get(), host_seam::kReceiver, [&] { return receiver_(bytes); });
    if (wanted) return *wanted;
    const std::lock_guard lock(mutex_);
    broken_ = wanted.error();
    return false;
  }

  static constexpr std::size_t kLongestAnswer = 64 * 1024;
  const std::function<bool(std::string_view)> receiver_;
  const std::shared_ptr<Observer> observer_;
  mutable std::mutex mutex_;  ///< Of `broken_`.
  std::optional<Error> broken_;
  std::string held_;
  std::atomic<bool> open_{false};
  std::atomic<bool> closed_{false};
};

}  // namespace detail
KEFU_END_NAMESPACE
