#pragma once

#include <kefu/core/time.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The system's clocks. Thread safety: any thread.
class SystemClock final : public Clock {
 public:
  WallTime wall() const override { return std::chrono::system_clock::now(); }
  MonoTime mono() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace detail
KEFU_END_NAMESPACE
