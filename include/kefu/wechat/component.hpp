#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/web_login.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// What a third-party platform (第三方平台, component) calls in its own name (wechat-security-and-authorization B3 to
// B10, B15, B17): `OpenPlatform::call` puts its app id and its component_access_token on them. An account that calls
// one is refused. Operations are values; any thread. `component_app_id` may stay empty everywhere: then it is the
// platform's.

/// Answer of api_start_push_ticket.
struct TicketPushState {
  TicketPushState() {}
  std::string message;  ///< errmsg: "ok": pushing was repaired; "in a normal state": it needed no repair.
};

/// Asks the platform to push tickets again, after its pushes had stopped. A success does not mean that one comes at
/// once.
///
/// Presents the secret. Effect: idempotent. Codes: 40013 (app id). Page: 启动票据推送服务.
struct KEFU_EXPORT StartPushTicket {
  using Response = TicketPushState;
  static const Operation& operation();
  explicit StartPushTicket(Secret secret) : component_secret(std::move(secret)) {}
  std::string component_app_id;
  Secret component_secret;
};

/// A component_access_token.
struct ComponentTokenAnswer {
  ComponentTokenAnswer() {}
  Secret component_access_token;
  std::int64_t expires_in = 0;  ///< Seconds.
};

/// Fetches the token of the component's own calls. OpenPlatform does that by itself; whether an older token goes on
/// working is not documented, so there must be one owner of it.
///
/// Presents the secret. Effect: idempotent in what matters; calls are limited per day (a community source says 10,000).
/// Codes: 40125 (secret), 61004 (this host's address is not in the list), 61005, 61006 (ticket). Page:
/// 获取第三方平台接口的调用凭据.
struct KEFU_EXPORT FetchComponentToken {
  using Response = ComponentTokenAnswer;
  static const Operation& operation();
  FetchComponentToken(Secret secret, Secret verify_ticket)
      : component_app_secret(std::move(secret)), ticket(std::move(verify_ticket)) {}
  std::string component_app_id;
  Secret component_app_secret;
  Secret ticket;  ///< component_verify_ticket, of the last 12 hours.
};

/// A pre_auth_code.
struct PreAuthCode {
  PreAuthCode() {}
  Secret code;                  ///< pre_auth_code
  std::int64_t expires_in = 0;  ///< Seconds; pages say 600 and 1800: take what is answered.
};

/// A code for one authorization link: make it when the merchant clicks, not in advance.
///
/// Effect: idempotent in what matters (a repeat gives another code). Page: 获取预授权码.
struct KEFU_EXPORT CreatePreAuthCode {
  using Response = PreAuthCode;
  static const Operation& operation();
  CreatePreAuthCode() {}
  std::string component_app_id;
};

/// One permission set (权限集) that a merchant granted.
struct PermissionSet {
  PermissionSet() {}
  int id = 0;                       ///< funcscope_category.id
  int type = 0;                     ///< In newer answers only, as name and description.
  std::string name;                 ///< name
  std::string description;          ///< desc
  bool needs_confirmation = false;  ///< confirm_info.need_confirm
  bool is_confirmed = false;        ///< confirm_info.already_confirm
};

/// What a merchant granted.
struct AuthorizationInfo {
  AuthorizationInfo() {}
  std::string app_id;           ///< authorizer_appid: the merchant's account.
  Secret access_token;          ///< authorizer_access_token; absent without permission to call APIs, as the next two.
  std::int64_t expires_in = 0;  ///< Seconds.
  Secret refresh_token;         ///< authorizer_refresh_token: it has no end of its own. Store it before anything else.
  std::vector<PermissionSet> permission_sets;  ///< func_info, in the platform's order; entries without an id left out.
};

/// Redeems the authorization code of a redirect or of an `authorized` push, which works once.
///
/// Effect: idempotent (a code that was redeemed is refused with 61009 or 61010). Page: 使用授权码获取授权信息.
struct KEFU_EXPORT RedeemAuthorizationCode {
  using Response = AuthorizationInfo;
  static const Operation& operation();
  explicit RedeemAuthorizationCode(Secret authorization_code) : code(std::move(authorization_code)) {}
  std::string component_app_id;
  Secret code;
};

