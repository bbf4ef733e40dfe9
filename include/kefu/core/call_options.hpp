#pragma once

#include <kefu/core/cancel.hpp>
#include <kefu/core/time.hpp>
#include <kefu/core/trace.hpp>

#include <chrono>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE

/// How often and how soon a call is repeated after a passing failure; pauses double and are spread by a fifth. Whatever
/// it says, an operation that creates something (Effect::create) is never repeated on doubt, and a refused credential
/// is renewed once.
struct RetryPolicy {
  explicit RetryPolicy(int most_repeats = 3, Millis pause = std::chrono::seconds(1))
      : repeats(most_repeats), first_pause(pause) {}
  static RetryPolicy never() { return RetryPolicy(0); }
  int repeats;         ///< 0 to 10; the first request is not counted.
  Millis first_pause;  ///< 0 to 1 hour. A platform that asks for a longer pause gets it.
};

/// What a caller may say about one call.
struct CallOptions {
  CallOptions() {}
  /// `CallOptions(std::chrono::seconds(5))`
  explicit CallOptions(Millis whole_call) : timeout(whole_call) {}
  explicit CallOptions(CancelToken token) : cancel(std::move(token)) {}
  /// Time for the whole call: waiting for a token, repeats and pauses included. Absent: the operation's own default
  /// (see its row). Zero or less is refused with `timeout`. At most 1 hour.
  std::optional<Millis> timeout;
  /// Ends the call early; see CancelSource. Cancelling the Pending does the same.
  CancelToken cancel;
  /// Absent: the account's own, three repeats. Out of range: `bad_argument`.
  std::optional<RetryPolicy> retry;
  /// The host's span that the call is part of; see SpanRecord.
  TraceParent trace;
};

KEFU_END_NAMESPACE
