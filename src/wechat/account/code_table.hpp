#pragma once

#include "core/call/code_table.hpp"

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The codes of api.weixin.qq.com; the WeCom host uses some of the numbers differently.
const detail::CodeTable& code_table();

/// Which conditions of the table hold for a call.
class CallConditions final : public detail::ConditionCheck {
 public:
  /// `on_behalf`: the call carries a merchant's authorizer_access_token.
  explicit CallConditions(std::string_view path, bool on_behalf = false) : path_(path), on_behalf_(on_behalf) {}
  bool holds(std::string_view condition) const override;

 private:
  std::string_view path_;
  bool on_behalf_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
