#include "core/text/page_token.hpp"

#include <charconv>
#include <system_error>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// Takes a number, and the dot behind it, off the front of `rest`.
bool take_token_number(std::string_view& rest, std::int64_t& number) {
  const auto [end, fault] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (fault != std::errc() || number < 0 || rest.front() == '-') return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (rest.empty() || rest.front() != '.') return false;
  rest.remove_prefix(1);
  return true;
}

}  // namespace

std::string page_token(std::initializer_list<std::int64_t> numbers) {
  std::string text = page_token(numbers, {});
  text.pop_back();
  return text;
}

std::string page_token(std::initializer_list<std::int64_t> numbers, std::string_view word) {
  std::string text;
  for (const std::int64_t number : numbers) text.append(std::to_string(number)).push_back('.');
  return text.append(word);
}

bool read_page_token(std::string_view text, std::initializer_list<std::int64_t*> numbers) {
  // The last number has no dot behind it: as if it had one and an empty word.
  std::string whole(text.substr(0, 21 * numbers.size()));
  if (whole.size() != text.size()) return false;
  std::string_view word;
  return read_page_token(whole += '.', numbers, word) && word.empty();
}

bool read_page_token(std::string_view text, std::initializer_list<std::int64_t*> numbers, std::string_view& word) {
  for (std::int64_t* const number : numbers)
    if (!take_token_number(text, *number)) return false;
  word = text;
  return true;
}

}  // namespace detail
KEFU_END_NAMESPACE
