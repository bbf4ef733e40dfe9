#pragma once

#include "core/call/fields.hpp"

#include <algorithm>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Rules for fields that several families have in common; used inside KEFU_FIELDS of requests and answers.

/// An id that the platform writes as a JSON number and kefu keeps as text (ENC-5).
template <class V, class Id>
void number_id(V& v, const char* name, Id& id, bool required = true) {
  if constexpr (V::kWriting) {
    if (id.empty()) {
      if (required) v.complain(name, "is empty, but required");
      return;
    }
    const bool digits = std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || id.size() > 19 || (id.size() > 1 && id.front() == '0'))
      return v.complain(name, "must be a whole number of up to 19 digits");
    v.raw_json(name, id);
  } else {
    if (required) return v.required(name, id);
    v.optional(name, id);
  }
}

/// The longest name of an agent account, with the part behind '@' (wechat-messages 4.1).
inline constexpr std::size_t kKfAccountCharacters = 30;

/// The account of an agent: "name@account" (MSG-4).
template <class V, class Text>
void kf_account(V& v, Text& account) {
  if constexpr (V::kWriting) {
    const auto at = account.find('@');
    if (!account.empty() && (at == 0 || at == std::string::npos || at + 1 == account.size()))
      return v.complain("kf_account", "must have the form name@account");
  }
  v.required("kf_account", account, detail::Check().max_characters(kKfAccountCharacters));
}

/// How wide a text is where the platform counts a Chinese character as two and a Latin one as one.
inline std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) ++width;
    if (byte >= 0xC0) width += 2;  // the first byte of a character of several
  }
  return width;
}

/// Line ends and the like, which the values of templates may not hold.
inline bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

}  // namespace wechat
KEFU_END_NAMESPACE
