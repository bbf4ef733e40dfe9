#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Overwrites memory that may have held a secret; the compiler does not leave it out.
KEFU_EXPORT void wipe(void* data, std::size_t size) noexcept;

/// The same for a text, which is empty then.
inline void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // a shorter text than before leaves the rest behind its end
  wipe(text.data(), text.size());
  text.clear();
}

}  // namespace detail
KEFU_END_NAMESPACE
