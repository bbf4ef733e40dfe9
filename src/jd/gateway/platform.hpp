#pragma once

#include "core/async/runtime_core.hpp"
#include "core/call/platform.hpp"
#include "core/tokens/credential.hpp"
#include "jd/gateway/call_stop.hpp"

#include <kefu/jd/app.hpp>
#include <kefu/jd/signer.hpp>

#include <functional>
#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The steps of the pipeline for one shop: signed forms to the gateway, plain queries to the authorization host.
///
/// A request comes with its business JSON as body, and in its query what else is sent beside the system parameters (the
/// token of the shop, `v` where a method has another version); `sign` makes the form of it (jd 1.2, 1.3, 1.5).
class ShopPlatform final : public detail::Platform {
 public:
  /// What a call must pass before it is authorized; its permits are those of channel/window/call_gate.hpp.
  using Gate = std::function<void(const OperationInfo& info, const HttpRequest& request, Gated done)>;

  /// `tokens` may be null for a pipeline whose calls carry none (the fetches of the tokens themselves); `account` is
  /// the shop's name. `stop` learns of code 2 and of its end from every call.
  ShopPlatform(std::shared_ptr<detail::RuntimeCore> runtime, std::shared_ptr<const AppConfig> app,
               std::shared_ptr<const Signer> signer, std::string account, std::shared_ptr<detail::TokenProvider> tokens,
               std::shared_ptr<CallStop> stop, Gate gate = nullptr);

  std::string_view platform() const override { return "jd"; }
  std::string_view account() const override { return account_; }
  const std::string& base_url(const OperationInfo& info) const override;
  std::string_view wrong_address(std::string_view path) const override;
  std::vector<detail::LimitRule> limits() const override;
  void gate(const OperationInfo& info, const HttpRequest& request, Gated done) override;
  void settle(std::unique_ptr<Permit> permit, const Error* error) override;
  void authorize(const OperationInfo& info, HttpRequest& request, MonoTime deadline, CancelToken cancel,
                 Authorized done) override;
  void renew(detail::CredentialTag refused, MonoTime deadline, CancelToken cancel,
             MoveFunction<void(Result<void>)> done) override;
  Result<void> sign(const OperationInfo& info, HttpRequest& request, WallTime now) override;
  detail::Document read(const OperationInfo& info, const HttpReply& reply,
                        std::pmr::memory_resource* room) const override;
  detail::Verdict classify(const OperationInfo& info, const detail::Reply& reply) const override;
  /// Code 2 concerns the application: a call that goes through after it opens all its APIs.
  bool clears_counters(const OperationInfo&) const override { return lifted_; }

 private:
  void put_token(HttpRequest& request, const detail::TokenPtr& token);

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const std::shared_ptr<const AppConfig> app_;
  const std::shared_ptr<const Signer> signer_;
  const std::string account_;
  const std::shared_ptr<detail::TokenProvider> tokens_;
  const std::shared_ptr<CallStop> stop_;
  const Gate gate_;              ///< Null: every call passes.
  mutable bool lifted_ = false;  // by the answer classified last; loop only
  detail::TokenPtr last_;        // the one sent last, to find its text in answers; loop only
};

}  // namespace jd
KEFU_END_NAMESPACE
