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
  std::int64_t read = 0;   ///< When everything there was had last been read.
  bool woken = false;      ///< A wake came while it was drained, and has not been followed yet...
  std::string token;       ///< ...with this.

  std::string text() const;
  static std::optional<PollRecord> parse(std::string_view text);
};

/// What a look at the right to poll gave.
struct PollRight {
  bool is_ours = false;
  bool again = false;  ///< At the end of a drain: a wake came, so it goes on.
  Millis wait{0};      ///< Not ours, and due only then; zero: another process is at it.
  std::int64_t first = 0;
  std::int64_t read = 0;
  std::string token;  ///< Of the wake that is to be followed.
};

/// Why a drain ends.
enum class DrainEnd : unsigned char {
  done,    ///< Everything was read.
  failed,  ///< It was not, or there is no room for more: a wake that came meanwhile stands for whoever polls next.
  left,    ///< Nobody polls here any more: others are told.
};

/// Takes the right for one drain, where nobody has it and it is due, or a wake is to be followed: `wake` is the token
/// of one that came here. Where another process drains, that one is left for it.
Result<PollRight> take_poll_right(StagedStore& view, const std::string& session, const EventSteps& steps,
                                  const std::string& key, std::int64_t now, const std::optional<std::string>& wake);
/// Gives it back; it is due again after `pause`. If all is `done` but a wake came meanwhile it is kept: `again`.
Result<PollRight> end_poll_right(StagedStore& view, const std::string& session, const EventSteps& steps,
                                 const std::string& key, std::int64_t now, Millis pause, DrainEnd end);

}  // namespace detail
KEFU_END_NAMESPACE
