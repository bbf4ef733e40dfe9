#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/profiles.hpp>
#include <kefu/core/client.hpp>
#include <kefu/wechat/account_kind.hpp>

#include <memory>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Who the followers of an official account are: the platform tells ids, remarks and tags, and no names or pictures. Of
/// a mini program's customer it tells the union id, within five minutes of a payment.
///
/// Thread safety: all members may be called from any thread.
class AccountProfiles final : public Profiles {
 public:
  AccountProfiles(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, AccountKind kind)
      : runtime_(std::move(runtime)), client_(std::move(client)), kind_(kind) {}

  Pending<Profile> look_up(CustomerId customer, CallOptions options) override;

 private:
  Pending<Profile> look_up_payer(CustomerId customer, CallOptions options);

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const AccountKind kind_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
