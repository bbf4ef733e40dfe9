#include "core/call/limiter.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

using Nanos = std::chrono::nanoseconds;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::int64_t slot_length(const LimitWindow& limit) {
  return std::max<std::int64_t>(1, std::chrono::duration_cast<Nanos>(limit.period).count() / 16);
}

// Rounded up: waking a moment early would only mean to wait again.
Millis whole_millis(Nanos time) { return Millis(std::max<std::int64_t>(1, (time.count() + 999'999) / 1'000'000)); }

}  // namespace

Limiter::Limiter(std::vector<LimitRule> rules, std::chrono::minutes zone) : zone_(zone) {
  for (LimitRule& rule : rules) {
    Bucket bucket;
    bucket.name = std::move(rule.bucket);
    for (const LimitWindow& window : rule.windows) bucket.windows.emplace_back(window);
    buckets_.push_back(std::move(bucket));
  }
}

std::int64_t Limiter::position(const Window& window, const Moment& now) const {
  if (is_calendar(window.limit)) {
    const auto local = std::chrono::duration_cast<std::chrono::seconds>(now.wall.time_since_epoch()) + zone_;
    return floor_div(local.count(), std::chrono::seconds(window.limit.period).count());
  }
  return floor_div(std::chrono::duration_cast<Nanos>(now.mono.time_since_epoch()).count(), slot_length(window.limit));
}

Millis Limiter::wait_in(const Window& window, const Moment& now, std::size_t ahead) const {
  const std::uint64_t calls = std::max<std::uint64_t>(1, window.limit.calls);
  const std::uint64_t full_periods = ahead / calls;
  const std::uint64_t needed = ahead % calls + 1;
  const std::int64_t here = position(window, now);
  Nanos pause{0};
  if (is_calendar(window.limit)) {
    if (here == window.newest && window.counts[0] + needed > window.limit.calls) pause = until_tomorrow(now.wall);
  } else {
    const std::int64_t slot = slot_length(window.limit);
    std::uint64_t used = 0;
    std::int64_t leaves = here;  // the newest slot that has to leave the window first
    for (std::int64_t s = here; s > here - static_cast<std::int64_t>(kSlots); --s) {
      if (s > window.newest || s <= window.newest - static_cast<std::int64_t>(kSlots)) continue;
      used += window.counts[static_cast<std::size_t>(((s % 17) + 17) % 17)];
      if (used + needed > window.limit.calls) {
        leaves = s;
        pause = Nanos((leaves + static_cast<std::int64_t>(kSlots)) * slot) -
                std::chrono::duration_cast<Nanos>(now.mono.time_since_epoch());
        break;
      }
    }
    if (window.limit.calls == 0) pause = window.limit.period;
  }
  const Millis queue(static_cast<std::int64_t>(full_periods) * Millis(window.limit.period).count());
  return (pause.count() > 0 ? whole_millis(pause) : Millis{0}) + queue;
}

void Limiter::count(Bucket& bucket, Window& window, const Moment& now) {
  const std::int64_t here = position(window, now);
  if (is_calendar(window.limit)) {
    if (here != window.newest) window.counts[0] = 0;
    window.newest = here;
    const std::uint64_t used = ++window.counts[0];
    const std::uint64_t limit = window.limit.calls;
    if (used == limit || used == limit - limit / 5) level_ = Level{bucket.name, used == limit ? 100 : 80, used, limit};
    return;
  }
  const auto cell = [](std::int64_t s) { return static_cast<std::size_t>(((s % 17) + 17) % 17); };
  if (here > window.newest) {
    const std::int64_t from = std::max(window.newest + 1, here - static_cast<std::int64_t>(kSlots) + 1);
    for (std::int64_t s = from; s <= here; ++s) window.counts[cell(s)] = 0;
    window.newest = here;
  }
  ++window.counts[cell(here)];
}

Millis Limiter::wait(std::string_view bucket, const Moment& now, std::size_t ahead) const {
  Millis longest{0};
  for (const Bucket& each : buckets_)
    if (concerns(each, bucket))
      for (const Window& window : each.windows) longest = std::max(longest, wait_in(window, now, ahead));
  return longest;
}

Millis Limiter::admit(std::string_view bucket, const Moment& now) {
  if (buckets_.empty()) return Millis{0};
  const Millis pause = wait(bucket, now);
  if (pause.count() > 0) return pause;
  for (Bucket& each : buckets_)
    if (concerns(each, bucket))
      for (Window& window : each.windows) count(each, window, now);
  return Millis{0};
}

Millis Limiter::pause_before_try(int tries, WallTime now) const {
  constexpr std::array<std::chrono::minutes, 4> kPauses{std::chrono::minutes(1), std::chrono::minutes(5),
                                                        std::chrono::minutes(15), std::chrono::minutes(30)};
  const auto step = std::min(static_cast<std::size_t>(tries), kPauses.size()) - 1;
  return std::min<Millis>(kPauses[step], until_tomorrow(now));
}

void Limiter::exhausted(std::string_view api, const Moment& now, std::optional<Millis> pause, ErrorKind kind,
                        std::string_view code) {
  int tries = 1;
  for (const StopRow& row : stops_)
    if (row.api == api) tries = row.tries + 1;
  const MonoTime until = now.mono + (pause ? *pause : pause_before_try(tries, now.wall));
  if (pause) tries = 0;
  const auto is_past = [&](const StopRow& row) { return row.tries == 0 && row.until <= now.mono; };
  stops_.erase(
      std::remove_if(stops_.begin(), stops_.end(), [&](const StopRow& row) { return is_past(row) || row.api == api; }),
      stops_.end());
  if (stops_.size() >= kMaxStops) {  // the one that ends first is worth least
    stops_.erase(std::min_element(stops_.begin(), stops_.end(),
                                  [](const StopRow& a, const StopRow& b) { return a.until < b.until; }));
  }
  stops_.push_back(StopRow{std::string(api), until, kind, std::string(code), tries});
}

void Limiter::leaves(std::string_view api, const Moment& now) {
  for (StopRow& row : stops_)
    if (row.api == api && row.tries > 0 && row.until <= now.mono)
      row.until = now.mono + pause_before_try(row.tries + 1, now.wall);
}

void Limiter::answered(std::string_view api) {
  stops_.erase(std::remove_if(stops_.begin(), stops_.end(),
                              [api](const StopRow& row) { return row.api == api && row.tries > 0; }),
               stops_.end());
}

void Limiter::reopen() {
  stops_.erase(std::remove_if(stops_.begin(), stops_.end(),
                              [](const StopRow& row) { return row.kind == ErrorKind::quota_exhausted; }),
               stops_.end());
}

std::optional<Limiter::Stop> Limiter::stopped(std::string_view api, const Moment& now) const {
  for (const StopRow& row : stops_)
    if (row.api == api && row.until > now.mono) return Stop{whole_millis(row.until - now.mono), row.kind, row.code};
  return std::nullopt;
}

Millis Limiter::until_tomorrow(WallTime now) const {
  const std::int64_t day = std::chrono::duration_cast<Nanos>(std::chrono::hours(24)).count();
  const std::int64_t local = std::chrono::duration_cast<Nanos>(now.time_since_epoch()).count() +
                             std::chrono::duration_cast<Nanos>(zone_).count();
  return whole_millis(Nanos((floor_div(local, day) + 1) * day - local));
}

}  // namespace detail
KEFU_END_NAMESPACE
