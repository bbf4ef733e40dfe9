#pragma once

#include <kefu/core/export.hpp>

#include <atomic>
#include <cstdint>
#include <random>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Numbers for spans: never 0, and scattered, so that spans of several processes go into one trace. Thread safety: any
/// thread.
class SpanIds {
 public:
  SpanIds() : state_((std::uint64_t(std::random_device{}()) << 32) ^ std::random_device{}()) {}

  std::uint64_t next() {
    std::uint64_t z = state_.fetch_add(0x9e3779b97f4a7c15U, std::memory_order_relaxed);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    return z != 0 ? z : 1;
  }

 private:
  std::atomic<std::uint64_t> state_;
};

}  // namespace detail
KEFU_END_NAMESPACE