/// An authorizer_access_token, which an account's calls carry.
struct AuthorizerTokenAnswer {
  AuthorizerTokenAnswer() {}
  Secret access_token;          ///< authorizer_access_token
  std::int64_t expires_in = 0;  ///< Seconds.
  Secret refresh_token;         ///< authorizer_refresh_token; if it is another one, it replaces the old one at once.
};

/// Renews the access token of a merchant's account.
///
/// Effect: idempotent. Codes: 61003 (the relation is gone), 61023 (the refresh token is wrong: ListAuthorizers has the
/// right one). Page: 获取授权账号调用令牌.
struct KEFU_EXPORT FetchAuthorizerToken {
  using Response = AuthorizerTokenAnswer;
  static const Operation& operation();
  FetchAuthorizerToken(std::string authorizer, Secret refresh)
      : authorizer_app_id(std::move(authorizer)), refresh_token(std::move(refresh)) {}
  std::string component_app_id;
  std::string authorizer_app_id;
  Secret refresh_token;
};

/// A number of the platform with its name, which older answers leave out.
struct NamedType {
  NamedType() {}
  int id = 0;
  std::string name;
};

/// A merchant's account and what it granted.
struct AuthorizerDetails {
  struct MiniProgram {
    struct Category {
      Category() {}
      std::string first;
      std::string second;
    };
    MiniProgram() {}
    std::vector<Category> categories;
    int visit_status = 0;
  };
  AuthorizerDetails() {}
  AuthorizationInfo authorization;  ///< Without access token. The refresh token may be absent or empty.
  std::string nickname;             ///< nick_name
  std::string head_image_url;       ///< head_img
  /// service_type_info: of official accounts 0, 1: subscription account, 2: service account; of mini programs others.
  NamedType service_type;
  NamedType verify_type;       ///< verify_type_info: -1: not verified.
  std::string original_id;     ///< user_name: gh_..., what pushes have as ToUserName.
  std::string alias;           ///< May be empty.
  std::string qr_code_url;     ///< qrcode_url
  std::string principal_name;  ///< The company.
  std::string signature;
  std::optional<MiniProgram> mini_program;  ///< MiniProgramInfo; absent: an official account.
  int register_type = 0;
  int account_status = 0;  ///< 1: normal, 14: cancelled, 16: banned, 18: warned, 19: frozen.
  bool has_phone = false;  ///< basic_config.is_phone_configured
  bool has_email = false;  ///< basic_config.is_email_configured
};

/// Reads a merchant's account, with its permission sets.
///
/// Effect: read. Codes: 61003. Page: 获取授权账号详情.
struct KEFU_EXPORT GetAuthorizer {
  using Response = AuthorizerDetails;
  static const Operation& operation();
  explicit GetAuthorizer(std::string authorizer) : authorizer_app_id(std::move(authorizer)) {}
  std::string component_app_id;
  std::string authorizer_app_id;
};

/// A page of the merchants that authorized the platform.
struct AuthorizerPage {
  struct Entry {
    Entry() {}
    std::string app_id;          ///< authorizer_appid
    Secret refresh_token;        ///< May be absent or empty: the merchant then has to authorize again.
    std::int64_t auth_time = 0;  ///< Seconds since 1970.
  };
  AuthorizerPage() {}
  std::int64_t total_count = 0;  ///< May change from page to page.
  std::vector<Entry> list;       ///< May be shorter than was asked for, also before the end.
};

/// Lists the merchants with their refresh tokens: what a lost store is repaired from.
///
/// Effect: read. Checked here: 1 to 500 a page (40170). Page: 拉取已授权的账号列表.
struct KEFU_EXPORT ListAuthorizers {
  using Response = AuthorizerPage;
  static const Operation& operation();
  explicit ListAuthorizers(std::int64_t first = 0, int most = 500) : offset(first), count(most) {}
  std::string component_app_id;
  std::int64_t offset;  ///< Counts entries.
  int count;
};

/// An option of a merchant's account.
struct AuthorizerOption {
  AuthorizerOption() {}
  std::string name;   ///< option_name
  std::string value;  ///< option_value
};

