#pragma once

#include "channel/send/lanes.hpp"
#include "core/async/runtime_core.hpp"

#include <kefu/channel/channel.hpp>
#include <kefu/core/client.hpp>
#include <kefu/wechat/account.hpp>
#include <kefu/wechat/customer_messages.hpp>

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Sends through one account: makes messages fit its kind and names their types; SendLanes does the rest.
///
/// Thread safety: all members may be called from any thread.
class AccountMessenger final : public Messenger {
 public:
  AccountMessenger(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client,
                   std::shared_ptr<detail::WindowGate> window, const AccountConfig& config,
                   std::shared_ptr<const Capabilities> capabilities);

  Pending<Receipt> send(Message message, CallOptions options) override;
  Pending<SendPlan> plan(Message message, CallOptions options) override;
  Pending<void> typing(Address to, bool on, CallOptions options) override;

  /// The account was closed: messages that wait, and all later ones, answer `cancelled`.
  void close();

 private:
  class Parts;

  Result<detail::OutgoingMessage> prepare(Message message) const;
  std::string business_of(const Address& to) const;
  Result<void> check_address(const Address& to) const;

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const std::string account_;
  const AccountKind kind_;
  const bool business_typing_;
  const bool business_send_;
  const std::shared_ptr<const Capabilities> capabilities_;
  const std::shared_ptr<detail::SendLanes> lanes_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
