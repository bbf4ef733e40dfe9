#pragma once

#include "channel/inbox/event_steps.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Who drains an account's poller, and when it is due again. Times are milliseconds since 1970.
struct PollRecord {
  std::string session;     ///< Drains it now; empty: nobody.
  std::int64_t next = 0;   ///< Nobody need poll before...
  std::int64_t ended = 0;  ///< ...by a clock that was not set back since then.
  std::int64_t first = 0;  ///< When this account was first polled.
  bool woken = false;      ///< A wake came while it was drained.

  std::string text() const;
  static std::optional<PollRecord> parse(std::string_view text);
};

/// What a look at the right to poll gave.
struct PollRight {
  bool is_ours = false;
  bool again = false;  ///< At the end of a drain: a wake came, so it goes on.
  Millis wait{0};      ///< Not ours, and due only then; zero: another process is at it.
  std::int64_t first = 0;
};

/// Takes the right for one drain, where nobody has it and (unless `woken`) it is due.
Result<PollRight> take_poll_right(StagedStore& view, const std::string& session, const EventSteps& steps,
                                  const std::string& key, std::int64_t now, bool woken);
/// Gives it back; it is due again after `pause`. If a wake came meanwhile it is kept: `again`.
Result<PollRight> end_poll_right(StagedStore& view, const std::string& session, const std::string& key,
                                 std::int64_t now, Millis pause);

}  // namespace detail
KEFU_END_NAMESPACE
