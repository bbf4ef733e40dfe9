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
  std::uint64_t once = 0;   ///< Units of the same number are one log.
  std::uint64_t same = 0;   ///< Entries of several agents' lists that are one: session and its agent.
  std::uint64_t entry = 0;  ///< Of the list's entry as it stands: another one, and there is something to read.
  std::optional<WallTime> began;
  std::optional<WallTime> ended;  ///< Nothing is said in it afterwards.
  std::vector<PolledItem> items;
};

/// One page of a list.
struct PollPage {
  std::vector<PollUnit> units;
  bool is_last = true;
  std::optional<std::int64_t> total;
  std::string print;  ///< Of its entries: a platform that gives the same page again has no more.
};

/// One page of a unit's items.
struct PollItems {
  std::vector<PolledItem> items;
  bool is_last = true;
  std::string print;
  std::optional<WallTime> newest;  ///< Of all that was said, also of what is no item.
};

/// Where a stream's items come from: one list of the platform, and what is behind its entries. Every list, read or
/// refresh is one call.
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
  /// True: entries are listed by the day they began, and go on after it.
  virtual bool lists_by_begin() const { return false; }
  virtual std::size_t agents() const { return 1; }
  /// True: whose lists are read is not configured, and each process finds it out.
  virtual bool finds_agents() const { return false; }
  /// Who else is to be asked is looked up from time to time.
  virtual bool must_refresh(MonoTime now) const { return static_cast<void>(now), false; }
  virtual void refresh(MonoTime now, const CancelToken& unwanted, std::function<void()> done) {
    static_cast<void>(now);
    static_cast<void>(unwanted);
    done();
  }
  /// Before each round: how many calls the budget allows between two of them.
  virtual void plan(double calls) { static_cast<void>(calls); }
  virtual std::string note() const { return {}; }

  virtual void list(const PollWindow& window, std::size_t agent, int page, const CancelToken& unwanted,
                    Done<PollPage> done) = 0;
  virtual void read(const PollUnit& unit, const PollWindow& window, int page, const CancelToken& unwanted,
                    Done<PollItems> done) = 0;
};

class AgentGroup;
std::unique_ptr<PollSource> make_chat_source(ApiClient client, PollingSettings settings,
                                             std::shared_ptr<AgentGroup> agents);
std::unique_ptr<PollSource> make_evaluation_source(ApiClient client, PollingSettings settings,
                                                   std::shared_ptr<AgentGroup> agents);
std::unique_ptr<PollSource> make_service_order_source(ApiClient client, PollingSettings settings, AfterSaleDesk desk);
/// Those of them to which a freight number came, which leaves their update time as it is.
std::unique_ptr<PollSource> make_freight_source(ApiClient client, PollingSettings settings, AfterSaleDesk desk);
std::unique_ptr<PollSource> make_unsolved_source(ApiClient client, PollingSettings settings, AfterSaleDesk desk);
/// Applications that wait for review, with the platform's deadline.
std::unique_ptr<PollSource> make_audit_source(ApiClient client, PollingSettings settings, AfterSaleDesk desk);

}  // namespace jd
KEFU_END_NAMESPACE
