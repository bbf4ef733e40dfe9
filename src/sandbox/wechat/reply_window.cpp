#include "sandbox/wechat/reply_window.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr WindowGrant kAfterMessage{5, std::chrono::hours(48)};
constexpr WindowGrant kAfterAct{3, std::chrono::minutes(1)};
constexpr WindowGrant kAfterEntering{2, std::chrono::minutes(1)};

}  // namespace

std::optional<WindowGrant> window_grant(WechatKind kind, std::string_view msgtype, std::string_view event,
                                        bool menu_message_tap) {
  const bool is_mini = kind == WechatKind::mini_program;
  if (msgtype != "event") {
    if (menu_message_tap && !is_mini) return kAfterAct;
    return kAfterMessage;
  }
  if (is_mini) {
    if (event == "user_enter_tempsession") return kAfterEntering;
    return std::nullopt;
  }
  for (const std::string_view opening : {"subscribe", "SCAN", "CLICK", "scancode_push", "scancode_waitmsg"})
    if (event == opening) return kAfterAct;
  return std::nullopt;
}

ReplyWindow::State ReplyWindow::state(WallTime now) const {
  if (now > ends_) return State::closed;
  return left_ > 0 ? State::open : State::used_up;
}

void ReplyWindow::grant(const WindowGrant& granted, WallTime now) {
  left_ = std::max(left(now), granted.messages);
  ends_ = std::max(ends_, now + granted.length);
}

}  // namespace sandbox
KEFU_END_NAMESPACE
