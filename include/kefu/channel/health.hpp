#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// How reading one of an account's streams (chats, ratings, after-sale orders) stands, as this process knows it.
struct StreamHealth {
  explicit StreamHealth(std::string n = {}) : name(std::move(n)) {}
  std::string name;
  /// Everything from here on was read or is being read; empty before the first read.
  std::optional<WallTime> reading_since;
  /// How far what was read lies behind now; empty before the first read. A platform that is polled is always behind
  /// by a round.
  std::optional<Millis> behind_by;
  /// Why nothing more is read; empty while it is. The stream stands where it stood and goes on by itself once the cause
  /// is gone.
  std::string stopped_because;
  /// Entries of which only the ids could be read: they came as PlatformEvent, with the platform's text.
  std::uint64_t unreadable = 0;
  /// Parts that the platform would not show and that are asked for again (one customer's log).
  std::uint64_t set_aside = 0;
  /// What the host passed over on purpose.
  std::uint64_t skipped = 0;
};

/// How reading from an account stands. Empty for an account that reads nothing by itself.
struct AccountHealth {
  AccountHealth() {}
  /// The earliest, the largest and the first that is not empty of its streams'.
  std::optional<WallTime> reading_since;
  std::optional<Millis> behind_by;
  std::string stopped_because;
  std::vector<StreamHealth> streams;
  /// What the host should know though everything works: an assumed limit, chats that are not polled.
  std::vector<std::string> notes;

  /// Takes a stream up, and what it says of the account.
  KEFU_EXPORT void add(StreamHealth stream);
};

KEFU_END_NAMESPACE
