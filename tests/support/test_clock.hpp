#pragma once

#include <kefu/core/time.hpp>

#include <atomic>

namespace kefu_test {

/// A clock that stands still until it is moved. Thread safety: any thread.
class TestClock final : public kefu::Clock {
 public:
  explicit TestClock(std::int64_t unix_seconds = 1'700'000'000) : start_(kefu::from_unix_seconds(unix_seconds)) {}
  kefu::WallTime wall() const override { return start_ + passed(); }
  kefu::MonoTime mono() const override { return kefu::MonoTime(std::chrono::hours(1)) + passed(); }
  void advance(kefu::Millis time) { passed_ms_ += time.count(); }

 private:
  kefu::Millis passed() const { return kefu::Millis(passed_ms_.load()); }
  const kefu::WallTime start_;
  std::atomic<std::int64_t> passed_ms_{0};
};

}  // namespace kefu_test
