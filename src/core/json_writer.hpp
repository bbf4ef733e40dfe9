#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kefu/core/export.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Writes JSON into a string: raw UTF-8, no `\u` for what is not a control character, no "\/" (ENC-4). Invalid UTF-8 in
/// values is replaced with U+FFFD. Nesting must be balanced by the caller (checked in debug builds).
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& integer(std::int64_t number);
  JsonWriter& unsigned_integer(std::uint64_t number);
  JsonWriter& real(double number);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json);

 private:
  void separate();
  std::string& out_;
  bool need_comma_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
