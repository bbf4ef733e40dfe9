#pragma once

#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "sandbox/http/form_data.hpp"
#include "sandbox/http/message.hpp"
#include "sandbox/wechat/state.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

class WechatTwin;

/// What an API of the platform answers: JSON of its own, or a code with its text.
struct ApiResult {
  int code = 0;
  std::string body;               ///< Success with fields; empty: {"errcode":0,"errmsg":"ok"}.
  std::string detail;             ///< Text in place of the code's usual one.
  std::string content_type = {};  ///< Empty: that of JSON.
  Pairs headers = {};
  int status = 200;
};
inline ApiResult refuse(int code, std::string detail = {}) { return {code, {}, std::move(detail)}; }
/// An object of these fields; most reading APIs leave errcode out.
template <class Write>
ApiResult fields_answer(Write write) {
  ApiResult result;
  detail::JsonWriter writer(result.body);
  writer.begin_object();
  write(writer);
  writer.end_object();
  return result;
}
/// The same behind {"errcode":0,"errmsg":"ok"}.
template <class Write>
ApiResult ok_answer(Write write) {
  return fields_answer([&write](detail::JsonWriter& writer) {
    writer.key("errcode").integer(0).key("errmsg").string("ok");
    write(writer);
  });
}

/// One call on its way through the twin.
struct WechatCall {
  WechatTwin& twin;
  const WebRequest& request;
  WallTime now;
  WechatAccount* account = nullptr;    ///< Of the access token.
  WechatAccount* component = nullptr;  ///< The third-party platform that calls, in its own name or a merchant's.
  detail::Document document = {};
  detail::Value body = {};
  std::vector<FormPart> form = {};  ///< Of an upload.
  bool sealed = false;              ///< Came in the API signature mode, and is answered so.
  Pairs parameters = {};            ///< Of the body, where it is written like a query.

  /// A switch's code; 0 lets pass.
  ApiResult gap(std::string_view name) const;
  /// A parameter of the query or of the body, or a field of the form.
  std::string_view query(std::string_view name) const;
};

/// A row of the route table. Each family of APIs has its rows in its own file.
struct WechatRoute {
  enum class Credential : unsigned char {
    none,
    token,
    component,            ///< A third-party platform's own.
    component_or_account  ///< Sources disagree.
  };
  enum class Body : unsigned char { json, form };
  std::string_view method;  ///< "GET", "POST", "GET|POST".
  std::string_view path;
  Credential credential;
  ApiResult (*run)(WechatCall& call);
  Body body = Body::json;  ///< Of POST.
  bool pushes = false;     ///< May lead to an event for the webhook: refused while there is no room for one.
};
std::vector<WechatRoute> wechat_token_routes();
std::vector<WechatRoute> wechat_custom_message_routes();
std::vector<WechatRoute> wechat_typing_routes();
std::vector<WechatRoute> wechat_openapi_routes();
std::vector<WechatRoute> wechat_kf_account_routes();
std::vector<WechatRoute> wechat_kf_session_routes();
std::vector<WechatRoute> wechat_record_routes();
std::vector<WechatRoute> wechat_business_routes();
std::vector<WechatRoute> wechat_media_routes();
std::vector<WechatRoute> wechat_material_routes();
std::vector<WechatRoute> wechat_subscription_routes();
std::vector<WechatRoute> wechat_template_library_routes();
std::vector<WechatRoute> wechat_template_routes();
std::vector<WechatRoute> wechat_user_routes();
std::vector<WechatRoute> wechat_tag_routes();
std::vector<WechatRoute> wechat_login_routes();
std::vector<WechatRoute> wechat_content_check_routes();
std::vector<WechatRoute> wechat_qr_code_routes();
std::vector<WechatRoute> wechat_menu_routes();
std::vector<WechatRoute> wechat_link_routes();
std::vector<WechatRoute> wechat_article_routes();
std::vector<WechatRoute> wechat_session_routes();
std::vector<WechatRoute> component_routes();
std::vector<WechatRoute> component_authorizer_routes();
std::vector<WechatRoute> component_page_routes();
std::vector<WechatRoute> open_account_routes();

/// Whether the merchant lets this third-party platform call the API: 61003, 61007.
ApiResult check_grant(const WechatAccount& component, const WechatAccount& merchant, std::string_view path);

/// What the account's kind may not call: 48001, or a switch's code where no source tells.
ApiResult check_kind(const WechatCall& call);

