#pragma once

#include "core/async/runtime_core.hpp"
#include "jd/customers/customer_book.hpp"

#include <kefu/channel/transcripts.hpp>
#include <kefu/core/client.hpp>
#include <kefu/jd/shop.hpp>

#include <memory>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Chat logs of one customer, read in windows of at most 7 days. The order of the platform's pages is not public, so
/// each window is read whole and sorted; TranscriptPage::next names the last line's time, so that lines which appear
/// later do not shift pages. Logs are found by pin: that of a customer named otherwise is the one the shop has seen.
///
/// Thread safety: all members may be called from any thread.
class ShopTranscripts final : public Transcripts {
 public:
  ShopTranscripts(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client,
                  std::shared_ptr<const PollingSettings> lists, std::shared_ptr<CustomerBook> customers)
      : runtime_(std::move(runtime)),
        client_(std::move(client)),
        lists_(std::move(lists)),
        customers_(std::move(customers)) {}

  Pending<TranscriptPage> read(TranscriptQuery query, CallOptions options) override;

 private:
  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const std::shared_ptr<const PollingSettings> lists_;  ///< page_size and end_day_counts.
  const std::shared_ptr<CustomerBook> customers_;
};

}  // namespace jd
KEFU_END_NAMESPACE
