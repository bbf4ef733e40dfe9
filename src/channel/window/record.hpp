#pragma once

#include <kefu/channel/reply_window.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What the store holds of one customer's reply window. Times in seconds since 1970.
struct WindowRecord {
  /// In `closed`: the platform answered what no table knows, so only it knows how this window stands.
  static constexpr std::string_view kInDoubt = "?";

  std::int32_t left = 0;
  std::int64_t closes = 0;
  std::uint64_t window = 0;  ///< Grows whenever a contact gives new messages.
  std::int64_t noted = 0;    ///< Time of the latest contact.
  std::uint32_t mark = 0;  ///< Of whoever last took messages or gave some back: two who do the same write other texts.
  std::string trigger;
  std::string closed;  ///< Why it was closed before its end; empty: it was not.
  /// Since the last contact that gave something, one came of which nobody knows what it gives.
  bool unclear = false;
  std::string more;  ///< What a later version wrote behind that: kept.

  /// Writes over what is in `out`: version, left, mark, closes, window, noted, each of a fixed size, since every send
  /// reads and writes them; trigger (with a '?' behind it if unclear) and closed, each behind its size.
  void write(std::string& out) const;
  /// Nothing for what this version cannot read: the customer then counts as unknown.
  static std::optional<WindowRecord> parse(std::string_view text);

  bool in_doubt() const { return closed == kInDoubt; }
  /// Only the platform knows whether something can be sent: it is asked, never refused on our word.
  bool platform_knows(std::int64_t now) const { return in_doubt() || (unclear && !obstacle(now).empty()); }
  bool open_at(std::int64_t now) const { return closed.empty() && closes > now; }
  /// Why nothing can be sent at `now`; empty if something can.
  std::string obstacle(std::int64_t now) const;

  /// Applies a contact at `at`. False: it was noted, or is older than the latest and promises nothing more; nothing
  /// changed.
  bool apply(const ReplyRule& rule, std::int64_t at);
};

}  // namespace detail
KEFU_END_NAMESPACE
