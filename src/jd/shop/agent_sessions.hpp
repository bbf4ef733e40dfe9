#pragma once

#include "core/async/runtime_core.hpp"
#include "jd/customers/customer_book.hpp"

#include <kefu/channel/agent_sessions.hpp>
#include <kefu/channel/capabilities.hpp>
#include <kefu/core/client.hpp>
#include <kefu/jd/shop.hpp>

#include <memory>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The shop's agents, and its sessions by period, read in windows of at most 7 days. Pages follow the platform's own:
/// while a period still gains sessions, an entry may come twice or move past a page that was read. Customers come under
/// the ids by which the shop knows them (CustomerBook).
///
/// Thread safety: all members may be called from any thread.
class ShopAgentSessions final : public AgentSessions {
 public:
  ShopAgentSessions(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client,
                    std::shared_ptr<const PollingSettings> lists, std::shared_ptr<CustomerBook> customers,
                    std::shared_ptr<const Capabilities> capabilities)
      : runtime_(std::move(runtime)),
        client_(std::move(client)),
        lists_(std::move(lists)),
        customers_(std::move(customers)),
        capabilities_(std::move(capabilities)) {}

  Pending<std::vector<Agent>> agents(CallOptions options) override;
  Pending<AgentSessionPage> sessions(AgentSessionQuery query, CallOptions options) override;
  Pending<std::optional<AgentSession>> session_of(CustomerId customer, CallOptions options) override;
  Pending<void> open(CustomerId customer, std::string agent, CallOptions options) override;
  Pending<void> close(CustomerId customer, std::string agent, CallOptions options) override;
  Pending<std::vector<WaitingCustomer>> waiting(CallOptions options) override;

 private:
  template <class T>
  Pending<T> cannot(Ability ability) const;

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const std::shared_ptr<const PollingSettings> lists_;  ///< page_size and end_day_counts.
  const std::shared_ptr<CustomerBook> customers_;
  const std::shared_ptr<const Capabilities> capabilities_;
};

}  // namespace jd
KEFU_END_NAMESPACE
