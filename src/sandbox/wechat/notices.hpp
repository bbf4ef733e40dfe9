#pragma once

#include "sandbox/wechat/kf.hpp"

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

const NoticeTemplate* find_template(const WechatAccount& account, std::string_view id);
/// A new template within the account's limit; the answer has its id under `name`.
ApiResult add_notice_template(WechatCall& call, NoticeTemplate made, std::string_view name);
ApiResult delete_notice_template(WechatCall& call, std::string_view id, bool of_messages);

/// 47003 naming the first value that the template does not take.
ApiResult check_template_values(const WechatCall& call, const NoticeTemplate& notice);
/// A mini program that the message leads to, if one is named.
ApiResult check_mini_program_target(const WechatCall& call);

/// Shows it to the customer. The message id.
std::string show_notice(const WechatCall& call, WechatCustomer& customer, const NoticeTemplate& notice,
                        std::string_view msgtype);

/// The customer's consent to a template (or refusal), with the event of the dialog.
void answer_template_dialog(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer,
                            const NoticeTemplate& notice, bool accept, int count, WallTime now);
/// The customer switches a template off in the settings, with the event of that.
void withdraw_consent(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, const NoticeTemplate& notice,
                      WallTime now);

}  // namespace sandbox
KEFU_END_NAMESPACE
