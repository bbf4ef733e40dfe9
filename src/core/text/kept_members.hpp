#pragma once

#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <kefu/core/export.hpp>
#include <kefu/core/time.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The members of a stored record that this version does not know. They are written again with it: the next version
/// works beside this one on the same store, and what it put there must not be lost.
class KEFU_EXPORT KeptMembers {
 public:
  KeptMembers() = default;
  /// All members of `record` but the known ones.
  KeptMembers(Value record, std::initializer_list<std::string_view> known);
  /// Into the object that is open.
  void write(JsonWriter& json) const;

 private:
  std::vector<std::pair<std::string, std::string>> members_;  ///< Names and JSON texts.
};

/// True if this version reads records that say they are of `version`: its own, those before, and the next one's.
inline bool reads_version(Value version, int own) {
  const auto number = version.integer();
  return number && *number >= 1 && *number <= own + 1;
}

/// A moment of a stored record, in milliseconds; what is missing, no number or before 1970 is its beginning.
inline WallTime stored_time(Value value) {
  return from_unix_millis(std::max<std::int64_t>(value.integer().value_or(0), 0));
}

}  // namespace detail
KEFU_END_NAMESPACE
