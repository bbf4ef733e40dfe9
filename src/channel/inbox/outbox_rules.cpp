#include "channel/inbox/outbox_rules.hpp"

#include "core/async/enum_name.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <array>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

using State = OutboxRecord::State;
using What = OutboxOutcome::What;

constexpr std::array<std::string_view, 7> kOutboxStates{"ready",   "claimed", "sending",   "sent",
                                                        "refused", "unknown", "suppressed"};
/// The platform repeats a push for about so long; after that nobody comes for an answer whose carrier died.
constexpr std::int64_t kClaimGrace = 20'000;
/// A repeat needs at least so much of the platform's memory to be through in time.
constexpr std::int64_t kRepeatTime = 5'000;
constexpr std::int64_t kLook = 200;
constexpr std::int64_t kRareLook = 2'000;
constexpr std::string_view kCarrierDied = "the process that answered the platform's request with it ended meanwhile";
constexpr Millis kLongestRetryAfter{3'600'000};
constexpr std::size_t kLongestWhy = 2'000;

bool may_work_later(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::rate_limited:
    case ErrorKind::unavailable:
    case ErrorKind::network:
    case ErrorKind::timeout:
    case ErrorKind::cancelled:
      return true;
    default:
      return false;
  }
}

bool went_back(const OutboxView& view) { return view.now + kClocksDiffer < view.record.since; }

OutboxRecord ended(OutboxRecord record, State state, std::string_view why) {
  record.state = state;
  record.not_before = 0;
  record.why = why;
  return record;
}

OutboxRecord suppressed(const OutboxRecord& record) {
  return ended(record, State::suppressed, "a human wrote to the customer after the question");
}

}  // namespace

std::string_view to_string(OutboxRecord::State state) noexcept { return name_in(kOutboxStates, state); }

void OutboxRecord::write(JsonWriter& json) const {
  json.begin_object().key("s").string(kOutboxStates[static_cast<std::size_t>(state)]);
  json.key("carry").boolean(by_request).key("doubt").boolean(in_doubt).key("n").integer(attempts);
  json.key("by").string(session).key("req").string(request).key("at").integer(since);
  json.key("next").integer(not_before).key("until").integer(repeat_until);
  json.key("parts").integer(static_cast<std::int64_t>(parts)).key("why").string(why).end_object();
}

std::optional<OutboxRecord> OutboxRecord::read(Value value) {
  const auto name = std::find(kOutboxStates.begin(), kOutboxStates.end(), value["s"].text());
  if (name == kOutboxStates.end()) return std::nullopt;
  OutboxRecord record;
  record.state = static_cast<State>(name - kOutboxStates.begin());
  record.by_request = value["carry"].boolean().value_or(false);
  record.in_doubt = value["doubt"].boolean().value_or(false);
  record.attempts = std::max(0, value["n"].small_integer());
  record.session = value["by"].text();
  record.request = value["req"].text();
  record.since = value["at"].integer().value_or(0);
  record.not_before = value["next"].integer().value_or(0);
  record.repeat_until = value["until"].integer().value_or(0);
  record.parts = static_cast<std::size_t>(std::max<std::int64_t>(0, value["parts"].integer().value_or(0)));
  record.why = value["why"].text();
  return record;
}

OutboxOutcome::OutboxOutcome(const Result<Receipt>& result, Millis least) : what(What::sent) {
  if (result) return;
  const Error& error = result.error();
  parts = error.details().parts_delivered;
  pause = std::max(least, std::min(error.details().retry_after.value_or(Millis(0)), kLongestRetryAfter));
  why = utf8_cut(error.to_string(), kLongestWhy);
  what = error.delivery() == Delivery::unknown ? What::unknown
         : may_work_later(error.kind())        ? What::later
                                               : What::refused;
}

std::optional<OutboxRecord> OutboxRules::claim(const OutboxView& view, std::string_view request) const {
  const OutboxRecord& old = view.record;
  const bool is_ready = old.state == State::ready && old.by_request;
  const bool is_left = old.state == State::claimed && view.holder_over && view.now < old.since + kClaimGrace;
  if (is_ready && view.human_spoke) return suppressed(old);
  if (!is_ready && (!is_left || view.human_spoke)) return std::nullopt;
  OutboxRecord record = old;
  record.state = State::claimed;
  record.session = view.session;
  record.request = request;
  if (is_left) {
    record.in_doubt = true;
  } else {
    record.since = view.now;
  }
  return record;
}

std::optional<OutboxRecord> OutboxRules::carried(const OutboxView& view, std::string_view request) const {
  const OutboxRecord& old = view.record;
  if (old.state != State::claimed || !view.is_ours() || old.request != request) return std::nullopt;
  return ended(old, State::sent, {});
}

