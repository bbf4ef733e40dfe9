#pragma once

#include "jd/polling/stream.hpp"

#include <kefu/channel/health.hpp>
#include <kefu/channel/poller.hpp>
#include <kefu/core/cancel.hpp>
#include <kefu/core/function.hpp>

#include <memory>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The Poller of a shop: one stream after the other, each with a cursor of its own, so that one that fails does not
/// stop the others.
///
/// Thread safety: see Poller. All work is done on the loop.
class ShopPoller final : public Poller {
 public:
  using Sources = std::vector<std::unique_ptr<PollSource>>;
  ShopPoller(PollParts parts, Sources sources);
  /// Asks for its sources when it polls for the first time: a shop that is not polled has none.
  ShopPoller(PollParts parts, MoveFunction<Sources()> make_sources);

  Pending<PollBatch> poll(CallOptions options) override;
  Pending<void> accept(std::vector<StoreWrite> cursor) override;
  Result<InboundEvent> reopen(std::string_view raw, WallTime received) const override;

  /// Of the last polls of this process.
  AccountHealth health() const;
  /// Passes over what that stream stands at, when it polls next. False: there is no such stream.
  bool skip(std::string_view stream) const;

 private:
  class Work;
  const std::shared_ptr<Work> work_;
};

/// The poller of what the settings ask for; null if they ask for nothing.
std::shared_ptr<ShopPoller> make_shop_poller(PollParts parts, ApiClient client, std::shared_ptr<const ShopConfig> shop);

}  // namespace jd
KEFU_END_NAMESPACE
