#pragma once

#include "core/async/host_code.hpp"

#include <kefu/core/http.hpp>
#include <kefu/core/observer.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/time.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The host's clock: what it throws leaves the time where it was, and what it says is kept so far from the ends of the
/// types that adding and subtracting spans of the library's own never overflows. Thread safety: any thread.
class HostClock final : public Clock {
 public:
  HostClock(std::shared_ptr<const Clock> inner, std::shared_ptr<Observer> observer);
  WallTime wall() const override;
  MonoTime mono() const override;

 private:
  const std::shared_ptr<const Clock> inner_;
  const std::shared_ptr<Observer> observer_;
  mutable std::atomic<WallTime> wall_;
  mutable std::atomic<MonoTime> mono_;
};

/// The host's jitter: one that throws, or says what is no number in [0, 1), counts as the middle. Thread safety: any
/// thread.
class HostJitter final : public Jitter {
 public:
  HostJitter(std::shared_ptr<Jitter> inner, std::shared_ptr<Observer> observer)
      : inner_(std::move(inner)), observer_(std::move(observer)) {}
  double unit() override;

 private:
  const std::shared_ptr<Jitter> inner_;
  const std::shared_ptr<Observer> observer_;
};

/// A body that host code takes part in. One that throws, or claims to have read more than there was room for, ends
/// there; `broken` says why. Closed once the exchange is over: a transport that goes on all the same reads nothing.
/// Thread safety: `close` and `broken` from any thread, the rest as BodySource.
class HostSource final : public BodySource {
 public:
  HostSource(std::shared_ptr<BodySource> inner, std::shared_ptr<Observer> observer);
  std::uint64_t length() const override { return length_; }
  std::size_t read(char* data, std::size_t size) override;
  bool rewind() override;
  void close() { closed_.store(true, std::memory_order_release); }
  /// Back to the start for another request, once this one is over.
  bool restart();
  std::optional<Error> broken() const;

 private:
  std::size_t fail(const Error& error);

  const std::shared_ptr<BodySource> inner_;
  const std::shared_ptr<Observer> observer_;
  std::uint64_t length_ = 0;
  std::atomic<bool> closed_{false};
  mutable std::mutex mutex_;
  std::optional<Error> broken_;
};

}  // namespace detail
KEFU_END_NAMESPACE
