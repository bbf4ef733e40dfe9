#include "channel/inbox/sweep.hpp"

#include "channel/inbox/core.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kLanesPage = 200;
constexpr Millis kPeekPause{1'000};
constexpr Millis kMissingPause{10'000};
constexpr Millis kLongestMissingPause{600'000};
/// So long the events of an account that cannot be resolved wait for it.
constexpr std::chrono::hours kMissingTime{1};

/// A page of lanes. One that the store has but cannot open hides no other; the store itself reports it.
Result<StorePage> list_lanes(Store& store, const std::string& prefix, const std::string& after) {
  auto page = store.list(prefix, after, kLanesPage);
  if (page || page.error().kind() != ErrorKind::configuration) return page;
  auto keys = store.list(prefix, after, ListLimits::keys(kLanesPage));
  if (!keys) return keys;
  StorePage opened;
  opened.next = std::move(keys->next);
  for (StoreItem& item : keys->items) {
    auto entry = store.get(item.first);
    if (!entry && entry.error().kind() != ErrorKind::configuration) return entry.error();
    if (entry && *entry) opened.items.emplace_back(std::move(item.first), std::move(**entry));
  }
  return opened;
}

}  // namespace

void Sweep::start(bool goes_on) {
  goes_on_ = goes_on_ || goes_on;
  if (std::exchange(is_looking_, true)) return;
  ++searches_;
  look({});
}

void Sweep::look(std::string after) {
  if (core_.ending()) return;
  Place place;
  place.lanes = core_.accounts->lane_prefix();
  place.sessions = core_.journal->session().prefix();
  place.free = core_.steps->free_key();
  place.after = std::move(after);
  place.mine = core_.journal->session().id();
  core_.runtime->with_store<Page>(
      [place = std::move(place)](Store& store) { return read(store, place); },
      [core = core_.shared_from_this()](const Result<Page>& page) { core->sweep.looked(page); });
}

/// Lanes first and the living after them: a session that begins in between is not taken for one that is over. What is
/// said to be free is read before both: what comes to be free after that is said again.
Result<Sweep::Page> Sweep::read(Store& store, const Place& place) {
  auto told = store.get(place.free);
  if (!told) return told.error();
  auto lanes = list_lanes(store, place.lanes, place.after);
  if (!lanes) return lanes.error();
  Page page;
  page.is_first = place.after.empty();
  if (*told) page.told = (*told)->generation;
  page.after = lanes->next;
  std::unordered_set<std::string> living;
  for (std::string next;;) {
    auto listed = store.list(place.sessions, next, ListLimits::keys(Store::kMaxListed));
    if (!listed) return listed.error();
    for (const auto& item : listed->items) living.insert(AccountKeys::event_of(item.first));
    next = listed->next;
    if (next.empty()) break;
  }
  page.living = living.size();
  for (const auto& [key, entry] : lanes->items) {
    const auto record = LaneRecord::parse(entry.value);
    // One that cannot be read is taken, too: to be seen.
    if (record && record->events.empty()) continue;
    if (record && record->owner != place.mine && living.count(record->owner) != 0) continue;
    page.lanes.push_back(key);
  }
  return page;
}

void Sweep::looked(const Result<Page>& page) {
  if (core_.ending()) return;
  if (page) {
    if (page->is_first) free_ = page->told;
    for (const std::string& lane : page->lanes) work_on(lane);
    if (!page->after.empty()) return look(page->after);
    forget_found();
  }
  is_looking_ = false;
  if (page) core_.show(page->living);
  if (!std::exchange(is_failing_, !page) && !page) {
    core_.say({}, LogLevel::error, log_event::kInboxStoreFailed,
              "the search for what dead processes left failed; it is tried again", {}, page.error().to_string());
  }
  if (taken_over_ > told_) {
    core_.say({}, LogLevel::info, log_event::kInboxTakenOver, "took over customers' events whose owner is gone", {},
              std::to_string(taken_over_ - told_));
    told_ = taken_over_;
  }
  arm();
}

void Sweep::work_on(const std::string& lane) {
  if (core_.lanes.holds(lane)) return;
  const std::string account = AccountKeys::account_of(lane);
  const auto known = core_.accounts->known(account);
  const auto lost = missing_.find(account);
  if (lost != missing_.end() && !known) lost->second.search = searches_;
  if (core_.lanes.size() + taking_ >= core_.options.max_in_hand) return;
  if (known) return take(known, lane);
  if (lost != missing_.end() && core_.mono() < lost->second.next) return;
  ++taking_;
  core_.accounts->find(account, core_.mono() + AccountBook::kFindTime,
                       [core = core_.shared_from_this(), account, lane](const Result<AccountPtr>& it) {
                         Sweep& self = core->sweep;
                         --self.taking_;
                         if (!it) return self.missing(account, lane, it.error());
                         self.missing_.erase(account);
                         self.take(*it, lane);
                       });
}

void Sweep::take(const AccountPtr& account, const std::string& lane) {
  ++taking_;
  core_.journal->run<LaneLook>(
      account->number, {lane},
      [steps = core_.steps, account, lane](StagedStore& view, const std::string& session) {
        return steps->take(view, session, account->keys, lane);
      },
      [core = core_.shared_from_this(), account, lane](const Result<LaneLook>& taken, std::uint64_t generation) {
        Sweep& self = core->sweep;
        --self.taking_;
        if (taken && taken->is_buried) {
          core->count_event(account->channel->id(), "dead");
          core->say(account->channel->id(), LogLevel::error, log_event::kInboxDeadLetter,
                    "what waited for a customer cannot be read and goes to the dead letters", {});
        }
        if (!taken || !taken->is_ours) return;
        if (generation != 0) {
          ++self.taken_over_;
          core->count_take_over(account->channel->id());
        }
        core->lanes.offer(account, lane, taken->head);
      });
}

void Sweep::missing(const std::string& account, const std::string& lane, const Error& error) {
  const MonoTime now = core_.mono();
  const auto [place, is_new] = missing_.try_emplace(account);
  Missing& lost = place->second;
  if (is_new) lost.since = now;
  lost.search = searches_;
  if (now >= lost.next) {
    lost.pause = std::clamp(2 * lost.pause, kMissingPause, kLongestMissingPause);
    lost.next = now + lost.pause;
  }
  if (now - lost.since >= kMissingTime) give_up(account, lane, error);
}

/// What waits no more, or was found by others, begins anew when it is missed again.
void Sweep::forget_found() {
  for (auto place = missing_.begin(); place != missing_.end();) {
    place = place->second.search == searches_ ? std::next(place) : missing_.erase(place);
  }
}

/// All that waits in the lane becomes dead letters, which name the account.
void Sweep::give_up(const std::string& account, const std::string& lane, const Error& error) {
  const std::string why = "account " + account + " could not be resolved for an hour: " + error.message();
  core_.say({}, LogLevel::error, log_event::kInboxDeadLetter, why, {}, why);
  const auto keys = std::make_shared<const AccountKeys>(core_.runtime->name_space, core_.accounts->platform(), account);
  core_.journal->run<bool>(
      std::hash<std::string>()(account), {lane},
      [steps = core_.steps, lane, keys, why](StagedStore& view, const std::string& session) {
        return steps->bury_lane(view, session, *keys, lane, why);
      },
      [core = core_.shared_from_this(), account, lane, error](const Result<bool>& more, std::uint64_t) {
        if (more && *more) core->sweep.give_up(account, lane, error);
      });
}

void Sweep::keep() {
  if (!goes_on_ && !is_armed_ && !is_looking_) arm();
}

void Sweep::arm() {
  if (!goes_on_ && !is_failing_ && core_.lanes.size() == 0) return;
  const double spread = 0.8 + 0.4 * core_.runtime->jitter->unit();
  next_ = core_.mono() + std::chrono::duration_cast<Millis>(core_.options.sweep * spread);
  wait();
}

void Sweep::wait() {
  if (std::exchange(is_armed_, true)) return;
  core_.runtime->scheduler->run_at(std::min(next_, core_.mono() + kPeekPause), [weak = core_.weak_from_this()] {
    const auto core = weak.lock();
    if (!core) return;
    core->sweep.is_armed_ = false;
    core->sweep.peek();
  });
}

/// Between two searches: one read, which tells whether somebody left something meanwhile.
void Sweep::peek() {
  if (core_.mono() >= next_) return start(goes_on_);
  if (core_.ending() || is_looking_) return;
  core_.runtime->with_store<std::uint64_t>(
      [key = core_.steps->free_key()](Store& store) -> Result<std::uint64_t> {
        auto entry = store.get(key);
        if (!entry) return entry.error();
        return *entry ? (*entry)->generation : 0;
      },
      [core = core_.shared_from_this()](const Result<std::uint64_t>& told) { core->sweep.peeked(told); });
}

void Sweep::peeked(const Result<std::uint64_t>& told) {
  if (core_.ending()) return;
  if (told && *told != free_) {
    free_ = *told;
    core_.pump.look_again();
    start(goes_on_);
  }
  wait();
}

}  // namespace detail
KEFU_END_NAMESPACE
