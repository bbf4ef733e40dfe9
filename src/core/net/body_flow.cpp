#include "core/net/body_flow.hpp"

#include "core/async/host_code.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {
constexpr std::size_t kFlowBlock = 64 * 1024;
}  // namespace

BodyFeed::BodyFeed(std::shared_ptr<BodySource> source, std::shared_ptr<FileThread> thread,
                   std::function<void()> changed)
    : source_(std::move(source)),
      thread_(std::move(thread)),
      changed_(std::move(changed)),
      length_(source_->length()),
      unread_(length_) {}

std::size_t BodyFeed::take(char* data, std::size_t size) {
  const std::lock_guard lock(mutex_);
  const std::size_t given = ready_.copy(data, size, taken_);
  taken_ += given;
  waiting_ = given == 0;
  ask_locked();
  return given;
}

bool BodyFeed::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void BodyFeed::rewind() {
  const std::lock_guard lock(mutex_);
  ready_.clear();
  taken_ = 0;
  unread_ = length_;
  failed_ = false;
  restart_ = true;
}

/// One block at a time: between two of them it is the turn of other calls.
void BodyFeed::ask_locked() {
  if (asked_ || failed_ || unread_ == 0 || ready_.size() - taken_ > kFlowBlock) return;
  asked_ = thread_->post([self = shared_from_this()] { self->fill(); });
  failed_ = !asked_;
}

void BodyFeed::fill() {
  bool restart = false;
  std::size_t wanted = 0;
  {
    const std::lock_guard lock(mutex_);
    restart = std::exchange(restart_, false);
    wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kFlowBlock, unread_));
  }
  std::string part(wanted, '\0');
  std::size_t read = 0;
  const bool sound = call_host_quietly([&] {
    if (!restart || source_->rewind()) read = source_->read(part.data(), part.size());
  });
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    asked_ = false;
    if (!restart_) {  // else it was read for nothing
      failed_ = !sound || read == 0 || read > part.size();
      ready_.erase(0, std::exchange(taken_, 0));
      if (!failed_) ready_.append(part, 0, read);
      if (!failed_) unread_ -= read;
    }
    ask_locked();
    tell = (failed_ || !ready_.empty()) && std::exchange(waiting_, false);
  }
  if (tell) changed_();
}

BodyDrain::BodyDrain(std::function<bool(std::string_view)> sink, std::shared_ptr<FileThread> thread,
                     std::function<void()> changed)
    : sink_(std::move(sink)), thread_(std::move(thread)), changed_(std::move(changed)) {}

bool BodyDrain::put(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (refused_ || (!queued_.empty() && queued_.size() + bytes.size() > kFlowBlock)) return false;
  queued_ += bytes;
  if (!running_) post_locked();
  return !refused_;
}

bool BodyDrain::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

bool BodyDrain::idle() const {
  const std::lock_guard lock(mutex_);
  return !running_;
}

void BodyDrain::close() {
  const std::lock_guard lock(mutex_);
  refused_ = true;
  queued_.clear();
}

void BodyDrain::post_locked() {
  running_ = thread_->post([self = shared_from_this()] { self->deliver(); });
  refused_ = refused_ || !running_;
}

void BodyDrain::deliver() {
  std::string part;
  {
    const std::lock_guard lock(mutex_);
    part.swap(queued_);
  }
  if (!part.empty()) changed_();  // there is room again
  bool wanted = true;
  const bool sound = call_host_quietly([&] { wanted = part.empty() || sink_(part); });
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    if (!sound || !wanted) refused_ = true;
    if (refused_) queued_.clear();
    if (!queued_.empty()) post_locked();
  }
  changed_();
}

}  // namespace detail
KEFU_END_NAMESPACE
