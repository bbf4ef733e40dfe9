#include "core/text/wipe.hpp"

#include <cstring>

KEFU_BEGIN_NAMESPACE
namespace detail {

void wipe(void* data, std::size_t size) noexcept {
  if (size == 0) return;
  std::memset(data, 0, size);
  // The compiler must take it that someone reads the memory: then it cannot drop the line above.
  asm volatile("" : : "r"(data) : "memory");
}

}  // namespace detail
KEFU_END_NAMESPACE
