#include "core/text/document.hpp"

#include "core/text/wipe.hpp"

#include <climits>

#include <algorithm>
#include <charconv>
#include <cmath>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

std::string_view without_blanks(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::optional<std::int64_t> Value::integer() const noexcept {
  std::string_view number = without_blanks(text());
  const std::size_t point = number.find('.');
  if (point != std::string_view::npos && point + 1 < number.size() &&
      number.find_first_not_of('0', point + 1) == std::string_view::npos) {
    number = number.substr(0, point);
  }
  std::int64_t whole = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, fault] = std::from_chars(number.data(), end, whole);
  if (fault == std::errc() && stop == end) return whole;
  if (fault == std::errc::result_out_of_range || number.find_first_of("eE") == std::string_view::npos) {
    return std::nullopt;
  }
  // "1.7e9": some senders print large numbers this way. Beyond 2^53 the digits would be guesses.
  const auto approximate = real();
  if (!approximate || std::abs(*approximate) > 9007199254740992.0 || std::trunc(*approximate) != *approximate) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*approximate);
}

int Value::small_integer() const noexcept {
  return static_cast<int>(std::clamp<std::int64_t>(integer().value_or(0), INT_MIN, INT_MAX));
}

std::optional<double> Value::real() const noexcept {
  const std::string_view number = without_blanks(text());
  double result = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, fault] = std::from_chars(number.data(), end, result);
  if (fault != std::errc() || stop != end || !std::isfinite(result)) return std::nullopt;
  return result;
}

std::optional<bool> Value::boolean() const noexcept {
  const std::string_view word = without_blanks(text());
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  return std::nullopt;
}

Value Value::operator[](std::string_view name) const noexcept {
  if (kind() != Kind::object) return {};
  const Node* const end = node_ + node_->span;
  for (const Node* member = node_ + 1; member != end; member += member->span) {
    // Names of one length are common, of one length and beginning rare: that saves most calls of memcmp.
    if (member->name_size != name.size() || (!name.empty() && *member->name != name.front())) continue;
    if (std::string_view(member->name, member->name_size) == name) return Value(member);
  }
  return {};
}

std::vector<Value> Value::items() const {
  std::vector<Value> result;
  if (kind() == Kind::array) {
    result.reserve(size());
    for (const Member& element : *this) result.push_back(element.value);
  } else if (present()) {
    result.push_back(*this);
  }
  return result;
}

std::vector<Value> Value::all(std::string_view name) const {
  std::vector<Value> result;
  if (kind() != Kind::object) return result;
  for (const Member& member : *this) {
    if (member.name != name) continue;
    if (member.value.kind() == Kind::array) {
      for (const Member& element : member.value) result.push_back(element.value);
    } else if (member.value.present()) {
      result.push_back(member.value);
    }
  }
  return result;
}

std::string_view to_string(ReadFault fault) noexcept {
  switch (fault) {
    case ReadFault::none:
      return "is readable";
    case ReadFault::empty:
      return "is empty";
    case ReadFault::html:
      return "is an HTML page";
    case ReadFault::not_an_object:
      return "is not a JSON object";
    case ReadFault::malformed:
      return "is malformed";
    case ReadFault::too_large:
      return "is too large or has too many values";
    case ReadFault::too_deep:
      return "is nested too deeply";
    case ReadFault::forbidden:
      return "has a document type declaration, which is not read";
  }
  return "is malformed";
}

void Document::keep(std::string_view text) {
  // A short string would live inside the object and move with it.
  constexpr std::size_t kSurelyOnHeap = 64;
  forget();
  text_.reserve(text.size() < kSurelyOnHeap ? kSurelyOnHeap : text.size());
  text_.assign(text.data(), text.size());
}

void Document::forget() noexcept { wipe(text_.data(), text_.size()); }

Document Document::failed(ReadFault fault) {
  Document document;
  document.fault_ = fault;
  return document;
}

}  // namespace detail
KEFU_END_NAMESPACE
