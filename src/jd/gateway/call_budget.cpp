#include "jd/gateway/call_budget.hpp"

#include "core/async/time_range.hpp"
#include "core/report/reporting.hpp"
#include "core/store/commit_known.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/kept_members.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/jd/time.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kBudgetVersion = 2;
constexpr std::chrono::hours kBudgetDay{24};
/// How far ahead of the even spread the pollers may be, as a part of the day.
constexpr double kLead = 1.0 / 24;
constexpr std::int64_t kLargestBlock = 100;
constexpr std::int64_t kBlocksPerShop = 200;
constexpr int kRaces = 50;
constexpr Millis kLookLeast{60'000};
constexpr Millis kLookPerShop{20};
constexpr Millis kLeastWait{1'000};
constexpr std::int64_t kMostCallsOfDay = 1'000'000'000'000;  // keeps the reckoning below in range

double part_of_day(WallTime day, WallTime now) {
  const double part =
      std::chrono::duration<double>(now - day).count() / std::chrono::duration<double>(kBudgetDay).count();
  return std::clamp(part, 0.0, 1.0);
}

/// The record of a shop's day. What cannot be read counts as nothing used: the platform's own stop remains.
struct ShopDay {
  std::int64_t used = 0;
  detail::KeptMembers kept;

  std::string text() const {
    std::string out;
    detail::JsonWriter json(out);
    json.begin_object().key("v").integer(kBudgetVersion).key("used").integer(used);
    kept.write(json);
    json.end_object();
    return out;
  }
  static ShopDay parse(std::string_view text) {
    ShopDay record;
    const detail::Document document = detail::Document::json(text);
    const detail::Value root = document.root();
    if (!detail::reads_version(root["v"], kBudgetVersion)) return record;
    record.used = std::clamp<std::int64_t>(root["used"].integer().value_or(0), 0, kMostCallsOfDay);
    record.kept = detail::KeptMembers(root, {"v", "used"});
    return record;
  }
};

}  // namespace

struct CallBudget::Claim {
  bool used_up = false;
  std::int64_t block = 0;
  Millis wait{0};
  std::optional<View> view;  ///< If it was looked at.
};

CallBudget::CallBudget(std::shared_ptr<detail::RuntimeCore> runtime, const std::string& app_key,
                       std::int64_t calls_per_day, double share, std::shared_ptr<CallStop> stop, bool assumed)
    : runtime_(std::move(runtime)),
      root_(runtime_->name_space, "jd", "poll-budget", app_key),
      total_(calls_per_day <= 0
                 ? 0
                 : std::max<std::int64_t>(
                       1, static_cast<std::int64_t>(static_cast<double>(std::min(calls_per_day, kMostCallsOfDay)) *
                                                    std::clamp(share, 0.0, 1.0)))),
      stop_(std::move(stop)),
      must_tell_(assumed) {}

Error CallBudget::used_up(WallTime now) const {
  ErrorDetails details;
  details.message = fmt::format(
      "the calls that pollers may make in a day are used up (AppConfig::calls_per_day, polling_share); polling goes on "
      "after {}",
      gateway_time(day_ + kBudgetDay));
  details.retry_after = std::chrono::duration_cast<Millis>(day_ + kBudgetDay - now) + kLeastWait;
  return Error(ErrorKind::quota_exhausted, Delivery::not_sent, std::move(details));
}

void CallBudget::turn_day(WallTime now) {
  const WallTime day = start_of_day(now);
  if (day == day_) return;
  day_ = day;
  looked_.reset();
  view_.used = 0;
  left_.clear();
}

bool CallBudget::must_look() const {
  return !looked_ || runtime_->clock->mono() - *looked_ >= std::max<Millis>(kLookLeast, kLookPerShop * view_.shops);
}

void CallBudget::take(const std::string& shop, Granted done) {
  if (std::exchange(must_tell_, false) && runtime_->observer)
    detail::log(*runtime_->observer, LogLevel::warning, log_event::kPollBudgetAssumed,
                "AppConfig::calls_per_day is not set: polling assumes its share of a number",
                {{"platform", "jd"}, {"calls", std::to_string(total_)}});
  stop_->ask([self = shared_from_this(), shop, done = std::move(done)](const CallStop::Answer& answer) mutable {
    if (answer.go && !answer.error) return self->take_of_block(shop, std::move(done));
    Grant no;
    no.wait = answer.wait;
    no.error = answer.error;
    done(no);
  });
}

void CallBudget::take_of_block(const std::string& shop, Granted done) {
  turn_day(runtime_->clock->wall());
  std::int64_t& left = left_[shop];
  if (total_ == 0 || left > 0) {
    if (total_ > 0) --left;
    Grant grant;
    grant.granted = true;
    return done(grant);
  }
  if (const auto asking = asking_[shop].lock()) return asking->push_back(std::move(done));
  auto asking = std::make_shared<std::vector<Granted>>();
  asking->push_back(std::move(done));
  asking_[shop] = asking;
  claim(shop, std::move(asking));
}

/// What a shop that used `mine` so far may claim now, or when it may.
CallBudget::Claim CallBudget::decide(std::int64_t mine, const View& view, std::int64_t total, WallTime day,
                                     WallTime now) {
  Claim claim;
  const std::int64_t block = std::min(std::clamp<std::int64_t>(total / (view.shops * kBlocksPerShop), 1, kLargestBlock),
                                      std::max<std::int64_t>(total - view.used, 0));
  claim.used_up = block == 0;
  if (claim.used_up) return claim;
  const auto d_total = static_cast<double>(total);
  const auto d_shops = static_cast<double>(view.shops);
  const auto d_block = static_cast<double>(block);
  const auto d_used = static_cast<double>(view.used);
  const double passed = part_of_day(day, now);
  const double lead = std::min(1.0, passed + kLead);
  // A first block for everybody: else a small budget would begin with a long wait.
  const bool in_share =
      static_cast<double>(mine) <= d_total / d_shops * lead && d_used <= d_total * lead + d_block * (d_shops - 1);
  const bool is_left_over = d_used + d_block <= d_total * passed;
  if (in_share || is_left_over) {
    claim.block = block;
    return claim;
  }
  const double share_at =
      std::max(static_cast<double>(mine) * d_shops / d_total, (d_used - d_block * (d_shops - 1)) / d_total) - kLead;
  const double at = std::min(share_at, (d_used + d_block) / d_total);
  const double wait_days = std::clamp(at - passed, 0.0, 1.0);
  const auto wait = std::chrono::duration_cast<Millis>(std::chrono::duration<double>(kBudgetDay) * wait_days);
  claim.wait = std::max(kLeastWait, wait + kLeastWait);
  return claim;
}

/// What all shops used today. A shop without a record of its own counts too.
Result<CallBudget::View> CallBudget::look(Store& store, const std::string& prefix, const std::string& own) {
  View view;
  view.shops = 0;
  bool has_own = false;
  std::string after;
  do {
    auto page = store.list(prefix, after, ListLimits(Store::kMaxListed));
    if (!page) return page.error();
    for (const auto& [key, entry] : page->items) {
      view.used += ShopDay::parse(entry.value).used;
      ++view.shops;
      has_own = has_own || key == own;
    }
    after = page->next;
  } while (!after.empty());
  if (!has_own) ++view.shops;
  return view;
}

void CallBudget::claim(const std::string& shop, std::shared_ptr<std::vector<Granted>> asking) {
  const StoreKey day = StoreKey(root_).add(gateway_date(day_));
  runtime_->with_store<Claim>(
      detail::Affinity(root_.str()),
      [key = StoreKey(day).add(shop).str(), prefix = day.str() + "/", looks = must_look(), known = view_,
       total = total_, day = day_, clock = runtime_->clock](Store& store) -> Result<Claim> {
        View view = known;
        if (looks) {
          auto seen = look(store, prefix, key);
          if (!seen) return seen.error();
          view = *seen;
        }
        for (int race = 0; race < kRaces; ++race) {
          auto entry = store.get(key);
          if (!entry) return entry.error();
          ShopDay record = *entry ? ShopDay::parse((*entry)->value) : ShopDay();
          Claim claim = decide(record.used, view, total, day, clock->wall());
          if (looks) claim.view = view;
          if (claim.block == 0) return claim;
          record.used += claim.block;
          // Kept a day longer than it counts: processes' clocks differ a little.
          auto outcome = detail::put_known(store, key, record.text(), *entry ? (*entry)->generation : 0, 2 * kBudgetDay,
                                           Durability::relaxed);
          if (!outcome) return outcome.error();
          if (outcome->committed) return claim;
        }
        return Error(ErrorKind::rate_limited, "the budget of calls was changed by others again and again");
      },
      [self = shared_from_this(), shop, asking = std::move(asking)](const Result<Claim>& outcome) {
        self->asking_[shop].reset();
        self->claimed(shop, std::move(*asking), outcome);
      });
}

void CallBudget::claimed(const std::string& shop, std::vector<Granted> asking, const Result<Claim>& outcome) {
  const WallTime now = runtime_->clock->wall();
  turn_day(now);
  Grant no;
  if (!outcome) {
    no.error = outcome.error();
  } else {
    if (outcome->view) {
      view_ = *outcome->view;
      looked_ = runtime_->clock->mono();
    }
    view_.used += outcome->block;
    left_[shop] += outcome->block;
    no.wait = outcome->wait;
    if (outcome->used_up) no.error = used_up(now);
  }
  const bool may_go = outcome && outcome->block > 0;
  for (Granted& done : asking) {
    if (may_go) {
      take_of_block(shop, std::move(done));
    } else {
      done(no);
    }
  }
}

double CallBudget::left_of_day(const std::string& shop) const {
  const auto block = left_.find(shop);
  return static_cast<double>(std::max<std::int64_t>(total_ - view_.used, 0)) / static_cast<double>(view_.shops) +
         static_cast<double>(block == left_.end() ? 0 : block->second);
}

double CallBudget::calls_within(const std::string& shop, Millis span) const {
  if (total_ == 0 || day_ == WallTime()) return 1e9;
  const auto left = std::chrono::duration<double>(day_ + kBudgetDay - runtime_->clock->wall());
  return left_of_day(shop) * std::chrono::duration<double>(span).count() / std::max(left.count(), 1.0);
}

Millis CallBudget::pause_for(const std::string& shop, std::int64_t calls, Millis interval) const {
  if (total_ == 0 || calls <= 0) return interval;
  const double mine = left_of_day(shop);
  const auto left = std::chrono::duration_cast<Millis>(day_ + kBudgetDay - runtime_->clock->wall());
  if (mine < 1) return std::max(interval, left);
  const double even = static_cast<double>(left.count()) * static_cast<double>(calls) / mine;
  return std::clamp(detail::bounded_span<Millis>(std::chrono::duration<double, std::milli>(even)), interval,
                    std::max(interval, left));
}

}  // namespace jd
KEFU_END_NAMESPACE