/// In whose name a message or typing sign is: of a sub-merchant that there is, or, where `path_wants_one` is not set,
/// of nobody.
ApiResult check_business(const WechatCall& call, bool path_wants_one);

/// The documented text of a code, without rid; "error" for unknown ones.
std::string_view wechat_errmsg(int code);

const std::vector<TwinSwitch>& wechat_switches();

/// The loopback twin of api.weixin.qq.com.
class WechatTwin final : public Twin {
 public:
  WechatTwin();

  WebAnswer handle(const WebRequest& request, WallTime now) override;
  /// Also the regional names: api2., sh.api., hk.api. ...
  bool has_host(std::string_view host) const override;
  WebAnswer refusal(const WebRequest& request, const Fault& fault, bool business, WallTime now) override;
  WebAnswer idle_success(const WebRequest& request) override;
  void retire_token(const WebRequest& request, WallTime now) override;
  bool knows(std::string_view path) const { return routes_.count(path) != 0; }

  /// Adds or replaces an account; fills empty credentials. Customers and tokens of a replaced one stay.
  WechatAccount& add(WechatApp app);
  WechatAccount* find(std::string_view appid);
  WechatCustomer* find_customer(WechatAccount& account, std::string_view openid);
  WechatCustomer& customer(WechatAccount& account, std::string_view openid);

  const IssuedToken& issue(WechatAccount& account, TokenFamily family, WallTime now, std::string component = {});
  IssuedToken* current(WechatAccount& account, TokenFamily family, WallTime now);
  /// Tokens behave as if another process had fetched new ones and the old ones had been retired at once.
  void rotate_tokens(WechatAccount& account, WallTime now, bool issue_new);

  const InboxMessage& put_in_inbox(WechatCustomer& to, InboxMessage message);
  std::int64_t daily_limit(const WechatAccount& account, std::string_view path) const;
  /// With an appid: one that this account may use.
  bool media_exists(std::string_view id, WallTime now, std::string_view appid = {}) const;
  /// Null if there is none (any more).
  const Media* find_media(std::string_view id, WallTime now, std::string_view appid) const;
  /// Keeps it under this id, or under a new one. The oldest go when all bytes together pass the bound.
  std::string keep_media(Media media, WallTime now, std::string id = {});
  void void_media(const std::string& id);
  /// A refusal with its rid, kept for openapi/rid/get.
  WebAnswer error_answer(const WebRequest& request, int code, WallTime now, std::string_view text = {},
                         std::string_view appid = {});

  std::map<std::string, WechatAccount, std::less<>> accounts;
  std::vector<std::string> components;                            ///< Those accounts that are third-party platforms.
  std::map<std::string, OpenAccount, std::less<>> open_accounts;  ///< By open_appid.
  std::unordered_map<std::string, Media> media;
  std::deque<RefusedCall> refused;
  std::map<std::uint64_t, Push> pushes;  ///< The latest, by number.
  std::uint64_t next_push = 1;
  std::uint64_t next_message_id = 0;
  std::vector<std::uint64_t> undelivered;  ///< Pushes that an API call led to; the owner starts their deliveries.
  std::size_t media_bytes = 0;
  std::uint64_t next_media = 1;
  std::uint64_t next_customer = 1;
  std::uint64_t next_notice = 0;

 private:
  ApiResult run(WechatCall& call);
  WebAnswer answer_of(const WechatCall& call, ApiResult result);
  ApiResult check_token(WechatCall& call, WechatRoute::Credential credential);
  ApiResult check_owner(WechatCall& call, WechatRoute::Credential credential, const IssuedToken& token);
  ApiResult video(const WechatCall& call);
  ApiResult read_body(WechatCall& call, const WechatRoute& route);
  IssuedToken* find_token(std::string_view token, WechatAccount*& account);
  ApiResult count(WechatCall& call);

  std::unordered_map<std::string_view, WechatRoute> routes_;
  std::unordered_map<std::string, std::string> token_owners_;  ///< Token text to appid.
};

/// Videos are fetched under this path, followed by their id.
constexpr std::string_view kVideoPath = "/sandbox/video/";

std::int64_t platform_month(WallTime now);  ///< Blocks of 30 days, good enough for a counter.
std::string new_rid(WallTime now);

}  // namespace sandbox
KEFU_END_NAMESPACE
