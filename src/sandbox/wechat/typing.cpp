#include "sandbox/wechat/twin.hpp"

#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::chrono::seconds kTypingLasts(15);
constexpr std::chrono::seconds kAfterMessageAtMost(30);

ApiResult show_typing(WechatCall& call, bool on_business_path) {
  const WechatApp& app = call.account->app;
  if (app.kind != WechatKind::mini_program && !app.verified) return refuse(48001);
  WechatCustomer* customer = call.twin.find_customer(*call.account, call.body["touser"].text());
  if (customer == nullptr) return refuse(40003);
  if (ApiResult bad = check_business(call, on_business_path); bad.code != 0) return bad;
  const std::string_view command = call.body["command"].text();
  if (command != "Typing" && command != "CancelTyping") return refuse(45072);
  if (customer->refuse_code != 0) return refuse(customer->refuse_code);
  if (!customer->following) return refuse(static_cast<int>(call.twin.setting("unfollowed_code")));
  if (!app.unlimited_windows) {
    const ReplyWindow::State state = customer->window.state(call.now);
    if (state == ReplyWindow::State::closed) return refuse(45015);
    if (state == ReplyWindow::State::used_up) return refuse(45047);
  }
  if (command == "CancelTyping") {
    customer->typing_until = WallTime::min();
    return {};
  }
  const bool spoke = customer->last_message != WallTime::min();
  if (!spoke || call.now - customer->last_message > kAfterMessageAtMost) return refuse(45080);
  if (call.now < customer->typing_until) return refuse(45081);
  customer->typing_until = call.now + kTypingLasts;
  return {};
}

ApiResult show_business_typing(WechatCall& call) {
  if (call.account->app.kind != WechatKind::mini_program) {
    const auto code = static_cast<int>(call.twin.setting("business_typing_for_official_code"));
    if (code != 0) return refuse(code);
  }
  return show_typing(call, true);
}
ApiResult show_common_typing(WechatCall& call) { return show_typing(call, false); }

}  // namespace

std::vector<WechatRoute> wechat_typing_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/message/custom/typing", Credential::token, show_common_typing},
          {"POST", "/cgi-bin/message/custom/business/typing", Credential::token, show_business_typing}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
