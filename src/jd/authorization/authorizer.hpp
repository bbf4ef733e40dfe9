#pragma once

#include "channel/accounts/known_merchants.hpp"
#include "channel/accounts/links.hpp"
#include "core/tokens/broker.hpp"
#include "jd/authorization/grant.hpp"
#include "jd/authorization/oauth.hpp"
#include "jd/authorization/redirect.hpp"

#include <kefu/channel/authorizer.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Authorization of shops for one application (jd 2).
///
/// Thread safety: all members may be called from any thread.
class ShopAuthorizer final : public Authorizer, public std::enable_shared_from_this<ShopAuthorizer> {
 public:
  explicit ShopAuthorizer(OauthAccess access);

  Pending<AuthorizationLink> link(std::string merchant, LinkRequest request, CallOptions options) override;
  Pending<Merchant> redeem(std::string_view redirect_query, CallOptions options) override;
  Pending<Merchant> merchant(std::string id) override;
  Pending<std::vector<Merchant>> merchants(std::string after, std::size_t limit) override;
  Pending<void> forget(std::string merchant) override;
  Pending<std::string> option(std::string merchant, std::string name, CallOptions options) override;
  Pending<void> set_option(std::string merchant, std::string name, std::string value, CallOptions options) override;
  void on_event(MoveFunction<void(const MerchantEvent&)> listener) override;

 private:
  struct Redeeming;
  using RedeemingPtr = std::shared_ptr<Redeeming>;

  void exchange(const RedeemingPtr& job, Redirect redirect);
  void exchanged(const RedeemingPtr& job, Result<GrantAnswer> answer);
  void store_grant(const RedeemingPtr& job);
  void failed(const RedeemingPtr& job, const Error& error);

  std::string key_of(const std::string& merchant) const;
  std::string token_key_of(const std::string& merchant) const;

  const OauthAccess access_;
  const detail::AuthorizationLinks links_;
  const detail::KnownMerchants known_;
};

}  // namespace jd
KEFU_END_NAMESPACE
