#pragma once

#include "core/async/runtime_core.hpp"
#include "core/tokens/broker.hpp"
#include "core/tokens/credential.hpp"
#include "wechat/component/tickets.hpp"

#include <kefu/core/client.hpp>
#include <kefu/wechat/open_platform.hpp>

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Fetches a component_access_token with the newest stored ticket; if that one is refused, with the one before. Without
/// a usable ticket no call is made.
///
/// Thread safety: as TokenFetcher, on the loop.
class ComponentTokenFetcher final : public detail::TokenFetcher,
                                    public std::enable_shared_from_this<ComponentTokenFetcher> {
 public:
  /// `client` is of a pipeline whose calls carry no token.
  ComponentTokenFetcher(std::shared_ptr<detail::RuntimeCore> runtime, std::shared_ptr<const OpenPlatformConfig> config,
                        ApiClient client)
      : runtime_(std::move(runtime)),
        config_(std::move(config)),
        client_(std::move(client)),
        key_(ticket_key(runtime_->name_space, config_->component_app_id)) {}

  void fetch(Mode mode, MonoTime deadline, CancelToken cancel,
             MoveFunction<void(Result<detail::FetchedToken>)> done) override;

 private:
  struct Fetch;
  using FetchPtr = std::shared_ptr<Fetch>;
  void found(const FetchPtr& job, Result<TicketRecord> record);
  void ask(const FetchPtr& job);

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const std::shared_ptr<const OpenPlatformConfig> config_;
  const ApiClient client_;
  const std::string key_;
};

/// Where the component's token is in the store.
detail::TokenSettings component_token_settings(std::string component_app_id);

/// The error of a component without a usable ticket.
Error no_ticket(const TicketRecord& record, WallTime now);

}  // namespace wechat
KEFU_END_NAMESPACE
