#pragma once

#include <kefu/core/export.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Whether it is a value that documentation and samples leave for the reader to fill in (TOK-8): one of `known`,
/// without regard to case, '_' and '-', or nothing but x and *.
inline bool is_sample_value(std::string_view value, std::initializer_list<std::string_view> known) {
  if (value.find_first_not_of("xX*") == std::string_view::npos) return true;
  std::string plain;
  for (const char c : value)
    if (c != '_' && c != '-') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(known.begin(), known.end(), plain) != known.end();
}

}  // namespace detail
KEFU_END_NAMESPACE
