#pragma once

#include "channel/accounts/merchant_events.hpp"
#include "core/async/runtime_core.hpp"
#include "core/async/wait.hpp"
#include "core/tokens/credential.hpp"
#include "wechat/component/grant_store.hpp"

#include <kefu/core/client.hpp>

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Renews the access token of one merchant's account with its refresh token. One that the platform does not know
/// (61023) is looked up at the platform, in the account's own answer and then in the list, and tried once more; what is
/// not there either, or an authorization that is gone (61003), ends the grant: the merchant has to authorize again.
///
/// Thread safety: as TokenFetcher, on the loop.
class AuthorizerTokenFetcher final : public detail::TokenFetcher,
                                     public std::enable_shared_from_this<AuthorizerTokenFetcher> {
 public:
  /// `client` calls in the component's name.
  AuthorizerTokenFetcher(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, ComponentRecords records,
                         std::shared_ptr<detail::MerchantEvents> events, std::string app_id)
      : runtime_(std::move(runtime)),
        client_(std::move(client)),
        records_(std::move(records)),
        events_(std::move(events)),
        app_id_(std::move(app_id)) {}

  void fetch(Mode mode, MonoTime deadline, CancelToken cancel,
             MoveFunction<void(Result<detail::FetchedToken>)> done) override;

 private:
  struct Job;
  using JobPtr = std::shared_ptr<Job>;
  void look(const JobPtr& job);
  void found(const JobPtr& job, Result<ComponentGrant> grant);
  void ask(const JobPtr& job);
  void answered(const JobPtr& job, Result<AuthorizerTokenAnswer> answer);
  void keep(const JobPtr& job);
  void look_up(const JobPtr& job, const Error& refusal);
  void look_in_list(const JobPtr& job, std::int64_t offset, const Error& refusal);
  void try_with(const JobPtr& job, const Secret& refresh_token);
  void give_up(const JobPtr& job, const Error& refusal, bool is_gone = false);

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const ComponentRecords records_;
  const std::shared_ptr<detail::MerchantEvents> events_;
  const std::string app_id_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
