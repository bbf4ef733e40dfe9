#pragma once

#include "core/call/reply.hpp"

#include <kefu/core/export.hpp>

#include <cstddef>
#include <functional>
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
/// limit, until it is known to be neither; everything else passes at once. One thread at a time.
class DownloadGate {
 public:
  explicit DownloadGate(std::function<bool(std::string_view)> receiver) : receiver_(std::move(receiver)) {}

  /// False ends the transfer.
  bool take(std::string_view bytes) {
    if (open_) return receiver_(bytes);
    held_ += bytes;
    const std::size_t start = held_.find_first_not_of(" \t\r\n");
    const bool undecided = start == std::string::npos || held_[start] == '{' || held_[start] == '<';
    if (held_.size() <= kLongestAnswer && undecided) return true;
    return release();
  }
  /// What was held back, as a candidate for an answer; empty if the receiver has begun.
  const std::string& held() const { return held_; }
  bool open() const { return open_; }
  /// It was part of the file after all.
  bool release() {
    open_ = true;
    return receiver_(std::exchange(held_, std::string()));
  }

 private:
  static constexpr std::size_t kLongestAnswer = 64 * 1024;
  const std::function<bool(std::string_view)> receiver_;
  std::string held_;
  bool open_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
