#pragma once

#include "jd/polling/cursor.hpp"
#include "jd/polling/events.hpp"

#include <kefu/core/cancel.hpp>
#include <kefu/core/client.hpp>
#include <kefu/jd/shop.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// A part of a page: what one more call reads (a customer's log, the messages on a service order), or items that came
/// with the page.
struct PollUnit {
  std::string name;  ///< For reports.
  bool must_read = false;
  BuyerIds customer;
  std::string scope;
  std::string agent;
  std::int64_t service_id = 0;
  std::int64_t order_id = 0;
  std::uint64_t once = 0;  ///< Units of the same number are read once a window; 0: each.
  std::vector<PolledItem> items;
};

/// One page of a list.
struct PollPage {
  std::vector<PollUnit> units;
  bool is_last = true;
  std::optional<std::int64_t> total;
  std::string print;           ///< Of its entries: a platform that gives the same page again has no more.
  std::vector<OpenChat> open;  ///< Sessions that go on.
  std::vector<std::string> ended;
};

/// One page of a unit's items.
struct PollItems {
  std::vector<PolledItem> items;
  bool is_last = true;
  std::string print;
};

/// Where a stream's items come from: one list of the platform, and what is behind its entries. Every list or read is
/// one call.
///
/// Thread safety: used on the loop only. `done` comes on the loop, perhaps within the call.
class PollSource {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~PollSource() = default;
  virtual std::string_view name() const = 0;
  /// False: it lists what happened in a window. True: what is so now, whenever it happened.
  virtual bool shows_state() const { return false; }
  virtual std::size_t agents() const { return 1; }
  virtual void list(const PollWindow& window, std::size_t agent, int page, const CancelToken& unwanted,
                    Done<PollPage> done) = 0;
  virtual void read(const PollUnit& unit, const PollWindow& window, int page, const CancelToken& unwanted,
                    Done<PollItems> done) = 0;
  /// Units for chats that were open before this window.
  virtual std::vector<PollUnit> units_of(const std::vector<OpenChat>& open) const {
    static_cast<void>(open);
    return {};
  }
  /// A unit was read to its end.
  virtual void was_read(const PollUnit& unit) { static_cast<void>(unit); }
};

std::unique_ptr<PollSource> make_chat_source(ApiClient client, PollingSettings settings);
std::unique_ptr<PollSource> make_evaluation_source(ApiClient client, PollingSettings settings);
std::unique_ptr<PollSource> make_service_order_source(ApiClient client, PollingSettings settings, AfterSaleDesk desk);
std::unique_ptr<PollSource> make_unsolved_source(ApiClient client, PollingSettings settings, AfterSaleDesk desk,
                                                 std::shared_ptr<const Clock> clock);

}  // namespace jd
KEFU_END_NAMESPACE
