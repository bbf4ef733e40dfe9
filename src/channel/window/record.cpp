#include "channel/window/record.hpp"

#include "core/async/time_range.hpp"

#include <algorithm>
#include <limits>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr char kVersion = '2';
constexpr std::size_t kHeadSize = 1 + 4 + 4 + 8 + 8 + 8;  // the version and the numbers

/// Numbers as bytes, the lowest first, whatever machine writes them.
template <class Number>
void append_number(std::string& out, Number number) {
  const auto bits = static_cast<std::uint64_t>(number);
  char bytes[sizeof number];
  for (std::size_t i = 0; i < sizeof number; ++i) bytes[i] = static_cast<char>(bits >> (8 * i));
  out.append(bytes, sizeof bytes);
}

template <class Number>
void take_number(std::string_view& rest, Number& number) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof number; ++i)
    bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest[i])) << (8 * i);
  number = static_cast<Number>(bits);
  rest.remove_prefix(sizeof number);
}

using WordSize = std::uint16_t;

void append_word(std::string& out, std::string_view word) {
  const auto size = static_cast<WordSize>(std::min<std::size_t>(word.size(), std::numeric_limits<WordSize>::max()));
  append_number(out, size);
  out += word.substr(0, size);
}

bool take_word(std::string_view& rest, std::string& word) {
  WordSize size = 0;
  if (rest.size() < sizeof size) return false;
  take_number(rest, size);
  if (rest.size() < size) return false;
  word = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

}  // namespace

void WindowRecord::write(std::string& out) const {
  out.clear();
  out.reserve(kHeadSize + 2 * sizeof(WordSize) + trigger.size() + closed.size() + more.size());
  out += kVersion;
  append_number(out, left);
  append_number(out, mark);
  append_number(out, closes);
  append_number(out, window);
  append_number(out, noted);
  append_word(out, unclear ? trigger + '?' : trigger);
  append_word(out, closed);
  out += more;
}

std::optional<WindowRecord> WindowRecord::parse(std::string_view text) {
  if (text.size() < kHeadSize || text[0] != kVersion) return std::nullopt;
  text.remove_prefix(1);
  std::optional<WindowRecord> read(std::in_place);
  WindowRecord& record = *read;
  take_number(text, record.left);
  take_number(text, record.mark);
  take_number(text, record.closes);
  take_number(text, record.window);
  take_number(text, record.noted);
  if (record.left < 0 || record.closes < 0 || record.closes > kLatestSecond || record.noted < 0) return std::nullopt;
  if (!take_word(text, record.trigger) || !take_word(text, record.closed)) return std::nullopt;
  record.unclear = !record.trigger.empty() && record.trigger.back() == '?';
  if (record.unclear) record.trigger.pop_back();
  record.more = text;
  return read;
}

std::string WindowRecord::obstacle(std::int64_t now) const {
  if (!closed.empty()) return closed;
  if (closes <= now) return "out of time";
  return left > 0 ? "" : "messages used up";
}

bool WindowRecord::apply(const ReplyRule& rule, std::int64_t at) {
  if (rule.messages == 0) {  // nobody knows what it gives
    if (unclear || at < noted) return false;
    noted = at;
    return unclear = true;
  }
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
  unclear = false;
  return true;
}

}  // namespace detail
KEFU_END_NAMESPACE
