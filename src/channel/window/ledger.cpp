#include "channel/window/clock_lead.hpp"
#include "channel/window/record.hpp"
#include "channel/window/window_key.hpp"
#include "core/async/time_range.hpp"
#include "core/crypto/crypto.hpp"
#include "core/store/commit_known.hpp"

#include <kefu/channel/reply_window.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

KEFU_BEGIN_NAMESPACE

using detail::WindowRecord;

class ReplyLedger::Impl {
 public:
  Impl(std::shared_ptr<Store> s, const std::string& name_space, const std::string& platform, const std::string& account,
       std::shared_ptr<const ReplyRules> r)
      : store(std::move(s)), root(detail::window_keys(name_space, platform, account)), rules(std::move(r)) {
    for (const ReplyRule& rule : rules->rules) longest = std::max(longest, rule.window);
    std::uint32_t first = 0;
    if (detail::random_bytes(&first, sizeof first)) next_mark = first;
  }

  struct Found {
    std::optional<WindowRecord> record;
    std::uint64_t generation = 0;
    std::string text;  ///< As it stands in the store; its room is used for what is written.
  };
  std::string key(std::string_view customer) const { return root.with(customer); }
  Result<Found> find(const std::string& at) const { return find(*store, at); }
  static Result<Found> find(Store& in, const std::string& at);
  StoreWrite write(std::string at, Found found, WallTime now) const;

  /// Reads, lets `change(Found&)` decide, writes; again if somebody else was faster. `change` returns false to leave
  /// the record as it is. The key is whole again afterwards.
  template <class Change>
  Result<void> update(std::string& at, WallTime now, Change change);
  template <class Change>
  Result<void> update(std::string&& at, WallTime now, Change change) {
    return update(at, now, std::move(change));
  }

  std::int64_t platform_seconds(WallTime now) const { return unix_seconds(now) - clock.lead().count(); }

  const ReplyRule* rule(std::string_view trigger) const {
    for (const ReplyRule& rule : rules->rules) {
      if (rule.trigger == trigger) return &rule;
    }
    return nullptr;
  }

  const std::shared_ptr<Store> store;
  const StoreKey root;
  const std::shared_ptr<const ReplyRules> rules;
  std::chrono::seconds longest{0};
  std::atomic<std::uint32_t> next_mark{0};
  detail::ClockLead clock;  ///< Ends of windows are in the platform's time.
};

Result<ReplyLedger::Impl::Found> ReplyLedger::Impl::find(Store& in, const std::string& at) {
  auto entry = in.get(at);
  if (!entry) return entry.error();
  Found found;
  if (!*entry) return found;
  found.generation = (*entry)->generation;
  found.text = std::move((*entry)->value);
  found.record = WindowRecord::parse(found.text);
  return found;
}

StoreWrite ReplyLedger::Impl::write(std::string at, Found found, WallTime now) const {
  const WallTime closes = from_unix_seconds(found.record->closes);
  const auto left = std::max(closes - detail::within_reach(now), WallTime::duration::zero());
  const Millis kept = std::chrono::duration_cast<Millis>(left) + detail::bounded_span<Millis>(rules->remember);
  found.record->write(found.text);
  return StoreWrite::put(std::move(at), std::move(found.text), found.generation, kept);
}

template <class Change>
Result<void> ReplyLedger::Impl::update(std::string& at, WallTime now, Change change) {
  // Each lost race means that somebody else changed the record, which a window of few messages does not bear often.
  constexpr int kTries = 64;
  std::vector<StoreWrite> writes;
  for (int i = 0; i < kTries; ++i) {
    auto found = find(at);
    if (!found) return found.error();
    Result<bool> changed = change(*found);
    if (!changed) return changed.error();
    if (!*changed) return {};
    writes.clear();
    writes.push_back(write(std::move(at), *std::move(found), now));
    auto outcome = detail::commit_known(*store, writes, Durability::relaxed);
    at = std::move(writes.front().key);
    if (!outcome) return outcome.error();
    if (outcome->committed) return {};
  }
  return Error(
      ErrorKind::rate_limited,
      fmt::format("the reply window of one customer was changed by others {} times in a row: try again", kTries));
}

ReplyLedger::ReplyLedger(std::shared_ptr<Store> store, std::string name_space, std::string platform,
                         std::string account, ReplyRules rules)
    : ReplyLedger(std::move(store), std::move(name_space), std::move(platform), std::move(account),
                  std::make_shared<const ReplyRules>(std::move(rules))) {}
