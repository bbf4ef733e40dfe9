#pragma once

#include "channel/window/gate.hpp"
#include "core/async/runtime_core.hpp"
#include "core/call/platform.hpp"
#include "core/tokens/credential.hpp"
#include "wechat/account/api_security.hpp"
#include "wechat/account/shared_settings.hpp"

#include <kefu/channel/capabilities.hpp>
#include <kefu/wechat/account.hpp>

#include <memory>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The id of the request that the platform writes into its error texts (`... rid: 5f3ded7d-22929d02-4ba1f5f6`, in older
/// ones ` hint: [IVHYVA0391ge31]`); empty if there is none.
std::string_view request_id_of(std::string_view errmsg) noexcept;

// What every caller of api.weixin.qq.com, an account or a third-party platform, makes of answers.

/// As long as the request allows: the transport has bounded it.
detail::Document read_answer(const HttpReply& reply, std::pmr::memory_resource* room);
/// By errcode, or by what shows that the call was done. `on_behalf`: the call carries a merchant's token.
detail::Verdict classify_reply(const OperationInfo& info, const detail::Reply& reply, bool on_behalf = false);

/// The steps of the pipeline for one account at api.weixin.qq.com.
class AccountPlatform final : public detail::Platform {
 public:
  /// `tokens` and `window` may be null for a pipeline whose calls carry none (the fetches of the tokens themselves).
  AccountPlatform(std::shared_ptr<detail::RuntimeCore> runtime, std::string app_id, Secret app_secret,
                  std::shared_ptr<const SharedSettings> settings, std::shared_ptr<detail::TokenProvider> tokens,
                  std::shared_ptr<detail::WindowGate> window, std::shared_ptr<const ApiSeal> seal = nullptr,
                  bool on_behalf = false);

  std::string_view platform() const override { return "wechat"; }
  std::string_view account() const override { return app_id_; }
  const std::string& base_url(const OperationInfo& info) const override;
  std::vector<detail::LimitRule> limits() const override;
  bool clears_counters(const OperationInfo& info) const override;
  void gate(const OperationInfo& info, const HttpRequest& request, Gated done) override;
  void settle(std::unique_ptr<Permit> permit, const Error* error) override;
  void authorize(const OperationInfo& info, HttpRequest& request, MonoTime deadline, CancelToken cancel,
                 Authorized done) override;
  void renew(detail::CredentialTag refused, MonoTime deadline, CancelToken cancel,
             MoveFunction<void(Result<void>)> done) override;
  Result<void> sign(const OperationInfo& info, HttpRequest& request, WallTime now) override;
  void open(const OperationInfo& info, HttpReply& reply) const override;
  detail::Document read(const OperationInfo& info, const HttpReply& reply,
                        std::pmr::memory_resource* room) const override;
  detail::KnowsFormat known_formats() const override;
  detail::Verdict classify(const OperationInfo& info, const detail::Reply& reply) const override;

 private:
  std::optional<Error> add_own_credentials(const OperationInfo& info, HttpRequest& request) const;

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const std::string app_id_;
  const Secret app_secret_;  ///< May be empty where the host brings the tokens.
  const std::shared_ptr<const SharedSettings> settings_;
  const std::shared_ptr<detail::TokenProvider> tokens_;
  const std::shared_ptr<detail::WindowGate> window_;
  const std::shared_ptr<const ApiSeal> seal_;  ///< Null: the API signature mode is off.
  const bool on_behalf_;                       ///< Its owner authorized a third-party platform, whose tokens these are.
};

}  // namespace wechat
KEFU_END_NAMESPACE
