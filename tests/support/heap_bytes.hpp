#pragma once

#include <cstddef>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace kefu_test {

/// Bytes that all blocks of the heap hold now, for tests of what must not grow. Always 0 where nobody counts them:
/// under a sanitizer, or without glibc.
inline std::size_t heap_bytes() {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

}  // namespace kefu_test
