#pragma once

#include "core/async/file_thread.hpp"

#include <kefu/core/http.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The bytes of an upload, read ahead on the file thread, two blocks at most. `changed` is called there when the loop
/// should look again.
///
/// Thread safety: any thread; `take` and `rewind` are the loop's.
class BodyFeed final : public std::enable_shared_from_this<BodyFeed> {
 public:
  BodyFeed(std::shared_ptr<BodySource> source, std::shared_ptr<FileThread> thread, std::function<void()> changed);

  /// So many bytes are in `data` now. 0: none yet (`changed` will tell), unless it `failed`.
  std::size_t take(char* data, std::size_t size);
  /// The source gave less than it announced, or cannot go back.
  bool failed() const;
  /// From the start again.
  void rewind();

 private:
  void ask_locked();
  void fill();

  const std::shared_ptr<BodySource> source_;
  const std::shared_ptr<FileThread> thread_;
  const std::function<void()> changed_;
  const std::uint64_t length_;
  mutable std::mutex mutex_;
  std::string ready_;
  std::size_t taken_ = 0;  ///< Of `ready_`.
  std::uint64_t unread_;
  bool asked_ = false;
  bool waiting_ = false;  ///< The loop was given nothing.
  bool restart_ = false;
  bool failed_ = false;
};

/// The bytes of a download on their way to the receiver, which is called on the file thread; a block is on the way and
/// another waits. `changed` is called there when the loop should look again.
///
/// Thread safety: any thread; `put` and `close` are the loop's.
class BodyDrain final : public std::enable_shared_from_this<BodyDrain> {
 public:
  BodyDrain(std::function<bool(std::string_view)> sink, std::shared_ptr<FileThread> thread,
            std::function<void()> changed);

  /// False: not taken; the receiver has ended it (`refused`), or too much waits for it (`changed` will tell).
  bool put(std::string_view bytes);
  bool refused() const;
  /// All that was put has arrived.
  bool idle() const;
  /// The receiver hears of no further bytes.
  void close();

 private:
  void post_locked();
  void deliver();

  const std::function<bool(std::string_view)> sink_;
  const std::shared_ptr<FileThread> thread_;
  const std::function<void()> changed_;
  mutable std::mutex mutex_;
  std::string queued_;
  bool running_ = false;
  bool refused_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
