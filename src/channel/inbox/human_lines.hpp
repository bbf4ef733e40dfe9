#pragma once

#include "channel/inbox/held_event.hpp"
#include "channel/inbox/staged_store.hpp"

#include <kefu/channel/message.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// An answer of ours that comes back as a line of an agent.
struct OwnLine {
  explicit OwnLine(std::int64_t at = 0, std::string w = {}) : said(at), words(std::move(w)) {}
  std::int64_t said;     ///< When it was begun, by our clock.
  std::string words;     ///< Without blanks; empty: it has none that could be known again, as a picture.
  bool goes_on = false;  ///< The line says more than these: a menu, a link.
  static OwnLine of(const Content& content, std::int64_t now);
};

/// Who wrote to a customer from our side, where the account's lines come in as events.
struct HumanRecord {
  std::int64_t spoke = 0;      ///< When a human did last, by the platform's clock.
  std::int64_t forgotten = 0;  ///< A line from before this may be an answer of ours that is not kept any more.
  std::vector<OwnLine> ours;   ///< Our last answers, oldest first.

  /// A line of an agent at this time of the platform that is none of our answers, nor a part of one. Where that cannot
  /// be told it is none of a human's: our later answers have followed it already.
  bool is_human(std::string_view line, std::int64_t at) const;
  void add_own(OwnLine line);
  std::string text() const;
  static std::optional<HumanRecord> parse(std::string_view text);
};

/// Remembers when a human wrote to the customer, if that is what the event says, so that no pending answer of a machine
/// comes after it.
Result<void> note_human(StagedStore& view, StagedStore::Draft& draft, const HeldEvent& held);
/// Remembers an answer of ours, as it comes back as an agent's line. `now`: in milliseconds.
Result<void> note_own(StagedStore& view, StagedStore::Draft& draft, const HeldEvent& held, const Content& said,
                      std::int64_t now);
/// Did a human write to the customer after this time of the platform?
Result<bool> human_spoke(StagedStore& view, const HeldEvent& held, std::int64_t asked);

}  // namespace detail
KEFU_END_NAMESPACE