std::optional<OutboxRecord> OutboxRules::unclaim(const OutboxView& view, std::string_view request) const {
  const OutboxRecord& old = view.record;
  if (old.state != State::claimed || !view.is_ours() || old.request != request) return std::nullopt;
  // The first carrier may have delivered it before it died.
  if (old.in_doubt) return ended(old, State::unknown, kCarrierDied);
  OutboxRecord record = old;
  record.state = State::ready;
  record.request.clear();
  record.not_before = 0;
  return record;
}

/// A clock that went back says nothing about what the platform still remembers.
bool OutboxRules::may_repeat(const OutboxRecord& record, std::int64_t when) const {
  return record.attempts < tries_ && when >= record.since && when + kRepeatTime <= record.repeat_until;
}

std::optional<OutboxRecord> OutboxRules::begin(const OutboxView& view, Millis key_memory) const {
  const OutboxRecord& old = view.record;
  OutboxRecord record = old;
  if (old.state == State::ready) {
    if (view.human_spoke) return suppressed(old);
    if (view.now < old.not_before && !went_back(view)) return std::nullopt;
    if (old.attempts == 0) {
      record.since = view.now;
      record.repeat_until = key_memory > Millis(0) ? view.now + key_memory.count() : 0;
    }
  } else {
    const bool waits = view.is_ours() && old.not_before != 0 && view.now >= old.not_before;
    if (old.state != State::sending || (!waits && !view.holder_over)) return std::nullopt;
    if (view.human_spoke || !may_repeat(old, view.now)) return std::nullopt;
    record.in_doubt = true;
  }
  record.state = State::sending;
  ++record.attempts;
  record.session = view.session;
  record.not_before = 0;
  return record;
}

std::optional<OutboxRecord> OutboxRules::settle(const OutboxView& view, int attempt,
                                                const OutboxOutcome& outcome) const {
  const OutboxRecord& old = view.record;
  if (!view.is_ours() || old.attempts != attempt) return std::nullopt;
  if (outcome.what == What::sent && (old.state == State::sending || old.state == State::unknown)) {
    return ended(old, State::sent, {});
  }
  // With a time to repeat the attempt was settled already.
  if (old.state != State::sending || old.not_before != 0 || outcome.what == What::sent) return std::nullopt;
  OutboxRecord record = old;
  record.parts = outcome.parts;
  record.why = outcome.why;
  const bool reached = old.in_doubt || outcome.what == What::unknown;
  if (outcome.what == What::not_begun) --record.attempts;
  record.not_before = view.now + std::max<std::int64_t>(outcome.pause.count(), 1);
  if (!reached && outcome.parts == 0) {
    if (outcome.what == What::refused || record.attempts >= tries_) return ended(record, State::refused, outcome.why);
    record.state = State::ready;
    if (went_back(view)) {
      record.since = view.now;
      record.repeat_until = 0;
    }
    return record;
  }
  // Something of it may have arrived: only the platform's memory of its key keeps a repeat from showing it twice.
  if (outcome.what != What::refused && may_repeat(record, record.not_before)) return record;
  if (reached) return ended(record, State::unknown, outcome.why);
  return ended(record, State::refused, "sent in part: " + outcome.why);
}

std::optional<OutboxRecord> OutboxRules::expire(const OutboxView& view) const {
  const OutboxRecord& old = view.record;
  switch (old.state) {
    case State::ready:
      return view.human_spoke ? std::optional<OutboxRecord>(suppressed(old)) : std::nullopt;
    case State::claimed:
      if (!view.holder_over || (view.now < old.since + kClaimGrace && !went_back(view))) return std::nullopt;
      return ended(old, State::unknown, kCarrierDied);
    case State::sending:
      if (!view.holder_over && !(view.is_ours() && old.not_before != 0)) return std::nullopt;
      if (!view.human_spoke && may_repeat(old, view.now)) return std::nullopt;
      if (!view.holder_over) return ended(old, State::unknown, old.why);
      return ended(old, State::unknown,
                   "the process ended while it sent the answer; nobody knows whether the customer got it");
    default:
      return std::nullopt;
  }
}

std::int64_t OutboxRules::look_again(const OutboxView& view) const {
  const OutboxRecord& record = view.record;
  const std::int64_t soon = view.now + (record.attempts == 0 ? kLook : kRareLook);
  if (went_back(view)) return soon;
  switch (record.state) {
    case State::ready:
      return std::max(view.now, record.by_request ? std::min(record.not_before, soon) : record.not_before);
    case State::sending:
      return view.is_ours() && record.not_before != 0 ? std::max(view.now, record.not_before) : soon;
    default:
      return soon;
  }
}

std::optional<Millis> OutboxRules::time_for_repeat(const OutboxView& view) {
  if (!view.record.in_doubt) return std::nullopt;
  return Millis(view.record.repeat_until - view.now);
}

}  // namespace detail
KEFU_END_NAMESPACE
