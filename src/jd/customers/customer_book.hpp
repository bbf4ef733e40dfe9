#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/message.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/cancel.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/store.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// One buyer is one customer, whichever of the names a message came with (jd 6.2): pin, open_id or xid. The name that
/// was seen first is the customer's id for good. Names that came together mean one buyer; where they belong to two
/// customers, the one that was seen first is meant from then on, and log_event::kCustomersJoined tells. A masked name
/// joins nobody.
///
/// Each name has a record for a year after it was last seen. Of several processes, who commits first is right.
///
/// Thread safety: all members may be called from any thread; `done` comes on the loop, in the order of the calls.
class CustomerBook final : public std::enable_shared_from_this<CustomerBook> {
 public:
  CustomerBook(std::shared_ptr<detail::RuntimeCore> runtime, std::string shop)
      : runtime_(std::move(runtime)), shop_(std::move(shop)) {}

  /// Who is meant by each, as the platform named them. What is new is remembered, that of a whole page in one commit.
  using Settled = MoveFunction<void(Result<std::vector<CustomerId>>)>;
  void settle(std::vector<CustomerId> seen, Settled done);

  /// Who is meant, with all names that are known; an unknown one is meant itself, and so is everybody while the store
  /// cannot be reached. Nothing is remembered. Takes at most kFindTime, and no longer than `options` says. Error:
  /// `cancelled`.
  using Found = MoveFunction<void(Result<CustomerId>)>;
  void find(CustomerId customer, const CallOptions& options, CancelToken unwanted, Found done);
  /// The same for several, in their order.
  using FoundAll = MoveFunction<void(Result<std::vector<CustomerId>>)>;
  void find_all(std::vector<CustomerId> customers, const CallOptions& options, CancelToken unwanted, FoundAll done);
  static constexpr Millis kFindTime{5'000};

 private:
  struct Joined {
    std::string kept;
    std::string ended;
  };
  struct Worked {
    std::vector<CustomerId> meant;
    std::vector<Joined> joined;
  };
  using Seen = std::vector<std::pair<CustomerId, std::vector<std::string>>>;  ///< With their strong names.
  class Step;
  struct Search;
  detail::Affinity affinity() const { return detail::Affinity(shop_); }
  Result<Worked> work(Store& store, const std::vector<CustomerId>& seen, bool learns) const;
  void report(const Joined& joined) const;

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const std::string shop_;
};

/// The customer's names that mean one person: of the form of CustomerId::id, but for masked ones.
std::vector<std::string> strong_names(const CustomerId& customer);

}  // namespace jd
KEFU_END_NAMESPACE
