#pragma once

#include "core/text/kept_members.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// What is stored under one name of a buyer ("pin:...", "open_id:...", "xid:..."): who is meant. Under the name that
/// was seen first, which is the customer's id, also all names that are known.
struct CustomerRecord {
  static constexpr std::size_t kMaxNames = 16;

  std::string id;       ///< The customer's; that of another record, where the two were joined.
  std::int64_t at = 0;  ///< Milliseconds: when it was seen first.
  std::int64_t written = 0;
  std::vector<std::string> names;
  detail::KeptMembers kept;

  /// True if a name was added; the oldest go when there are too many.
  bool add(std::string_view name);
  std::string text() const;
  /// Nothing for what is damaged.
  static std::optional<CustomerRecord> parse(std::string_view text);
};

}  // namespace jd
KEFU_END_NAMESPACE
