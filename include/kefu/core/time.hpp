#pragma once

#include <kefu/core/export.hpp>

#include <chrono>
#include <cstdint>

KEFU_BEGIN_NAMESPACE

/// Calendar time: stamps, reply windows, expiry. Never mixed with MonoTime.
using WallTime = std::chrono::system_clock::time_point;
/// Time that never jumps: deadlines and back-off.
using MonoTime = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;

/// Reads time; never sleeps. Waiting belongs to the Scheduler, so that a test can skip it.
///
/// Thread safety: implementations must allow calls from any thread.
class KEFU_EXPORT Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual MonoTime mono() const = 0;
};

/// The moments that the library takes from platforms, hosts and stored records: from the end of 1966 to the year 2255,
/// so that two of them can be subtracted and usual spans added without leaving what WallTime can hold.
inline constexpr std::int64_t kEarliestSecond = -100'000'000;
inline constexpr std::int64_t kLatestSecond = 9'000'000'000;
inline constexpr WallTime kEarliestTime{std::chrono::seconds(kEarliestSecond)};
inline constexpr WallTime kLatestTime{std::chrono::seconds(kLatestSecond)};

/// Seconds since 1970-01-01 UTC, as the platforms write times.
inline std::int64_t unix_seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}
/// Seconds outside kEarliestSecond to kLatestSecond give the nearer of the two.
inline WallTime from_unix_seconds(std::int64_t seconds) {
  if (seconds < kEarliestSecond) return kEarliestTime;
  return seconds > kLatestSecond ? kLatestTime : WallTime(std::chrono::seconds(seconds));
}
/// Milliseconds since then, as stored records keep times.
inline std::int64_t unix_millis(WallTime time) {
  return std::chrono::duration_cast<Millis>(time.time_since_epoch()).count();
}
/// As from_unix_seconds.
inline WallTime from_unix_millis(std::int64_t millis) {
  if (millis < kEarliestSecond * 1000) return kEarliestTime;
  return millis > kLatestSecond * 1000 ? kLatestTime : WallTime(Millis(millis));
}

KEFU_END_NAMESPACE
