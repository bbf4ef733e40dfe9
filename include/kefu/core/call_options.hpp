#pragma once

#include <kefu/core/cancel.hpp>
#include <kefu/core/time.hpp>

#include <optional>

KEFU_BEGIN_NAMESPACE

/// What a caller may say about one call.
struct CallOptions {
  CallOptions() {}
  /// Time for the whole call: waiting for a token, repeats and pauses included. Absent: the operation's own default
  /// (see its row). Zero or less is refused with `timeout`. At most 1 hour.
  std::optional<Millis> timeout;
  /// Ends the call early; see CancelSource. Cancelling the Pending does the same.
  CancelToken cancel;
};

KEFU_END_NAMESPACE
