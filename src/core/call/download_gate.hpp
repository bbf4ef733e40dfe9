#pragma once

#include "core/async/host_code.hpp"
#include "core/text/utf8.hpp"

#include <kefu/core/export.hpp>

#include <algorithm>
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

/// Stands before the receiver of a download: the platforms answer errors with HTTP 200 and JSON where a file was
/// expected (MED-2), gateways on the way with a page. The files of the platforms are pictures, sound and films, which
/// are no text. So what begins as a JSON object or as markup is an answer, whatever its length and type; other text is
/// held back until a byte comes that no text has; everything else is the file and passes at once. The transport bounds
/// what is held (`HttpRequest::max_reply_bytes`). What the receiver throws ends the transfer.
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
    if (looks_ == Looks::undecided) looks_ = look_at_beginning();
    if (looks_ == Looks::answer || is_text_so_far()) return true;
    return release();
  }
  /// Nothing of the transport's is taken any more; `release` still works.
  void close() { closed_.store(true, std::memory_order_release); }
  /// Whether this HTTP 200 is the file, now that all of it is there and it is not a JSON object: text under the type of
  /// a text is none, nor is what began as an answer and was cut.
  bool is_file(std::string_view content_type) const {
    if (open()) return true;
    if (looks_ != Looks::other) return false;
    return text_ != held_.size() || !names_text(content_type);
  }
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

  enum class Looks : unsigned char { undecided, answer, other };

  Looks look_at_beginning() const {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    constexpr std::string_view kBlanks = " \t\r\n";
    std::string_view text = held_;
    if (kMark.substr(0, text.size()) == text) return Looks::undecided;
    if (text.substr(0, kMark.size()) == kMark) text.remove_prefix(kMark.size());
    const std::size_t start = std::min(text.find_first_not_of(kBlanks), text.size());
    if (start == text.size()) return Looks::undecided;
    if (text[start] != '{' && text[start] != '<') return Looks::other;
    const std::size_t next = text[start] == '{' ? text.find_first_not_of(kBlanks, start + 1) : start + 1;
    if (next >= text.size()) return Looks::undecided;
    const char c = text[next];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool answer = text[start] == '{' ? c == '"' || c == '}' : letter || c == '!' || c == '?' || c == '/';
    return answer ? Looks::answer : Looks::other;
  }

  /// Goes on where it ended; a character that is not whole yet is in its favour.
  bool is_text_so_far() {
    const std::string_view rest = std::string_view(held_).substr(text_);
    const std::string_view sound = rest.substr(0, utf8_prefix(rest));
    if (!is_clean_text(sound)) return false;
    text_ += sound.size();
    return rest.size() - sound.size() < 4;
  }

  static bool names_text(std::string_view type) {
    const auto begins = [type](std::string_view with) {
      return std::equal(with.begin(), with.end(), type.begin(), type.begin() + std::min(with.size(), type.size()),
                        [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
    };
    return begins("text/") || begins("application/json");
  }

  const std::function<bool(std::string_view)> receiver_;
  const std::shared_ptr<Observer> observer_;
  mutable std::mutex mutex_;  ///< Of `broken_`.
  std::optional<Error> broken_;
  std::string held_;
  std::size_t text_ = 0;  ///< Length of the beginning of `held_` that is known to be text.
  Looks looks_ = Looks::undecided;
  std::atomic<bool> open_{false};
  std::atomic<bool> closed_{false};
};

}  // namespace detail
KEFU_END_NAMESPACE
