#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A copy of a text that is usually short (an openid, an app id): up to 47 bytes stand inside the object, where
/// std::string has room for 15. Not copied, not moved. Thread safety: as a value.
class ShortText {
 public:
  ShortText() = default;
  ShortText(const ShortText&) = delete;
  ShortText& operator=(const ShortText&) = delete;

  ShortText& operator=(std::string_view text) {
    size_ = text.size() <= sizeof inside_ ? static_cast<unsigned char>(text.size()) : kOutside;
    if (size_ == kOutside) {
      outside_.assign(text);
    } else {
      std::memcpy(inside_, text.data(), text.size());
    }
    return *this;
  }
  operator std::string_view() const noexcept {
    return size_ == kOutside ? std::string_view(outside_) : std::string_view(inside_, size_);
  }
  std::size_t size() const noexcept { return std::string_view(*this).size(); }
  bool empty() const noexcept { return size_ == 0; }

 private:
  static constexpr unsigned char kOutside = 255;
  char inside_[47];
  unsigned char size_ = 0;
  std::string outside_;
};

}  // namespace detail
KEFU_END_NAMESPACE
