#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/core/error.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The calls that all pollers of an application may make in a day (GMT+8), counted in the store, so that processes
/// share them. Claimed in blocks: a process that dies loses the rest of its block.
///
/// Spread over the day, with an hour's lead; within the lead each shop has the same share, and what others leave of the
/// day so far is everybody's. When the platform itself says that the calls are used up (code 2), polling stops until
/// the next day.
///
/// Thread safety: used on the loop only.
class CallBudget final : public std::enable_shared_from_this<CallBudget> {
 public:
  /// May a call be made? If not, when to ask again, or the error that ends today.
  struct Grant {
    bool granted = false;
    Millis wait{0};
    std::optional<Error> error;
  };
  using Granted = std::function<void(const Grant&)>;

  /// `calls_per_day` 0: not known, only the platform's own stop counts.
  CallBudget(std::shared_ptr<detail::RuntimeCore> runtime, const std::string& app_key, std::int64_t calls_per_day,
             double share);

  /// Asks for one call. Answered at once while the shop's block lasts.
  void take(const std::string& shop, Granted done);
  /// The platform answered that the application's calls are used up.
  void stop_for_today(std::function<void(const Error&)> done);
  /// The pause between rounds of `calls` that lasts to the end of the day.
  Millis pause_for(const std::string& shop, std::int64_t calls, Millis interval) const;

 private:
  struct Record;
  struct Claim;
  static Claim decide(Record& record, const std::string& shop, std::int64_t total, WallTime day, WallTime now);
  void turn_day(WallTime now);
  void claim(const std::string& shop, std::shared_ptr<std::vector<Granted>> asking);
  void claimed(const std::string& shop, std::vector<Granted> asking, const Result<Claim>& outcome);
  Error used_up(WallTime now, const char* why) const;
  std::string key(WallTime day) const;

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const StoreKey root_;
  const std::int64_t total_;

  WallTime day_{};
  bool stopped_ = false;
  std::optional<MonoTime> looked_;  ///< When the store was last asked for a stop.
  std::int64_t used_ = 0;
  std::int64_t shops_ = 1;
  std::map<std::string, std::int64_t> left_;  ///< Of the block of each shop.
  /// Who waits for a claim; the claim on its way to the store owns the list.
  std::map<std::string, std::weak_ptr<std::vector<Granted>>> asking_;
};

}  // namespace jd
KEFU_END_NAMESPACE
