#include "core/text/json_writer.hpp"

#include "core/text/utf8.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// What stands behind the backslash: 0 for characters written as they are, 'u' for the six-character form.
constexpr std::array<char, 256> make_json_escapes() {
  std::array<char, 256> table{};
  for (unsigned c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}
constexpr std::array<char, 256> kJsonEscapes = make_json_escapes();

/// Eight bytes that are written as they are: no control character, quote or backslash among them.
bool are_plain(const char* bytes) noexcept {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kHighs = kEach << 7;
  std::uint64_t eight = 0;
  std::memcpy(&eight, bytes, sizeof eight);
  const auto any_zero = [](std::uint64_t each) { return (each - kEach) & ~each & kHighs; };
  const std::uint64_t controls = (eight - kEach * 0x20) & ~eight & kHighs;
  return (controls | any_zero(eight ^ kEach * '"') | any_zero(eight ^ kEach * '\\')) == 0;
}

/// Names and ids: nothing in them is to be escaped or checked.
bool is_plain_ascii(std::string_view text) noexcept {
  bool plain = true;
  for (const char c : text) plain &= c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  return plain;
}

void append_json_escaped(std::string& out, std::string_view text) {
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    while (i + 8 <= text.size() && are_plain(text.data() + i)) i += 8;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    const char escape = kJsonEscapes[c];
    if (escape == 0) continue;
    out.append(text.data() + written, i - written);
    written = i + 1;
    out.push_back('\\');
    out.push_back(escape);
    if (escape == 'u') {
      constexpr char kDigits[] = "0123456789abcdef";
      out.append("00").append(1, kDigits[c >> 4]).append(1, kDigits[c & 15]);
    }
  }
  out.append(text.data() + written, text.size() - written);
}

template <class Number>
void append_json_number(std::string& out, Number number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

void JsonWriter::separate() {
  if (need_comma_) out_.push_back(',');
  need_comma_ = true;
}

void JsonWriter::quote(std::string_view text) {
  constexpr std::size_t kShort = 64;
  out_.push_back('"');
  if (text.size() <= kShort && is_plain_ascii(text)) {
    out_.append(text);
  } else if (is_utf8(text)) {
    append_json_escaped(out_, text);
  } else {
    std::string repaired;
    append_repaired(repaired, text);
    append_json_escaped(out_, repaired);
  }
  out_.push_back('"');
}

void JsonWriter::open(char bracket) {
  separate();
  out_.push_back(bracket);
  need_comma_ = false;
  ++depth_;
}

void JsonWriter::close(char bracket) {
  assert(depth_ > 0 && "one end too many");
  out_.push_back(bracket);
  need_comma_ = true;
  --depth_;
}

JsonWriter& JsonWriter::begin_object() { return open('{'), *this; }
JsonWriter& JsonWriter::end_object() { return close('}'), *this; }
JsonWriter& JsonWriter::begin_array() { return open('['), *this; }
JsonWriter& JsonWriter::end_array() { return close(']'), *this; }

JsonWriter& JsonWriter::key(std::string_view name) {
  assert(depth_ > 0 && "a key outside an object");
  separate();
  quote(name);
  out_.push_back(':');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  quote(text);
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t number) {
  separate();
  append_json_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::unsigned_integer(std::uint64_t number) {
  separate();
  append_json_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::real(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_json_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

}  // namespace detail
KEFU_END_NAMESPACE
