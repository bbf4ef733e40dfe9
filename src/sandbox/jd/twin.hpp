#pragma once

#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "sandbox/jd/state.hpp"
#include "sandbox/jd/text.hpp"
#include "sandbox/twin/twin.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

class JdTwin;

/// How an API family reports that the service behind the gateway refused (jd 3.1).
enum class JdFamily : unsigned char {
  plain,      ///< The data itself; failure: `code` of the node and error_description.
  order,      ///< wrapper.apiResult {success, chineseErrCode, englishErrCode, numberCode}
  page,       ///< wrapper {success, code, msg, data, pageNumber, pageSize, totalCount}
  inner,      ///< wrapper {code, msg, data, requestId}
  message,    ///< Flat {code, errmsg, ...}: DongDong pushes.
  refund,     ///< wrapper {success, errorCode, errorMsg, result, totalCount}
  logistics,  ///< wrapper {code, messsage (sic), data}, 100 is success
  review,     ///< Flat {resultCode, resultMsg}
};

/// What a method answers: a code of the gateway, or an answer node.
struct JdResult {
  int code = 0;                 ///< Of error_response.
  std::string detail;           ///< Its zh_desc in place of the code's usual one.
  std::string node = "{}";      ///< The answer node without its code.
  std::string node_code = "0";  ///< Not 0: a failure that the node reports.
};
inline JdResult jd_error(int code, std::string detail = {}) {
  JdResult result;
  result.code = code;
  result.detail = std::move(detail);
  return result;
}

struct JdRoute;

/// One call on its way through the twin.
struct JdCall {
  JdTwin& twin;
  const Pairs& params;
  WallTime now;
  const JdRoute* route = nullptr;
  std::string method = {};
  JdAppState* app = nullptr;
  JdGrant* grant = nullptr;  ///< Of the access token.
  JdShopState* shop = nullptr;
  detail::Document document = {};
  detail::Value body = {};

  std::string_view param(std::string_view name) const { return find_pair(params, name).value_or(""); }
  /// Of the business JSON.
  std::string_view text(std::string_view name) const { return body[name].text(); }
  std::int64_t number(std::string_view name, std::int64_t fallback = 0) const {
    return body[name].integer().value_or(fallback);
  }
};

/// A row of the method table. Each family of APIs has its rows in its own file.
struct JdRoute {
  std::string_view method;
  JdFamily family;
  std::string_view wrapper;  ///< Where the family's result sits; empty if in the node itself.
  JdResult (*run)(JdCall& call);
  bool weak = false;  ///< No source shows the answer; this one is a guess that /jd/answers replaces.
  bool token = true;  ///< Needs an access token.
};
std::vector<JdRoute> jd_im_routes();
std::vector<JdRoute> jd_statistics_routes();
std::vector<JdRoute> jd_dongdong_routes();
std::vector<JdRoute> jd_after_sale_routes();
std::vector<JdRoute> jd_after_sale_view_routes();
std::vector<JdRoute> jd_after_sale_act_routes();
std::vector<JdRoute> jd_order_routes();
std::vector<JdRoute> jd_shop_routes();
std::vector<JdRoute> jd_review_routes();
const std::vector<JdRoute>& jd_routes();

/// The service behind refuses, told in the way of the route's family.
JdResult jd_failure(const JdRoute& route, std::string_view code, std::string_view text);

struct JdCodeText {
  int code;
  std::string_view zh;
  std::string_view en;
};
/// The documented texts of a gateway code; for unknown ones "x".
JdCodeText jd_code_text(int code);
const std::vector<TwinSwitch>& jd_switches();

/// The loopback twin of api.jd.com, open-oauth.jd.com and oauth.jd.com.
class JdTwin final : public Twin {
 public:
  JdTwin();

  WebAnswer handle(const WebRequest& request, WallTime now) override;
  bool has_host(std::string_view host) const override;
  std::string call_name(const WebRequest& request) const override;
  WebAnswer refusal(const WebRequest& request, const Fault& fault, bool business, WallTime now) override;
  WebAnswer idle_success(const WebRequest& request) override;
  void retire_token(const WebRequest& request, WallTime now) override;

