#pragma once

#include "sandbox/http/event_loop.hpp"
#include "sandbox/wechat/push.hpp"

#include <kefu/core/function.hpp>
#include <kefu/sandbox/push.hpp>

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// Brings one delivery to a callback URL on this machine over a connection of its own, and calls `done` exactly once,
/// on the loop: with the answer, or a fault. Must be called on the loop; `url` was checked before.
void post_to_callback(EventLoop& loop, const std::string& url, Delivery delivery, MonoTime deadline,
                      MoveFunction<void(PushReply)> done);

}  // namespace sandbox
KEFU_END_NAMESPACE
