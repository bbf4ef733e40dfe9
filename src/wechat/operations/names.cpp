#include "core/async/enum_name.hpp"

#include <kefu/wechat/account.hpp>
#include <kefu/wechat/api_security.hpp>
#include <kefu/wechat/content_check.hpp>
#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/events.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/push.hpp>
#include <kefu/wechat/web_login.hpp>

KEFU_BEGIN_NAMESPACE
namespace wechat {

std::string_view to_string(TokenMode mode) noexcept { return detail::name_in<2>({"stable", "classic"}, mode); }

std::string_view to_string(ApiSecurity::Encryption encryption) noexcept {
  return detail::name_in<2>({"aes256_gcm", "sm4_gcm"}, encryption);
}

std::string_view to_string(ApiSecurity::Signature signature) noexcept {
  return detail::name_in<2>({"rsa_sha256", "sm2_sm3"}, signature);
}

std::string_view to_string(ContentScene scene) noexcept {
  return detail::name_in<4>({"profile", "comment", "forum", "social"}, scene, 1);
}

std::string_view to_string(CheckMedia::Type type) noexcept { return detail::name_in<2>({"audio", "picture"}, type, 1); }

std::string_view to_string(CheckCallback::Action action) noexcept {
  return detail::name_in<3>({"dns", "ping", "all"}, action);
}

std::string_view to_string(CheckCallback::Operator from) noexcept {
  return detail::name_in<4>({"platform_default", "chinanet", "unicom", "tencent"}, from);
}

std::string_view to_string(PushMode mode) noexcept { return detail::name_in<3>({"plain", "compatible", "safe"}, mode); }

std::string_view to_string(PushFormat format) noexcept { return detail::name_in<3>({"any", "xml", "json"}, format); }

std::string_view to_string(PushDialect dialect) noexcept { return detail::name_in<2>({"wechat", "wecom"}, dialect); }

std::string_view to_string(PushFreshness::Mode mode) noexcept {
  return detail::name_in<3>({"enforce", "log_only", "off"}, mode);
}

std::string_view to_string(LoginScope scope) noexcept { return detail::name_in<2>({"base", "userinfo"}, scope); }

std::string_view to_string(const PushBody& body) noexcept {
  return detail::name_in<34>({"unknown",
                              "text",
                              "image",
                              "voice",
                              "video",
                              "location",
                              "link",
                              "file",
                              "mini_program_page",
                              "subscribe",
                              "unsubscribe",
                              "scan",
                              "location_event",
                              "click",
                              "view",
                              "view_mini_program",
                              "scan_code",
                              "pictures_chosen",
                              "location_chosen",
                              "template_sent",
                              "mass_sent",
                              "kf_session_created",
                              "kf_session_closed",
                              "kf_session_switched",
                              "user_authorization",
                              "card_session_entered",
                              "session_entered",
                              "media_check",
                              "punish",
                              "service_message_sent",
                              "subscription_asked",
                              "subscription_changed",
                              "subscription_sent",
                              "publish_finished"},
                             body.index());
}

std::string_view to_string(const CustomMessage& message) noexcept {
  return detail::name_in<13>({"text", "image", "voice", "video", "music", "news", "link", "menu", "mini_program",
                              "mp_news", "mp_news_article", "wx_card", "raw"},
                             message.index());
}

}  // namespace wechat
KEFU_END_NAMESPACE
