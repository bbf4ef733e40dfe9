#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/secret.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Management of the calls themselves: quotas, request ids, addresses, the callback (wechat-messages 1.5 to 1.9). Every
// kind of account has them. Operations are values; any thread.

/// What is left of one API's quotas.
struct QuotaStatus {
  /// How often it may be called in a span of time.
  struct Rate {
    Rate() {}
    std::int64_t call_count = 0;
    std::int64_t refresh_second = 0;  ///< The span, in seconds.
  };
  QuotaStatus() {}
  std::int64_t daily_limit = 0;
  std::int64_t used = 0;    ///< Counted with an error of about 1 %.
  std::int64_t remain = 0;  ///< As `used`.
  std::optional<Rate> rate_limit;
  std::optional<Rate> component_rate_limit;  ///< For calls through a third-party platform.
};

/// Asks for the quota of one API, e.g. "/cgi-bin/message/custom/send".
///
/// Effect: read. Checked here: the path begins with '/', holds no query and is not under /sns/, which has no such
/// counter. Codes: 76021 (no such API), 76022 (another kind of token owns it). Page: 查询API调用额度.
struct KEFU_EXPORT GetQuota {
  using Response = QuotaStatus;
  static const Operation& operation();
  explicit GetQuota(std::string path) : cgi_path(std::move(path)) {}
  std::string cgi_path;
};

/// Sets all daily counters of an account back; what kefu held back as used up (45009) goes at once. Ten times a month,
/// shared with ClearQuotaBySecret and the console.
///
/// Effect: create: every call takes one of the ten. Codes: 48006 (used up), 40013. Page: 重置API调用次数.
struct KEFU_EXPORT ClearQuota {
  using Response = NoContent;
  static const Operation& operation();
  explicit ClearQuota(std::string app = {}) : app_id(std::move(app)) {}
  std::string app_id;  ///< Empty: the account's own.
};

/// As ClearQuota, presenting the secret instead of a token, for when no token is to be had any more.
///
/// Effect: create. The two fields go into the query, as one page says in words and all show in their examples; some
/// tables and libraries put them into the body. Page: 使用AppSecret重置API调用次数.
struct KEFU_EXPORT ClearQuotaBySecret {
  using Response = NoContent;
  static const Operation& operation();
  ClearQuotaBySecret() {}
  ClearQuotaBySecret(std::string app, Secret secret) : app_id(std::move(app)), app_secret(std::move(secret)) {}
  std::string app_id;  ///< Empty, as the secret: the account's own.
  Secret app_secret;
};

/// Sets the daily counter of one API back. 50 times a month.
///
/// Effect: create. Codes: 76021, 76022, 48006. Page: 重置指定API调用次数.
struct KEFU_EXPORT ClearApiQuota {
  using Response = NoContent;
  static const Operation& operation();
  explicit ClearApiQuota(std::string path) : cgi_path(std::move(path)) {}
  std::string cgi_path;
};

/// What the platform kept of one call.
struct RequestRecord {
  RequestRecord() {}
  std::int64_t invoke_time = 0;  ///< Seconds since 1970.
  std::int64_t cost_in_ms = 0;
  std::string request_url;   ///< The query; the platform masks most of the token.
  std::string request_body;  ///< What was sent, customers' texts included: do not log it.
  std::string response_body;
  std::string client_ip;
};

/// Looks a call up by the request id of its error (Error::details().request_id), for seven days.
///
/// Effect: read. Codes: 76001 (not found), 76002 (malformed), 76003 (another account's), 76004 (too old).
/// Page: 查询rid信息.
struct KEFU_EXPORT LookUpRequest {
  using Response = RequestRecord;
  static const Operation& operation();
  explicit LookUpRequest(std::string id) : rid(std::move(id)) {}
  std::string rid;
};

/// What the platform measured on the way to the callback URL.
struct CallbackReport {
  struct Resolved {
    Resolved() {}
    std::string ip;
    std::string real_operator;
  };
  struct Pinged {
    Pinged() {}
    std::string ip;
    std::string from_operator;
    std::string package_loss;  ///< "0%" or "100%".
    std::string time;          ///< "23.079ms".
  };
  CallbackReport() {}
  std::vector<Resolved> dns;
  std::vector<Pinged> ping;
};

/// Lets the platform test the network path to the account's callback URL.
///
/// Effect: read. Takes seconds. Codes: 40201 (no callback URL is set). Page: 网络通信检测.
struct KEFU_EXPORT CheckCallback {
  using Response = CallbackReport;
  static const Operation& operation();
  enum class Action : unsigned char { dns, ping, all };
  /// The network it is tested from.
  enum class Operator : unsigned char {
    platform_default,  ///< DEFAULT
    chinanet,          ///< CHINANET
    unicom,            ///< UNICOM
    tencent,           ///< CAP: the platform's own.
  };
  explicit CheckCallback(Action what = Action::all, Operator from_ = Operator::platform_default)
      : action(what), from(from_) {}
  Action action;
  Operator from;
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(CheckCallback::Operator from) noexcept;
KEFU_EXPORT std::string_view to_string(CheckCallback::Action action) noexcept;

/// Addresses; entries may be networks ("101.226.103.0/25"). Lists change: ask at most once a day.
struct AddressList {
  AddressList() {}
  std::vector<std::string> ip_list;
};

/// The addresses that the platform pushes from.
///
/// Effect: read. Page: 获取微信推送服务器IP.
struct KEFU_EXPORT GetCallbackAddresses {
  using Response = AddressList;
  static const Operation& operation();
  GetCallbackAddresses() {}
};

/// The addresses of api.weixin.qq.com, for firewalls on the way out.
///
/// Effect: read. Page: 获取微信API服务器IP.
struct KEFU_EXPORT GetApiAddresses {
  using Response = AddressList;
  static const Operation& operation();
  GetApiAddresses() {}
};

}  // namespace wechat
KEFU_END_NAMESPACE
