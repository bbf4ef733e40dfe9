#pragma once

#include "channel/accounts/merchant_events.hpp"
#include "core/async/runtime_core.hpp"
#include "core/call/pipeline.hpp"
#include "core/call/queue.hpp"
#include "core/tokens/credential.hpp"
#include "jd/gateway/call_budget.hpp"
#include "jd/gateway/platform.hpp"

#include <kefu/channel/authorizer.hpp>
#include <kefu/core/client.hpp>
#include <kefu/jd/app.hpp>
#include <kefu/jd/signer.hpp>

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// What the shops of one application share. Shops keep it alive.
///
/// Thread safety: immutable once App::create has returned; the parts say their own.
class App::Core {
 public:
  Core(std::shared_ptr<detail::RuntimeCore> shared, std::shared_ptr<const AppConfig> settings, Signer s);

  /// The calls of one shop; `tokens` and `gate` may be null. All shops of the application count in its limits.
  std::shared_ptr<detail::Pipeline> make_pipeline(std::string shop, std::shared_ptr<detail::TokenProvider> tokens,
                                                  ShopPlatform::Gate gate) const;

  const std::shared_ptr<detail::RuntimeCore> runtime;
  const std::shared_ptr<const AppConfig> config;
  const std::shared_ptr<const Signer> signer;
  const std::shared_ptr<CallStop> stop;  ///< Code 2, of all calls of all shops.
  const std::shared_ptr<detail::CallQueue> queue;
  const ApiClient oauth;  ///< Calls of the authorization host: no token, no limits of the gateway.
  const std::shared_ptr<CallBudget> poll_budget;  ///< Of all shops' pollers.
  const std::shared_ptr<detail::MerchantEvents> events;
  std::shared_ptr<Authorizer> authorizer;  ///< Holds no Core.
};

}  // namespace jd
KEFU_END_NAMESPACE
