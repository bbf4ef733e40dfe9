#pragma once

#include "jd/polling/stream.hpp"

#include <kefu/channel/poller.hpp>
#include <kefu/core/cancel.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The Poller of a shop: one stream after the other, each with a cursor of its own, so that one that fails does not
/// stop the others.
///
/// Thread safety: see Poller. All work is done on the loop.
class ShopPoller final : public Poller {
 public:
  ShopPoller(PollParts parts, std::vector<std::unique_ptr<PollSource>> sources);

  Pending<PollBatch> poll(CallOptions options) override;
  Pending<void> accept(std::vector<StoreWrite> cursor) override;
  Result<InboundEvent> reopen(std::string_view raw, WallTime received) const override;

 private:
  class Work;
  const PollParts parts_;
  const std::shared_ptr<Work> work_;
};

/// The poller of what the settings ask for; null if they ask for nothing.
std::shared_ptr<Poller> make_shop_poller(PollParts parts, const ApiClient& client,
                                         const std::optional<AfterSaleDesk>& after_sale);

}  // namespace jd
KEFU_END_NAMESPACE
