#pragma once

#include "sandbox/wechat/twin.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

// What the platform does for a third-party platform, and what merchants do at it (wechat-security B). Events are queued
// among the twin's undelivered pushes.

/// Pushes a ticket.
void push_ticket(WechatTwin& twin, WechatAccount& component, WallTime now);
/// Pushes one to every third-party platform whose time has come. The time of the next is never missed by a clock that
/// leaps: one ticket then stands for all between.
void push_due_tickets(WechatTwin& twin, WallTime now);
/// When the next ticket of this account is due; nothing: it gets none.
std::optional<WallTime> next_ticket_of(const WechatAccount& account);

/// The permission sets that a merchant of this kind grants if nothing else is asked for.
std::vector<int> usual_sets(WechatKind kind);
/// The merchant lets the third-party platform act, with these permission sets; the code of it. A merchant who had done
/// so before gets new credentials, and the old refresh token ends; without a change of sets no event comes of that.
std::string authorize(WechatTwin& twin, WechatAccount& component, const WechatAccount& merchant, std::vector<int> sets,
                      WallTime now);
/// The merchant ends it: tokens stop at once.
void withdraw(WechatTwin& twin, WechatAccount& component, WechatAccount& merchant, WallTime now);

}  // namespace sandbox
KEFU_END_NAMESPACE
