#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/agent_sessions.hpp>
#include <kefu/channel/capabilities.hpp>
#include <kefu/core/client.hpp>

#include <memory>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Agents and their sessions of one account. The platform tells of open sessions only: a period picks those of them
/// that began in it.
///
/// Thread safety: all members may be called from any thread.
class AccountAgentSessions final : public AgentSessions {
 public:
  AccountAgentSessions(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client,
                       std::shared_ptr<const Capabilities> capabilities)
      : runtime_(std::move(runtime)), client_(std::move(client)), capabilities_(std::move(capabilities)) {}

  Pending<std::vector<Agent>> agents(CallOptions options) override;
  Pending<AgentSessionPage> sessions(AgentSessionQuery query, CallOptions options) override;
  Pending<std::optional<AgentSession>> session_of(CustomerId customer, CallOptions options) override;
  Pending<void> open(CustomerId customer, std::string agent, CallOptions options) override;
  Pending<void> close(CustomerId customer, std::string agent, CallOptions options) override;
  Pending<std::vector<WaitingCustomer>> waiting(CallOptions options) override;

 private:
  /// What stands against a call before it is made: the ability, then what it names.
  std::optional<Error> refusal(Ability ability, const CustomerId* customer, const std::string* agent) const;

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const std::shared_ptr<const Capabilities> capabilities_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
