#pragma once

#include "core/call/pipeline.hpp"
#include "core/tokens/credential.hpp"
#include "jd/answering/messenger.hpp"
#include "jd/authorization/app_core.hpp"
#include "jd/polling/poller.hpp"

#include <kefu/core/cancel.hpp>
#include <kefu/jd/shop.hpp>

#include <memory>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// One shop: what its calls and facets share. Facets are made by Shop::create; null where the shop has none.
///
/// Thread safety: immutable once Shop::create has returned; the parts say their own.
class Shop::Core {
 public:
  Core(std::shared_ptr<App::Core> application, std::shared_ptr<const ShopConfig> settings,
       std::shared_ptr<const Capabilities> abilities, std::shared_ptr<detail::TokenProvider> provider,
       std::shared_ptr<detail::Pipeline> calls)
      : app(std::move(application)),
        config(std::move(settings)),
        capabilities(std::move(abilities)),
        tokens(std::move(provider)),
        pipeline(calls),
        client(std::move(calls)) {}

  const std::shared_ptr<App::Core> app;
  const std::shared_ptr<const ShopConfig> config;
  const std::shared_ptr<const Capabilities> capabilities;
  const std::shared_ptr<detail::TokenProvider> tokens;
  const std::shared_ptr<detail::Pipeline> pipeline;
  const ApiClient client;

  std::shared_ptr<CustomerBook> customers;
  std::shared_ptr<ShopMessenger> messenger;
  std::shared_ptr<PushReceiver> push_receiver;
  std::shared_ptr<ShopPoller> poller;
  std::shared_ptr<AgentSessions> agent_sessions;
  std::shared_ptr<Transcripts> transcripts;
  std::shared_ptr<Profiles> profiles;
  std::shared_ptr<ReplyLedger> reply_ledger;
  const CancelSource removed;
};

}  // namespace jd
KEFU_END_NAMESPACE
