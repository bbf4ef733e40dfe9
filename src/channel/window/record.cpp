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

/// Appends text whose dots, if it has any, must not be taken for ends of fields.
void append_word(std::string& out, std::string_view word) {
  const auto start = static_cast<std::ptrdiff_t>(out.size());
  out += word;
  std::replace(out.begin() + start, out.end(), '.', '_');
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

void WindowRecord::write(std::string& out) const {
  if (out.empty()) out.reserve(48 + trigger.size() + closed.size());  // else it has had a record's room before
  out.clear();
  out += kVersion;
  out += '.';
  append_number(out, left);
  append_number(out, closes);
  append_number(out, window);
  append_number(out, noted);
  append_word(out, trigger);
  out += '.';
  append_word(out, closed);
  out.append(1, '.').append(mark);
  if (!more.empty()) out.append(1, '.').append(more);
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
  record.closed = take_field(text);
  record.mark = take_field(text);
  record.more = text;
  return record;
}

void WindowRecord::set_mark(std::uint32_t number) {
  mark.clear();
  append_number(mark, number);
  mark.pop_back();  // the dot
}

std::string WindowRecord::obstacle(std::int64_t now) const {
  if (!closed.empty()) return closed;
  if (closes <= now) return "out of time";
  return left > 0 ? "" : "messages used up";
}

bool WindowRecord::apply(const ReplyRule& rule, std::int64_t at) {
  if (at == noted && trigger == rule.trigger) return false;
  const bool was_open = open_at(at);
  const std::int64_t end = std::max<std::int64_t>(0, unix_seconds(later(from_unix_seconds(at), rule.window)));
  // One that comes late behind a smaller one: had it been noted, the window would last as long as it says.
  if (at < noted && (!closed.empty() || end <= closes)) return false;
  // Less than what may be left: it does not tell how the window stands, and must not end it sooner.
  if (in_doubt() && closes > at && (end < closes || rule.messages < left)) return noted = at, true;
  if (!was_open || left < rule.messages) {
    left = rule.messages;
    ++window;
    trigger = rule.trigger;
  } else if (end > closes) {
    trigger = rule.trigger;
  }
  closes = was_open ? std::max(closes, end) : end;
  noted = std::max(noted, at);
  closed.clear();
  return true;
}

}  // namespace detail
KEFU_END_NAMESPACE
