#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/outreach.hpp>
#include <kefu/core/client.hpp>
#include <kefu/wechat/account_kind.hpp>

#include <memory>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Subscription and template messages of one account.
///
/// Thread safety: all members may be called from any thread.
class AccountOutreach final : public Outreach {
 public:
  AccountOutreach(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, AccountKind kind,
                  std::shared_ptr<const Capabilities> capabilities)
      : runtime_(std::move(runtime)), client_(std::move(client)), kind_(kind), capabilities_(std::move(capabilities)) {}

  Pending<Receipt> send(OutreachMessage message, CallOptions options) override;

 private:
  std::optional<Error> refusal(const OutreachMessage& message) const;

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const AccountKind kind_;
  const std::shared_ptr<const Capabilities> capabilities_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
