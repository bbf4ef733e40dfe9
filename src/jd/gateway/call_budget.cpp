#include "jd/gateway/call_budget.hpp"

#include "core/async/time_range.hpp"
#include "core/store/commit_known.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/kept_members.hpp"

#include <kefu/jd/time.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kRecordVersion = 1;
constexpr std::chrono::hours kBudgetDay{24};
/// How far ahead of the even spread the pollers may be, as a part of the day.
constexpr double kLead = 1.0 / 24;
constexpr std::int64_t kLargestBlock = 100;
constexpr std::int64_t kBlocksPerShop = 200;
constexpr std::size_t kMaxShops = 10'000;
constexpr int kRaces = 50;
/// How often a process without a budget looks whether another one met the platform's stop.
constexpr Millis kLookAgain{60'000};
constexpr Millis kLeastWait{1'000};
constexpr std::int64_t kMostCallsOfDay = 1'000'000'000'000;  // keeps the reckoning below in range

double part_of_day(WallTime day, WallTime now) {
  const double part =
      std::chrono::duration<double>(now - day).count() / std::chrono::duration<double>(kBudgetDay).count();
  return std::clamp(part, 0.0, 1.0);
}

}  // namespace

struct CallBudget::Record {
  bool stopped = false;
  std::int64_t used = 0;
  std::map<std::string, std::int64_t> shops;
  detail::KeptMembers kept;

  std::string text() const {
    std::string out;
    detail::JsonWriter json(out);
    json.begin_object().key("v").integer(kRecordVersion).key("stop").boolean(stopped).key("used").integer(used);
    json.key("shops").begin_object();
    for (const auto& [shop, count] : shops) json.key(shop).integer(count);
    json.end_object();
    kept.write(json);
    json.end_object();
    return out;
  }
  /// What cannot be read counts as nothing used: the platform's own stop remains.
  static Record parse(std::string_view text) {
    Record record;
    const detail::Document document = detail::Document::json(text);
    const detail::Value root = document.root();
    if (!detail::reads_version(root["v"], kRecordVersion)) return record;
    record.stopped = root["stop"].boolean().value_or(false);
    record.used = std::clamp<std::int64_t>(root["used"].integer().value_or(0), 0, kMostCallsOfDay);
    for (const auto& member : root["shops"])
      record.shops[std::string(member.name)] =
          std::clamp<std::int64_t>(member.value.integer().value_or(0), 0, kMostCallsOfDay);
    record.kept = detail::KeptMembers(root, {"v", "stop", "used", "shops"});
    return record;
  }
};

struct CallBudget::Claim {
  bool stopped = false;
  bool used_up = false;
  std::int64_t block = 0;
  Millis wait{0};
  std::int64_t used = 0;
  std::int64_t shops = 1;
};

CallBudget::CallBudget(std::shared_ptr<detail::RuntimeCore> runtime, const std::string& app_key,
                       std::int64_t calls_per_day, double share)
    : runtime_(std::move(runtime)),
      root_(runtime_->name_space, "jd", "poll-budget", app_key),
      total_(calls_per_day <= 0
                 ? 0
                 : std::max<std::int64_t>(
                       1, static_cast<std::int64_t>(static_cast<double>(std::min(calls_per_day, kMostCallsOfDay)) *
                                                    std::clamp(share, 0.0, 1.0)))) {}

std::string CallBudget::key(WallTime day) const { return StoreKey(root_).add(gateway_date(day)).str(); }

Error CallBudget::used_up(WallTime now, const char* why) const {
  ErrorDetails details;
  details.message = fmt::format("{}; polling goes on after {}", why, gateway_time(day_ + kBudgetDay));
  details.retry_after = std::chrono::duration_cast<Millis>(day_ + kBudgetDay - now) + kLeastWait;
  return Error(ErrorKind::quota_exhausted, Delivery::not_sent, std::move(details));
}

void CallBudget::turn_day(WallTime now) {
  const WallTime day = start_of_day(now);
  if (day == day_) return;
  day_ = day;
  stopped_ = false;
  looked_.reset();
  used_ = 0;
  left_.clear();
}

void CallBudget::take(const std::string& shop, Granted done) {
  const WallTime now = runtime_->clock->wall();
  turn_day(now);
  Grant grant;
  if (stopped_) {
    grant.error = used_up(now, "the platform answered that the application's calls of the day are used up (code 2)");
    return done(grant);
  }
  std::int64_t& left = left_[shop];
  const bool looked = looked_ && runtime_->clock->mono() - *looked_ < kLookAgain;
  if (total_ == 0 ? looked : left > 0) {
    if (total_ > 0) --left;
    grant.granted = true;
    return done(grant);
  }
  if (const auto asking = asking_[shop].lock()) return asking->push_back(std::move(done));
  auto asking = std::make_shared<std::vector<Granted>>();
  asking->push_back(std::move(done));
  asking_[shop] = asking;
  claim(shop, std::move(asking));
}

/// Decides about one claim and notes it in the record.
CallBudget::Claim CallBudget::decide(Record& record, const std::string& shop, std::int64_t total, WallTime day,
                                     WallTime now) {
  Claim claim;
  claim.stopped = record.stopped;
  if (record.stopped || total == 0) return claim;
  const bool is_known = record.shops.count(shop) != 0;
  const auto shops = static_cast<std::int64_t>(record.shops.size() + (is_known ? 0 : 1));
  const std::string place = is_known || record.shops.size() < kMaxShops ? shop : std::string();
  const std::int64_t mine = record.shops.count(place) != 0 ? record.shops[place] : 0;
  const std::int64_t block = std::min(std::clamp<std::int64_t>(total / (shops * kBlocksPerShop), 1, kLargestBlock),
                                      std::max<std::int64_t>(total - record.used, 0));
  claim.used = record.used;
  claim.shops = shops;
  claim.used_up = block == 0;
  if (claim.used_up) return claim;

  const auto d_total = static_cast<double>(total);
  const auto d_shops = static_cast<double>(shops);
  const auto d_block = static_cast<double>(block);
  const auto d_used = static_cast<double>(record.used);
  const double passed = part_of_day(day, now);
  const double lead = std::min(1.0, passed + kLead);
  // A first block for everybody: else a small budget would begin with a long wait.
  const bool in_share =
      static_cast<double>(mine) <= d_total / d_shops * lead && d_used <= d_total * lead + d_block * (d_shops - 1);
  const bool is_left_over = d_used + d_block <= d_total * passed;
  if (in_share || is_left_over) {
    record.used += block;
    record.shops[place] = mine + block;
    claim.block = block;
    claim.used = record.used;
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

void CallBudget::claim(const std::string& shop, std::shared_ptr<std::vector<Granted>> asking) {
  const WallTime day = day_;
  runtime_->with_store<Claim>(
      detail::Affinity(root_.str()),
      [key = key(day), shop, total = total_, day, clock = runtime_->clock](Store& store) -> Result<Claim> {
        for (int race = 0; race < kRaces; ++race) {
          auto entry = store.get(key);
          if (!entry) return entry.error();
          Record record = *entry ? Record::parse((*entry)->value) : Record();
          const Claim claim = decide(record, shop, total, day, clock->wall());
          if (claim.block == 0) return claim;
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
    used_ = outcome->used;
    shops_ = outcome->shops;
    stopped_ = stopped_ || outcome->stopped;
    looked_ = runtime_->clock->mono();
    left_[shop] += outcome->block;
    no.wait = outcome->wait;
    if (outcome->used_up)
      no.error = used_up(now, "the calls that pollers may make in a day are used up (AppConfig::polling_share)");
  }
  const bool may_go = outcome && !outcome->used_up && (stopped_ || total_ == 0 || outcome->block > 0);
  for (Granted& done : asking) {
    if (may_go) {
      take(shop, std::move(done));
    } else {
      done(no);
    }
  }
}

void CallBudget::stop_for_today(std::function<void(const Error&)> done) {
  const WallTime now = runtime_->clock->wall();
  turn_day(now);
  stopped_ = true;
  runtime_->with_store<void>(
      detail::Affinity(root_.str()),
      [key = key(day_)](Store& store) -> Result<void> {
        for (int race = 0; race < kRaces; ++race) {
          auto entry = store.get(key);
          if (!entry) return entry.error();
          Record record = *entry ? Record::parse((*entry)->value) : Record();
          if (record.stopped) return {};
          record.stopped = true;
          auto outcome = detail::put_known(store, key, record.text(), *entry ? (*entry)->generation : 0, 2 * kBudgetDay,
                                           Durability::relaxed);
          if (!outcome) return outcome.error();
          if (outcome->committed) return {};
        }
        return {};
      },
      [self = shared_from_this(), done = std::move(done)](const Result<void>&) {
        // If the store failed, this process stops all the same, and the others meet the same answer.
        done(self->used_up(self->runtime_->clock->wall(),
                           "the platform answered that the application's calls of the day are used up (code 2)"));
      });
}

Millis CallBudget::pause_for(const std::string& shop, std::int64_t calls, Millis interval) const {
  if (total_ == 0 || calls <= 0) return interval;
  const auto block = left_.find(shop);
  const double mine = static_cast<double>(std::max<std::int64_t>(total_ - used_, 0)) / static_cast<double>(shops_) +
                      static_cast<double>(block == left_.end() ? 0 : block->second);
  const auto left = std::chrono::duration_cast<Millis>(day_ + kBudgetDay - runtime_->clock->wall());
  if (mine < 1) return std::max(interval, left);
  const double even = static_cast<double>(left.count()) * static_cast<double>(calls) / mine;
  return std::clamp(detail::bounded_span<Millis>(std::chrono::duration<double, std::milli>(even)), interval,
                    std::max(interval, left));
}

}  // namespace jd
KEFU_END_NAMESPACE