/// Reads `location_report` (0 to 2), `voice_recognize` or `customer_service` (0, 1) of a merchant's account.
///
/// Effect: read. Codes: 61012. Page: 获取授权方选项信息.
struct KEFU_EXPORT GetAuthorizerOption {
  using Response = AuthorizerOption;
  static const Operation& operation();
  GetAuthorizerOption(std::string authorizer, std::string option)
      : authorizer_app_id(std::move(authorizer)), name(std::move(option)) {}
  std::string component_app_id;
  std::string authorizer_app_id;
  std::string name;
};

/// Sets one of the options of GetAuthorizerOption.
///
/// Effect: idempotent. Codes: 61012, 61013, 61025 (read-only). Page: 设置授权方选项信息.
struct KEFU_EXPORT SetAuthorizerOption {
  using Response = NoContent;
  static const Operation& operation();
  SetAuthorizerOption(std::string authorizer, std::string option, std::string to)
      : authorizer_app_id(std::move(authorizer)), name(std::move(option)), value(std::move(to)) {}
  std::string component_app_id;
  std::string authorizer_app_id;
  std::string name;
  std::string value;
};

/// Sets daily counters back: the component's own, or with `authorizer_app_id` those of a merchant's account as far as
/// this platform used them.
///
/// Presents the secret. Effect: create: resets of a month are limited. Codes: 43007, 48006 (used up). Page:
/// 重置第三方平台API调用次数.
struct KEFU_EXPORT ClearComponentQuota {
  using Response = NoContent;
  static const Operation& operation();
  explicit ClearComponentQuota(Secret secret, std::string authorizer = {})
      : component_app_secret(std::move(secret)), authorizer_app_id(std::move(authorizer)) {}
  std::string component_app_id;
  Secret component_app_secret;
  std::string authorizer_app_id;
};

/// As RedeemLoginCode, for the web page of a merchant's official account: the redirect of
/// `component_web_login_url`. Needs permission set 4.
///
/// Effect: idempotent (a redeemed code is refused with 40163). Codes: 40029, 40163, 42003, 61003. Page:
/// 代公众号发起网页授权.
struct KEFU_EXPORT RedeemAuthorizerLoginCode {
  using Response = WebLogin;
  static const Operation& operation();
  RedeemAuthorizerLoginCode(std::string authorizer, Secret login_code)
      : authorizer_app_id(std::move(authorizer)), code(std::move(login_code)) {}
  std::string component_app_id;
  std::string authorizer_app_id;
  Secret code;
};

/// As RefreshLogin, for such a login.
///
/// Effect: idempotent. Codes: 40030, 42002 (the customer logs in again). Page: 代公众号发起网页授权.
struct KEFU_EXPORT RefreshAuthorizerLogin {
  using Response = WebLogin;
  static const Operation& operation();
  RefreshAuthorizerLogin(std::string authorizer, Secret refresh)
      : authorizer_app_id(std::move(authorizer)), refresh_token(std::move(refresh)) {}
  std::string component_app_id;
  std::string authorizer_app_id;
  Secret refresh_token;
};

/// As RedeemMiniProgramCode, for a merchant's mini program.
///
/// Effect: idempotent. Codes: 40029, 40163, 40226, 61003. Page: 小程序登录 (第三方平台).
struct KEFU_EXPORT RedeemAuthorizerMiniProgramCode {
  using Response = MiniProgramSession;
  static const Operation& operation();
  RedeemAuthorizerMiniProgramCode(std::string authorizer, Secret login_code)
      : authorizer_app_id(std::move(authorizer)), code(std::move(login_code)) {}
  std::string component_app_id;
  std::string authorizer_app_id;
  Secret code;
};

/// As `web_login_url`, on behalf of a merchant's official account: `redirect_uri` is an address of the platform's, on
/// its registered domain. The redirect has `code`, `state` and `appid`. Errors: as there.
KEFU_EXPORT Result<std::string> component_web_login_url(const std::string& component_app_id,
                                                        const std::string& authorizer_app_id,
                                                        const std::string& redirect_uri, LoginScope scope,
                                                        const std::string& state);

}  // namespace wechat
KEFU_END_NAMESPACE
