#pragma once

#include "core/call/platform.hpp"
#include "core/tokens/credential.hpp"

#include <kefu/wechat/open_platform.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The steps of the pipeline for a third-party platform's own calls at api.weixin.qq.com.
class ComponentPlatform final : public detail::Platform {
 public:
  /// `tokens` may be null for a pipeline whose calls carry none (the fetches of the token itself).
  ComponentPlatform(std::shared_ptr<const OpenPlatformConfig> config, std::shared_ptr<detail::TokenProvider> tokens)
      : config_(std::move(config)), tokens_(std::move(tokens)) {}

  std::string_view platform() const override { return "wechat"; }
  std::string_view account() const override { return config_->component_app_id; }
  const std::string& base_url(const OperationInfo&) const override { return config_->base_url; }
  std::vector<detail::LimitRule> limits() const override;
  bool clears_counters(const OperationInfo& info) const override;
  void authorize(const OperationInfo& info, HttpRequest& request, MonoTime deadline, CancelToken cancel,
                 Authorized done) override;
  void renew(detail::CredentialTag refused, MonoTime deadline, CancelToken cancel,
             MoveFunction<void(Result<void>)> done) override;
  Result<void> sign(const OperationInfo& info, HttpRequest& request, WallTime now) override;
  detail::Document read(const OperationInfo& info, const HttpReply& reply,
                        std::pmr::memory_resource* room) const override;
  detail::Verdict classify(const OperationInfo& info, const detail::Reply& reply) const override;

 private:
  const std::shared_ptr<const OpenPlatformConfig> config_;
  const std::shared_ptr<detail::TokenProvider> tokens_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