  /// Adds or replaces; fills what is empty.
  JdAppState& add(JdApp app);
  JdShopState& add(JdShop shop);
  JdAppState* find_app(std::string_view app_key);
  /// By its name, else by its vender id.
  JdShopState* find_shop(std::string_view shop);

  /// As if the merchant had just authorized the application.
  /// `account` authorizes; empty: the main account.
  JdGrant& authorize(const JdAppState& app, const JdShopState& shop, bool legacy, WallTime now,
                     std::string_view account = {});
  JdGrant* find_grant(std::string_view app_key, std::string_view shop);
  /// The living grant of an access token of this application.
  JdGrant* grant_of(std::string_view access_token, std::string_view app_key, WallTime now);
  /// The grant of a refresh token, however old; null if it is not the one that works.
  JdGrant* grant_to_refresh(std::string_view refresh_token, std::string_view app_key, WallTime now);
  void refresh(JdGrant& grant, WallTime now);
  /// The access token alone stops working.
  void void_token(JdGrant& grant, WallTime now);

  JdBuyer& buyer(JdShopState& shop, std::string_view pin);
  /// By pin, open_id or xid; with masked names also by what is shown, if that is one buyer.
  JdBuyer* find_buyer(JdShopState& shop, std::string_view name);
  /// How answers name a buyer.
  std::string shown(std::string_view pin) const;
  WallTime visible_from(WallTime time) const;
  const JdReceived& put_in_inbox(JdBuyer& to, JdReceived message);
  JdSession& open_session(JdShopState& shop, std::string_view pin, std::string_view waiter, WallTime begin);
  /// The newest unended session of the buyer, or null.
  JdSession* open_session_of(JdShopState& shop, std::string_view pin);
  JdSession* find_session(JdShopState& shop, std::string_view sid);
  static void say(JdSession& session, bool by_waiter, std::string_view waiter, std::string_view content, WallTime time,
                  WallTime visible);

  /// Ids that only grow: sessions, messages, service orders.
  std::int64_t next_id() { return ++last_id_; }

  std::map<std::string, JdAppState, std::less<>> apps;
  std::map<std::string, JdShopState, std::less<>> shops;
  std::vector<std::string> shop_order;  ///< Names in the order in which they were added.
  std::deque<JdGrant> grants;
  std::map<std::string, JdCode, std::less<>> codes;
  std::map<std::string, std::string, std::less<>> answers;  ///< Set by control: method to node.
  std::vector<std::string> sensitive_words = {"加微信", "返现"};

 private:
  WebAnswer gateway(const WebRequest& request, WallTime now);
  JdResult run(JdCall& call);
  JdResult check_system(JdCall& call);
  JdResult check_identity(JdCall& call);
  WebAnswer oauth(const WebRequest& request, WallTime now);
  /// A refusal (or, with code 0, an empty success) in the form of that page.
  WebAnswer oauth_fault(const WebRequest& request, int code, std::string_view text) const;
  WebAnswer envelope(const JdCall& call, const JdResult& result) const;
  std::string new_token(bool legacy) const;
  void give_tokens(JdGrant& grant, bool new_access, bool new_refresh, WallTime now);

  std::unordered_map<std::string_view, const JdRoute*> routes_;
  std::deque<JdIssuedToken> access_;  ///< Newest last; bounded.
  std::int64_t last_id_ = 7000;
};

/// Parameters of query and body (form or multipart); the body wins.
Pairs jd_params(const WebRequest& request);
/// The sign that these parameters want, computed from what was received.
std::string jd_expected_sign(const Pairs& params, std::string_view secret);

/// Pages of the authorization service, with their answers.
WebAnswer jd_login_page(JdTwin& twin, const Pairs& params, bool legacy, WallTime now);
WebAnswer jd_token_answer(JdTwin& twin, const Pairs& params, WallTime now);
WebAnswer jd_legacy_token_answer(JdTwin& twin, const Pairs& params, WallTime now);

/// A date in an answer: milliseconds, or text by the switch jd_dates_as_text; "not yet" is null.
void write_jd_time(detail::JsonWriter& writer, std::string_view name, WallTime time, const JdTwin& twin);

}  // namespace sandbox
KEFU_END_NAMESPACE
