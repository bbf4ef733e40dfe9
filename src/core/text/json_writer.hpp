#pragma once

#include <kefu/core/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Appends JSON to a string: raw UTF-8, no `\u` for what is not a control character, no "\/" (ENC-4). Invalid UTF-8 in
/// keys and values is replaced with U+FFFD. Nesting must be balanced by the caller (checked in debug builds).
/// Thread safety: one thread at a time.
class KEFU_EXPORT JsonWriter {
 public:
  /// `out` outlives the writer; what it holds stays.
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& integer(std::int64_t number);
  JsonWriter& unsigned_integer(std::uint64_t number);
  /// The shortest text that reads back as the same number; `null` for what JSON cannot say (infinity, not a number).
  JsonWriter& real(double number);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json);

 private:
  void separate();
  void quote(std::string_view text);
  void open(char bracket);
  void close(char bracket);
  std::string& out_;
  int depth_ = 0;
  bool need_comma_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
