#pragma once

#include <kefu/core/time.hpp>
#include <kefu/sandbox/wechat_app.hpp>

#include <chrono>
#include <optional>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// What one act of a customer grants (wechat-messages 2.5).
struct WindowGrant {
  int messages;
  std::chrono::seconds length;
};

/// What a pushed message or event grants, or nothing. A tap on a menu message counts as a menu tap.
std::optional<WindowGrant> window_grant(WechatKind kind, std::string_view msgtype, std::string_view event,
                                        bool menu_message_tap);

/// How many messages one customer may still get, and until when. Grants do not add up: the larger count and the later
/// end win.
class ReplyWindow {
 public:
  enum class State : unsigned char { open, closed, used_up };

  State state(WallTime now) const;
  void grant(const WindowGrant& granted, WallTime now);
  void spend() {
    if (left_ > 0) --left_;
  }
  void close() { ends_ = WallTime::min(); }
  int left(WallTime now) const { return now <= ends_ ? left_ : 0; }
  WallTime ends() const { return ends_; }

 private:
  int left_ = 0;
  WallTime ends_ = WallTime::min();
};

}  // namespace sandbox
KEFU_END_NAMESPACE
