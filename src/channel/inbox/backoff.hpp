#pragma once

#include <kefu/core/runtime.hpp>
#include <kefu/core/time.hpp>

#include <algorithm>
#include <cstdint>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The pause after so many failures in a row: a second, doubled with each, at most a minute; spread by a quarter.
inline Millis backoff(int failures, Jitter& jitter) {
  constexpr Millis kFirst{1'000};
  constexpr Millis kLongest{60'000};
  Millis pause = kFirst;
  for (int i = 1; i < failures && pause < kLongest; ++i) pause *= 2;
  const double spread = 0.75 + 0.5 * jitter.unit();
  return Millis(static_cast<std::int64_t>(static_cast<double>(std::min(pause, kLongest).count()) * spread));
}

}  // namespace detail
KEFU_END_NAMESPACE
