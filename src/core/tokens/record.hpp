#pragma once

#include "core/text/kept_members.hpp"

#include <kefu/core/secret.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A token as the store keeps it (C4.1): JSON with times in milliseconds since 1970.
struct TokenRecord {
  Secret value;
  std::uint64_t generation = 0;
  WallTime issued{};
  WallTime expires{};
  KeptMembers kept;

  Millis life() const { return std::chrono::duration_cast<Millis>(expires - issued); }
  /// Holds the token: wipe it after use.
  std::string json() const;
  /// Nothing if the text is no record, or one that must not be used (empty token, no life).
  static std::optional<TokenRecord> read(std::string_view text);
};

/// How many forced refreshes were made; kept in the store, as all processes share the platform's budget.
struct ForceBudget {
  std::int64_t day = 0;  ///< Days since 1970 in the platform's zone (UTC+8).
  int spent = 0;         ///< On that day.
  WallTime last{};
  KeptMembers kept;

  std::string json() const;
  static ForceBudget read(std::string_view text);
  static std::int64_t day_of(WallTime now);
};

}  // namespace detail
KEFU_END_NAMESPACE
