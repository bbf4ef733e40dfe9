#pragma once

#include <kefu/channel/webhook.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

// What the Inbox keeps in the store, as compact JSON with a version. Times are milliseconds since 1970.

/// One accepted event: what came, and how far it got.
struct EventRecord {
  enum class State : unsigned char {
    work,     ///< Waits for the handler or is with it.
    ready,    ///< Answered; a request that waits at another process may take the answer along, until `claim_until`.
    sending,  ///< The answer is on its way as a customer message; found so after a crash, nobody knows whether it went.
    done,     ///< Over. `answer` is set if it left with a request: a repeat gets it again.
    dead,     ///< Over: among the dead letters.
  };
  State state = State::work;
  std::int64_t received = 0;
  std::int64_t claim_until = 0;  ///< Until then the first request waits for its answer...
  std::string accepted_by;       ///< ...at this owner.
  int tries = 0;                 ///< How often it was given to the handler.
  int sends = 0;                 ///< How often sending the answer was tried.
  std::string why;               ///< The last failure.
  std::optional<PassiveReply> answer;
  std::string raw;  ///< Empty once it is over.

  bool over() const { return state == State::done || state == State::dead; }
  std::string text() const;
  static std::optional<EventRecord> parse(std::string_view text);
};

/// The unfinished events of one customer, oldest first, and who works on them.
struct LaneRecord {
  std::string owner;
  std::int64_t until = 0;  ///< Afterwards another owner may take over.
  std::vector<std::string> events;

  std::string text() const;
  static std::optional<LaneRecord> parse(std::string_view text);
};

/// An event whose handling failed for good.
struct DeadRecord {
  std::int64_t received = 0;
  int tries = 0;
  std::string why;
  std::string raw;

  std::string text() const;
  static std::optional<DeadRecord> parse(std::string_view text);
};

}  // namespace detail
KEFU_END_NAMESPACE
