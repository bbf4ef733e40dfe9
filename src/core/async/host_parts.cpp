#include "core/async/host_parts.hpp"

#include "core/async/time_range.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

HostClock::HostClock(std::shared_ptr<const Clock> inner, std::shared_ptr<Observer> observer)
    : inner_(std::move(inner)),
      observer_(std::move(observer)),
      wall_(std::chrono::system_clock::now()),
      mono_(std::chrono::steady_clock::now()) {}

WallTime HostClock::wall() const {
  if (const auto told = call_host(observer_.get(), host_seam::kClock, [this] { return inner_->wall(); }))
    wall_.store(within_reach(*told), std::memory_order_relaxed);
  return wall_.load(std::memory_order_relaxed);
}

MonoTime HostClock::mono() const {
  if (const auto told = call_host(observer_.get(), host_seam::kClock, [this] { return inner_->mono(); }))
    mono_.store(within_reach(*told), std::memory_order_relaxed);
  return mono_.load(std::memory_order_relaxed);
}

double HostJitter::unit() {
  const auto told = call_host(observer_.get(), host_seam::kJitter, [this] { return inner_->unit(); });
  return told && *told >= 0 && *told < 1 ? *told : 0.5;
}

HostSource::HostSource(std::shared_ptr<BodySource> inner, std::shared_ptr<Observer> observer)
    : inner_(std::move(inner)), observer_(std::move(observer)) {
  if (const auto told = call_host(observer_.get(), host_seam::kBodySource, [this] { return inner_->length(); })) {
    length_ = *told;
  } else {
    static_cast<void>(fail(told.error()));
  }
}

std::size_t HostSource::read(char* data, std::size_t size) {
  if (closed_.load(std::memory_order_acquire)) return 0;
  const auto told = call_host(observer_.get(), host_seam::kBodySource, [&] { return inner_->read(data, size); });
  if (!told) return fail(told.error());
  if (*told > size) return fail(Error(ErrorKind::internal, "BodySource::read claims more bytes than it had room for"));
  return *told;
}

bool HostSource::rewind() { return !closed_.load(std::memory_order_acquire) && restart(); }

bool HostSource::restart() {
  const auto told = call_host(observer_.get(), host_seam::kBodySource, [this] { return inner_->rewind(); });
  if (!told) static_cast<void>(fail(told.error()));
  return told && *told;
}

std::optional<Error> HostSource::broken() const {
  const std::lock_guard lock(mutex_);
  return broken_;
}

std::size_t HostSource::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!broken_) broken_ = error;
  return 0;
}

}  // namespace detail
KEFU_END_NAMESPACE
