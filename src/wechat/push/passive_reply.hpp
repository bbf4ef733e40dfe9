#pragma once

#include "core/text/short_text.hpp"

#include <kefu/channel/webhook.hpp>
#include <kefu/core/result.hpp>
#include <kefu/wechat/account_kind.hpp>

#include <cstdint>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// MsgType of the reply that hands a message to the account's AI reply.
inline constexpr std::string_view kTransferToAi = "transfer_biz_ai_ivr";

/// What the text of a passive reply needs to know of the push.
struct PassiveReplyTarget {
  detail::ShortText customer;  ///< FromUserName of the push.
  detail::ShortText account;   ///< ToUserName of the push.
  AccountKind kind = AccountKind::service_account;
  bool is_event = false;
  bool is_json = false;
};

/// Appends the clear text of a reply that is not NoReply (wechat-messages 7.3). Errors: `bad_argument` naming the
/// field, `unsupported` naming what to use instead; `out` is then of no use.
Result<void> append_passive_reply(const PassiveReply& reply, const PassiveReplyTarget& target, std::int64_t now,
                                  std::string& out);

/// Room that the reply will need at most in the common case.
std::size_t passive_reply_room(const PassiveReply& reply, const PassiveReplyTarget& target) noexcept;

}  // namespace wechat
KEFU_END_NAMESPACE
