#pragma once

#include <kefu/core/export.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Knows whether this process is the one that made it or a child of fork(), in one read of memory: the kernel clears
/// its page in a child. Falls back to comparing process ids.
///
/// Thread safety: any thread, also in a child.
class KEFU_EXPORT ForkGuard {
 public:
  ForkGuard();
  ~ForkGuard();
  ForkGuard(const ForkGuard&) = delete;
  ForkGuard& operator=(const ForkGuard&) = delete;
  bool forked() const noexcept;

 private:
  volatile unsigned char* page_ = nullptr;
  int pid_;
};

}  // namespace detail
KEFU_END_NAMESPACE
