#pragma once

#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

// How times and prefixes stand in a store.

inline std::int64_t to_micros(WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

inline WallTime from_micros(std::int64_t micros) {
  return from_unix_millis(micros / 1000) + std::chrono::microseconds(micros % 1000);
}

/// The first key after all that begin with `prefix`.
inline std::string end_of(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) return std::string(Store::kMaxKeySize + 1, '\xff');  // Longer than any key.
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace detail
KEFU_END_NAMESPACE
