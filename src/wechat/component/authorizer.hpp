#pragma once

#include "channel/accounts/known_merchants.hpp"
#include "channel/accounts/links.hpp"
#include "channel/accounts/merchant_events.hpp"
#include "channel/accounts/redirect.hpp"
#include "core/async/runtime_core.hpp"
#include "wechat/component/grant_store.hpp"

#include <kefu/channel/authorizer.hpp>
#include <kefu/core/client.hpp>
#include <kefu/wechat/open_platform.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Authorization of merchants for one third-party platform (wechat-security B5 to B11).
///
/// A code, of the redirect or of a push, is redeemed in steps, each durable before the next: that it is about to be
/// spent; what it brought, with the access token and the end of the code; what the account is. Redirect and push of one
/// authorization may come in either order and with one code or two: the account is found by its app id. A code that was
/// spent by a process which ended before the second step is repaired from the platform's list.
///
/// Thread safety: all members may be called from any thread.
class ComponentAuthorizer final : public Authorizer, public std::enable_shared_from_this<ComponentAuthorizer> {
 public:
  ComponentAuthorizer(std::shared_ptr<detail::RuntimeCore> runtime, std::shared_ptr<const OpenPlatformConfig> config,
                      ApiClient client);

  Pending<AuthorizationLink> link(std::string merchant, LinkRequest request, CallOptions options) override;
  Pending<Merchant> redeem(std::string_view redirect_query, CallOptions options) override;
  Pending<Merchant> merchant(std::string id) override;
  Pending<std::vector<Merchant>> merchants(std::string after, std::size_t limit) override;
  Pending<void> forget(std::string merchant) override;
  Pending<std::string> option(std::string merchant, std::string name, CallOptions options) override;
  Pending<void> set_option(std::string merchant, std::string name, std::string value, CallOptions options) override;
  void on_event(MoveFunction<void(const MerchantEvent&)> listener) override;

  const std::shared_ptr<detail::MerchantEvents>& events() const { return events_; }

  /// Makes what a push says durable; `done` then lets it be acknowledged. A code is redeemed after that.
  void take_push(const ComponentPush& push, MoveFunction<void(Result<void>)> done);

  /// Redeems a code that no redirect brought; one that was redeemed before gives what it brought.
  void redeem_code(const Secret& code, MoveFunction<void(Result<ComponentGrant>)> done);

  /// The grant of a merchant, with what the platform says of its account. Errors: `not_found`,
  /// `needs_authorization`; of the call and of the store.
  void find_account(const std::string& merchant, CallOptions options, MoveFunction<void(Result<ComponentGrant>)> done);

 private:
  struct Redeeming;
  using RedeemingPtr = std::shared_ptr<Redeeming>;

  RedeemingPtr start(MonoTime deadline, const CallOptions& options, CancelToken cancelled) const;
  void begin(const RedeemingPtr& job);
  /// Records the use of its code before it is spent, or finds what is known of that.
  void note_code(const RedeemingPtr& job, const CodeUse& wanted, MoveFunction<void(Result<BegunCode>)> done) const;
  void exchange(const RedeemingPtr& job);
  void exchanged(const RedeemingPtr& job, Result<AuthorizationInfo> answer);
  void look_again(const RedeemingPtr& job, const Error& refusal);
  void repair(const RedeemingPtr& job, const Error& refusal);
  void repaired(const RedeemingPtr& job, const Error& refusal);
  void name(const RedeemingPtr& job, const std::string& app_id);
  void keep(const RedeemingPtr& job);
  void kept(const RedeemingPtr& job, Result<GrantChange> change);
  void describe(const RedeemingPtr& job, ComponentGrant grant);

  void take_grant(const ComponentPush& push, const AuthorizationGranted& granted,
                  MoveFunction<void(Result<void>)> done);
  void take_withdrawal(const ComponentPush& push, const AuthorizationWithdrawn& withdrawn,
                       MoveFunction<void(Result<void>)> done);

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const std::shared_ptr<const OpenPlatformConfig> config_;
  const ApiClient client_;
  const ComponentRecords records_;
  const detail::AuthorizationLinks links_;
  const detail::KnownMerchants known_;
  const std::shared_ptr<detail::MerchantEvents> events_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
