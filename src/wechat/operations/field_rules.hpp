#pragma once

#include "core/call/fields.hpp"

#include <algorithm>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Rules for fields that several families have in common; used inside KEFU_FIELDS of requests and answers.

/// Digits without a superfluous zero, few enough for 64 bits.
inline bool is_number(std::string_view id) {
  const bool digits = std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && !id.empty() && id.size() <= 19 && (id.size() == 1 || id.front() != '0');
}

/// An id that the platform writes as a JSON number and kefu keeps as text (ENC-5).
template <class V, class Id>
void number_id(V& v, const char* name, Id& id, bool required = true) {
  if constexpr (V::kWriting) {
    if (id.empty() && !required) return;
    if (id.empty()) return v.lack(name);
    const bool number = is_number(id);
    v.rule(name, number, "must be a whole number of up to 19 digits");
    if (number) v.raw_json(name, id);
  } else {
    if (required) return v.required(name, id);
    v.optional(name, id);
  }
}

/// The longest name of an agent account, with the part behind '@' (wechat-messages 4.1; the page's sentence can also be
/// read of the part before it, which has 10).
inline constexpr std::size_t kKfAccountCharacters = 30;

inline constexpr std::string_view kKfAccountForm = "must have the form name@account, without blanks";
/// Whether this can be the account of an agent (MSG-4), its length apart.
inline bool is_kf_account(std::string_view account) {
  const auto at = account.find('@');
  return at != 0 && at != std::string_view::npos && at + 1 != account.size() &&
         std::none_of(account.begin(), account.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; });
}
/// What is wrong with a name that shall go out, empty if nothing is: "must have the form ...".
inline std::string complaint_about_kf_account(std::string_view account) {
  return is_kf_account(account) ? detail::Check().max_characters(kKfAccountCharacters).text(account)
                                : std::string(kKfAccountForm);
}
template <class V, class Text>
void kf_account(V& v, Text& account) {
  if constexpr (V::kWriting) v.rule("kf_account", account.empty() || is_kf_account(account), kKfAccountForm);
  v.required("kf_account", account, detail::Check().max_characters(kKfAccountCharacters));
}

/// What queries and scenes of mini programs may hold (wechat-messages 22, 23); links also '%'.
inline bool has_only_url_characters(std::string_view text, bool percent) {
  static constexpr std::string_view kSigns = "!#$&'()*+,/:;=?@-._~";
  return std::all_of(text.begin(), text.end(), [percent](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (percent && c == '%') ||
           kSigns.find(c) != std::string_view::npos;
  });
}

inline constexpr std::string_view kVersions = "must be release, trial or develop";
inline bool is_version(std::string_view name) {
  return name.empty() || name == "release" || name == "trial" || name == "develop";
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

/// Line ends and the like, which the values of typed keys may not hold.
inline bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

}  // namespace wechat
KEFU_END_NAMESPACE
