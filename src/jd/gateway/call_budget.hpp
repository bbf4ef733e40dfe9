#pragma once

#include "core/async/runtime_core.hpp"
#include "jd/gateway/call_stop.hpp"

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
/// share them: a record a shop. Claimed in blocks: a process that dies loses the rest of its block.
///
/// Spread over the day, with an hour's lead; within the lead each shop has the same share, and what others leave of the
/// day so far is everybody's. What others used is looked at every minute or less often, the more shops there are.
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

  /// `calls_per_day` 0: none counted, only the platform's own stop.
  /// `assumed`: nobody configured it, which is said once.
  CallBudget(std::shared_ptr<detail::RuntimeCore> runtime, const std::string& app_key, std::int64_t calls_per_day,
             double share, std::shared_ptr<CallStop> stop, bool assumed = false);

  /// Asks for one call. Answered at once while the shop's block lasts and the platform has not said stop.
  void take(const std::string& shop, Granted done);
  /// The pause between rounds of `calls` that lasts to the end of the day.
  Millis pause_for(const std::string& shop, std::int64_t calls, Millis interval) const;
  /// How many calls of this shop are its share of so much time.
  double calls_within(const std::string& shop, Millis span) const;

  const CallStop& stop() const { return *stop_; }

 private:
  struct View {
    std::int64_t used = 0;  ///< Of all shops, and what this process claimed since.
    std::int64_t shops = 1;
  };
  struct Claim;
  static Claim decide(std::int64_t mine, const View& view, std::int64_t total, WallTime day, WallTime now);
  static Result<View> look(Store& store, const std::string& prefix, const std::string& own);
  void turn_day(WallTime now);
  void take_of_block(const std::string& shop, Granted done);
  void claim(const std::string& shop, std::shared_ptr<std::vector<Granted>> asking);
  void claimed(const std::string& shop, std::vector<Granted> asking, const Result<Claim>& outcome);
  bool must_look() const;
  double left_of_day(const std::string& shop) const;
  Error used_up(WallTime now) const;

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const StoreKey root_;
  const std::int64_t total_;
  const std::shared_ptr<CallStop> stop_;

  bool must_tell_;
  WallTime day_{};
  View view_;
  std::optional<MonoTime> looked_;
  std::map<std::string, std::int64_t> left_;  ///< Of the block of each shop.
  /// Who waits for a claim; the claim on its way to the store owns the list.
  std::map<std::string, std::weak_ptr<std::vector<Granted>>> asking_;
};

}  // namespace jd
KEFU_END_NAMESPACE
