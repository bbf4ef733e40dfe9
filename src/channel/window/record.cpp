#include "channel/window/record.hpp"

#include "core/async/time_range.hpp"

#include <algorithm>
#include <charconv>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr char kVersion = '1';

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number, 36).ptr);
  out += '.';
}

/// Takes the text up to the next dot off the front of `rest`.
std::string_view take_field(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view field = rest.substr(0, dot);
  rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  return field;
}

template <class Number>
bool take_number(std::string_view& rest, Number& number) {
  const std::string_view field = take_field(rest);
  const auto [end, fault] = std::from_chars(field.data(), field.data() + field.size(), number, 36);
  return fault == std::errc() && end == field.data() + field.size();
}

}  // namespace

std::string WindowRecord::text() const {
  std::string out;
  out.reserve(48 + trigger.size() + closed.size());
  out += kVersion;
  out += '.';
  append_number(out, left);
  append_number(out, closes);
  append_number(out, window);
  append_number(out, noted);
  const std::size_t start = out.size();
  out += trigger;
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '.', '_');
  out += '.';
  out += closed;
  return out;
}

std::optional<WindowRecord> WindowRecord::parse(std::string_view text) {
  if (text.size() < 2 || text[0] != kVersion || text[1] != '.') return std::nullopt;
  text.remove_prefix(2);
  WindowRecord record;
  if (!take_number(text, record.left) || !take_number(text, record.closes) || !take_number(text, record.window) ||
      !take_number(text, record.noted)) {
    return std::nullopt;
  }
  if (record.left < 0 || record.closes < 0 || record.closes > kLatestSecond || record.noted < 0) return std::nullopt;
  record.trigger = take_field(text);
  record.closed = text;
  return record;
}

std::string WindowRecord::obstacle(std::int64_t now) const {
  if (!closed.empty()) return closed;
  if (closes <= now) return "out of time";
  return left > 0 ? "" : "messages used up";
}

bool WindowRecord::apply(const ReplyRule& rule, std::int64_t at) {
  if (at < noted || (at == noted && trigger == rule.trigger)) return false;
  const bool was_open = open_at(at);
  const std::int64_t end = std::max<std::int64_t>(0, unix_seconds(later(from_unix_seconds(at), rule.window)));
  if (!was_open || left < rule.messages) {
    left = rule.messages;
    ++window;
    trigger = rule.trigger;
  } else if (end > closes) {
    trigger = rule.trigger;
  }
  closes = was_open ? std::max(closes, end) : end;
  noted = at;
  closed.clear();
  return true;
}

}  // namespace detail
KEFU_END_NAMESPACE