ReplyLedger::ReplyLedger(std::shared_ptr<Store> store, std::string name_space, std::string platform,
                         std::string account, std::shared_ptr<const ReplyRules> rules)
    : impl_(std::make_unique<Impl>(std::move(store), name_space, platform, account, std::move(rules))) {}
ReplyLedger::~ReplyLedger() = default;
ReplyLedger::ReplyLedger(ReplyLedger&&) noexcept = default;
ReplyLedger& ReplyLedger::operator=(ReplyLedger&&) noexcept = default;
const std::shared_ptr<Store>& ReplyLedger::store() const { return impl_->store; }

namespace {

constexpr std::string_view kUnfollowed = "the customer unfollowed";

bool tells_of_unfollowing(const InboundEvent& event) { return std::holds_alternative<Unfollowed>(event.payload); }

/// Platform time is missing in some events; a platform's clock that is ahead must not lengthen a window.
WallTime time_of_contact(WallTime platform_time, WallTime received_time) {
  const WallTime time = platform_time <= WallTime() ? received_time : std::min(platform_time, received_time);
  return std::max(WallTime(), detail::within_reach(time));
}

bool close_record(std::optional<WindowRecord>& record, std::string_view reason, std::int64_t now) {
  if (record && record->closed == reason && !record->unclear) return false;
  if (!record) {
    record.emplace();
    record->closes = std::clamp<std::int64_t>(now, 0, kLatestSecond);
  }
  record->left = 0;
  record->closed = reason;
  record->unclear = false;
  ++record->window;
  return true;
}

bool apply_unfollow(std::optional<WindowRecord>& record, std::int64_t at) {
  if (record && at < record->noted) return false;
  if (!close_record(record, kUnfollowed, at)) return false;
  record->noted = at;
  return true;
}

bool apply_contact(std::optional<WindowRecord>& record, const ReplyRule& rule, std::int64_t at) {
  if (!record && rule.messages == 0) return false;  // unknown before and after
  if (!record) record.emplace();
  return record->apply(rule, at);
}

Error window_closed(std::string_view why, int messages, const WindowRecord& record) {
  std::string text = fmt::format("the reply window does not allow {} message(s): {}", messages, why);
  const std::time_t closes = static_cast<std::time_t>(record.closes);
  if (record.closes != 0) text += fmt::format("; its end: {:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(closes));
  text += ". Nothing was sent; wait for the customer, or reach them through Outreach";
  return Error(ErrorKind::window_closed, std::move(text));
}

}  // namespace

Result<void> ReplyLedger::note(const InboundEvent& event) {
  if (event.customer.id.empty()) return {};
  const WallTime at = time_of_contact(event.platform_time, event.received_time);
  if (tells_of_unfollowing(event)) {
    return impl_->update(
        impl_->key(event.customer.id), at,
        [at = unix_seconds(at)](Impl::Found& found) -> Result<bool> { return apply_unfollow(found.record, at); });
  }
  return opened(event.customer.id, event.trigger, event.platform_time, event.received_time);
}

Result<std::optional<StoreWrite>> ReplyLedger::plan(const InboundEvent& event) const {
  return plan(event, *impl_->store);
}

Result<std::optional<StoreWrite>> ReplyLedger::plan(const InboundEvent& event, Store& view) const {
  const ReplyRule* rule = impl_->rule(event.trigger);
  const bool closes = tells_of_unfollowing(event);
  if (event.customer.id.empty() || (rule == nullptr && !closes)) return std::optional<StoreWrite>();
  impl_->clock.heard(event.platform_time, event.received_time);
  std::string key = impl_->key(event.customer.id);
  auto found = Impl::find(view, key);
  if (!found) return found.error();
  const WallTime time = time_of_contact(event.platform_time, event.received_time);
  const std::int64_t at = unix_seconds(time);
  const bool changed = closes ? apply_unfollow(found->record, at) : apply_contact(found->record, *rule, at);
  if (!changed) return std::optional<StoreWrite>();
  return std::optional<StoreWrite>(impl_->write(std::move(key), *std::move(found), time));
}

Result<void> ReplyLedger::opened(std::string_view customer, std::string_view trigger, WallTime platform_time,
                                 WallTime received_time) {
  const ReplyRule* rule = impl_->rule(trigger);
  if (rule == nullptr) return {};
  impl_->clock.heard(platform_time, received_time);
  const WallTime at = time_of_contact(platform_time, received_time);
  return impl_->update(impl_->key(customer), at, [rule, at = unix_seconds(at)](Impl::Found& found) -> Result<bool> {
    return apply_contact(found.record, *rule, at);
  });
}

Result<ReplyWindow> ReplyLedger::look(std::string_view customer, WallTime now) const {
  auto found = impl_->find(impl_->key(customer));
  if (!found) return found.error();
  ReplyWindow window;
  if (!found->record || found->record->platform_knows(impl_->platform_seconds(now))) return window;
  WindowRecord& record = *found->record;
  window.known = true;
  window.closed_because = record.obstacle(impl_->platform_seconds(now));
  window.messages_left = window.closed_because.empty() ? record.left : 0;
  window.closes = from_unix_seconds(record.closes);
  window.trigger = std::move(record.trigger);
  return window;
}

Result<Reservation> ReplyLedger::reserve(std::string_view customer, int messages, WallTime now) {
  if (messages < 1) {
    return Error(ErrorKind::bad_argument, fmt::format("messages is {}: reserve at least one", messages));
  }
  Reservation reservation;
  reservation.key = impl_->key(customer);
  reservation.messages = messages;
  auto taken = impl_->update(reservation.key, now, [&](Impl::Found& found) -> Result<bool> {
    reservation.window = found.record ? found.record->window : 0;
    reservation.tracked = found.record && !found.record->platform_knows(impl_->platform_seconds(now));
    if (!reservation.tracked) return false;
    WindowRecord& record = *found.record;
    if (std::string why = record.obstacle(impl_->platform_seconds(now)); !why.empty())
      return window_closed(why, messages, record);
    if (record.left < messages) return window_closed(fmt::format("only {} left", record.left), messages, record);
    record.left -= messages;
    record.mark = impl_->next_mark++;
    reservation.left = record.left;
    reservation.closes = from_unix_seconds(record.closes);
    return true;
  });
  if (!taken) return taken.error();
  return reservation;
}

Result<void> ReplyLedger::give_back(const Reservation& reservation, int messages) {
  const int back = std::min(messages, reservation.messages);
  if (!reservation.tracked || back < 1) return {};
  // The time is not told: no window that is open can have been opened earlier.
  const WallTime at_least = reservation.closes - impl_->longest;
  return impl_->update(std::string(reservation.key), at_least, [&](Impl::Found& found) -> Result<bool> {
    if (!found.record || found.record->window != reservation.window) return false;
    found.record->left += back;
    found.record->mark = impl_->next_mark++;
    return true;
  });
}

Result<void> ReplyLedger::used_up(const Reservation& reservation, WallTime now) {
  return impl_->update(std::string(reservation.key), now, [&](Impl::Found& found) -> Result<bool> {
    if (found.record && found.record->window != reservation.window) return false;
    if (!found.record) {
      found.record.emplace();
      found.record->closes = std::max<std::int64_t>(0, unix_seconds(detail::later(now, impl_->longest)));
    }
    found.record->left = 0;
    found.record->unclear = false;
    if (found.record->in_doubt()) found.record->closed.clear();
    ++found.record->window;
    return true;
  });
}

Result<void> ReplyLedger::in_doubt(const Reservation& reservation, WallTime now) {
  return impl_->update(std::string(reservation.key), now, [&](Impl::Found& found) -> Result<bool> {
    if (!found.record || found.record->window != reservation.window || found.record->in_doubt()) return false;
    found.record->closed = WindowRecord::kInDoubt;
    ++found.record->window;
    return true;
  });
}

Result<void> ReplyLedger::closed(const Reservation& reservation, std::string_view reason, WallTime now) {
  return impl_->update(std::string(reservation.key), now, [&](Impl::Found& found) -> Result<bool> {
    if (found.record && found.record->window != reservation.window) return false;
    return close_record(found.record, reason, unix_seconds(now));
  });
}

Result<void> ReplyLedger::closed(std::string_view customer, std::string_view reason, WallTime now) {
  return impl_->update(impl_->key(customer), now, [&](Impl::Found& found) -> Result<bool> {
    return close_record(found.record, reason, unix_seconds(now));
  });
}

KEFU_END_NAMESPACE
