#pragma once

#include <kefu/core/export.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Where a list goes on, as the text that a host keeps between two pages: numbers from 0, and perhaps one last word,
/// with dots between ("1464710400.20165258.17.0f1e2d3c4b5a6978"). `word` holds no dot.
KEFU_EXPORT std::string page_token(std::initializer_list<std::int64_t> numbers);
KEFU_EXPORT std::string page_token(std::initializer_list<std::int64_t> numbers, std::string_view word);

/// Reads such text back. False if it holds other numbers than so many, or anything else: hosts keep it where others
/// may change it, so what it says must still be checked.
KEFU_EXPORT bool read_page_token(std::string_view text, std::initializer_list<std::int64_t*> numbers);
KEFU_EXPORT bool read_page_token(std::string_view text, std::initializer_list<std::int64_t*> numbers,
                                 std::string_view& word);

}  // namespace detail
KEFU_END_NAMESPACE
