#pragma once

#include "channel/inbox/outbox_rules.hpp"

#include <kefu/channel/webhook.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/trace.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

// What the Inbox keeps in the store, as compact JSON with a version. Times are milliseconds since 1970.

/// How far an event got.
struct EventProgress {
  enum class State : unsigned char {
    work,      ///< Waits for the handler or is with it.
    answered,  ///< The handler is done; `delivery` says how far its answer is.
    done,      ///< Over. `answer` is set if it left with a request: a repeat gets it again.
    dead,      ///< Over: among the dead letters.
  };
  State state = State::work;
  int tries = 0;    ///< How often it was given to the handler.
  std::string why;  ///< The last failure.
  std::optional<PassiveReply> answer;
  AnswerOptions how;  ///< The answer is said.
  std::optional<OutboxRecord> delivery;

  bool over() const { return state == State::done || state == State::dead; }
  /// A request's answer has no place for an agent's name or the mark of AI.
  bool needs_message() const { return !how.speaker.agent.empty() || how.speaker.ai_generated; }
};

/// One accepted event: what came, and how far it got.
struct EventRecord : EventProgress {
  std::int64_t received = 0;
  std::int64_t asked = 0;        ///< By the platform's clock.
  std::int64_t claim_until = 0;  ///< Until then the first request waits for its answer...
  std::string accepted_by;       ///< ...at this session.
  /// A request was acknowledged without the answer, so none may carry it any more: the platform may have given up those
  /// that still wait. Who noted it changed a record that another may hold in hand: of which generation it was; 0: that
  /// one has written it again since.
  std::optional<std::uint64_t> acknowledged;
  bool is_history = false;  ///< Older than what this account's first start answers.
  std::string trace;        ///< The trace parent of the push, as W3C text.
  std::string raw;          ///< Not kept once it is over.

  /// What is added to a record must find room in the store's largest value: so much is left when an event comes in, a
  /// part of it when it is answered.
  static constexpr std::size_t kLongestWhy = 2'000;
  static constexpr std::size_t kLargestFresh = Store::kMaxValueSize - 32'768;
  static constexpr std::size_t kLargestAnswered = Store::kMaxValueSize - 16'384;

  std::string text() const;
  void write(std::string& out) const { write(out, *this); }
  /// As it is with another progress.
  void write(std::string& out, const EventProgress& progress) const;
  static std::optional<EventRecord> parse(std::string_view text);
};

/// A record as it was last read or written.
struct StoredEvent {
  EventRecord record;
  std::uint64_t generation = 0;
  bool is_unread = false;  ///< It cannot be read.
};

/// The unfinished events of one customer, oldest first, and the session that works on them.
struct LaneRecord {
  std::string owner;
  std::vector<std::string> events;

  void write(std::string& out) const;
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
