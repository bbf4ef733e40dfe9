#pragma once

#include "core/async/host_code.hpp"
#include "core/text/utf8.hpp"

#include <kefu/core/export.hpp>
#include <kefu/core/http.hpp>

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

/// Whether these bytes, the first of a file, 16 of them if there are so many, are those of a format that is known.
using KnowsFormat = bool (*)(std::string_view head);

/// Stands before the receiver of a download: the platforms answer errors with HTTP 200 and JSON where a file was
/// expected (MED-2), gateways on the way with a page, in any charset. The files of the platforms are pictures, sound
/// and films. So what begins as a JSON object or as markup is an answer, whatever its length and type; what no text
/// holds and begins as a format that is known is the file and passes at once. All else is held back until all of it is
/// there and its headers say what it is. The transport bounds what is held (`HttpRequest::max_reply_bytes`). What the
/// receiver throws ends the transfer.
///
/// Closed once the exchange is over: a transport that goes on all the same finds nobody. A receiver that runs at that
/// moment may still finish.
///
/// Thread safety: `close`, `open` and `broken` from any thread, as a file may still be written when its call has ended;
/// the rest one thread at a time.
class DownloadGate {
 public:
  explicit DownloadGate(std::function<bool(std::string_view)> receiver, std::shared_ptr<Observer> observer = nullptr,
                        KnowsFormat knows = nullptr)
      : receiver_(std::move(receiver)), observer_(std::move(observer)), knows_(knows) {}

  /// False ends the transfer.
  bool take(std::string_view bytes) {
    if (closed_.load(std::memory_order_acquire)) return false;
    if (open()) return hand_over(bytes);
    held_ += bytes;
    if (looks_ == Looks::undecided) looks_ = look_at_beginning();
    is_text_ = is_text_ && is_text_so_far();
    if (looks_ == Looks::answer || is_text_ || !is_of_known_format()) return true;
    return release();
  }
  /// Nothing of the transport's is taken any more; `release` still works.
  void close() { closed_.store(true, std::memory_order_release); }
  /// Whether this HTTP 200 is the file, now that all of it is there and it is not a JSON object. Nothing is that began
  /// as an answer and was cut. A type of a medium or a name of a file says that it is one; otherwise text is none, nor
  /// is what comes under the type of a text or without one.
  bool is_file(const HttpReply& reply) const {
    if (open()) return true;
    if (looks_ != Looks::other) return false;
    const std::string type = lowered(reply.header("content-type"));
    if (names_medium(type) || lowered(reply.header("content-disposition")).find("filename") != std::string::npos)
      return true;
    return text_ != held_.size() && (is_of_known_format() || !may_be_text(type));
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
    constexpr std::string_view kBlanks = " \t\r\n\f\v";
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

  bool is_of_known_format() const { return knows_ != nullptr && knows_(std::string_view(held_).substr(0, 16)); }

  static std::string lowered(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
  }
  static bool begins(const std::string& type, std::string_view with) { return type.compare(0, with.size(), with) == 0; }
  static bool names_medium(const std::string& type) {
    return begins(type, "image/") || begins(type, "audio/") || begins(type, "voice/") || begins(type, "video/");
  }
  static bool may_be_text(const std::string& type) {
    const auto names = [&type](const char* what) { return type.find(what) != std::string::npos; };
    return type.empty() || begins(type, "text/") || names("json") || names("xml") || names("javascript");
  }

  const std::function<bool(std::string_view)> receiver_;
  const std::shared_ptr<Observer> observer_;
  const KnowsFormat knows_;
  mutable std::mutex mutex_;  ///< Of `broken_`.
  std::optional<Error> broken_;
  std::string held_;
  std::size_t text_ = 0;  ///< Length of the beginning of `held_` that is known to be text.
  bool is_text_ = true;   ///< So far.
  Looks looks_ = Looks::undecided;
  std::atomic<bool> open_{false};
  std::atomic<bool> closed_{false};
};

}  // namespace detail
KEFU_END_NAMESPACE
