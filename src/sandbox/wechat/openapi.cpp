#include "core/text/json_writer.hpp"
#include "sandbox/wechat/twin.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::int64_t kResetsPerMonth = 10;
constexpr std::int64_t kPathResetsPerMonth = 50;
constexpr std::chrono::hours kRidKept(7 * 24);

/// Documented daily limits of a new and of a test account (wechat-messages 1.10).
struct DailyLimit {
  std::string_view path;
  std::int64_t usual;
  std::int64_t of_test_account;
};
constexpr DailyLimit kDailyLimits[] = {
    {"/cgi-bin/token", 2000, 200},
    {"/cgi-bin/stable_token", 500'000, 500'000},
    {"/cgi-bin/message/custom/send", 500'000, 50'000},
    {"/cgi-bin/media/upload", 100'000, 500},
    {"/cgi-bin/media/get", 200'000, 1000},
    {"/cgi-bin/user/info", 5'000'000, 500'000},
    {"/cgi-bin/user/get", 500, 100},
    {"/cgi-bin/user/info/updateremark", 10'000, 10'000},
    {"/cgi-bin/message/template/send", 100'000, 100'000},
    {"/wxa/msg_sec_check", 2'000'000, 2'000'000},
    {"/wxa/media_check_async", 200'000, 200'000},
};
constexpr std::int64_t kOtherDailyLimit = 10'000'000;  // No source: high enough never to matter.

ApiResult address_list(WechatCall&) {
  ApiResult result;
  result.body = R"({"ip_list":["127.0.0.1"]})";
  return result;
}

ApiResult clear_all(WechatCall& call, WechatAccount& account) {
  const std::int64_t month = platform_month(call.now);
  if (account.resets_month.in(month) >= kResetsPerMonth) return refuse(48006);
  account.resets_month.add(month);
  account.used.clear();
  return {};
}

ApiResult clear_quota(WechatCall& call) {
  const std::string_view appid = call.body["appid"].text();
  if (appid.empty()) return refuse(41002);
  if (appid != call.account->app.appid) return refuse(40013);
  return clear_all(call, *call.account);
}

/// The documentation puts appid and appsecret in the body and, in its example, in the query: both are taken.
ApiResult clear_quota_by_secret(WechatCall& call) {
  const auto either = [&call](std::string_view name) {
    const std::string_view text = call.body[name].text();
    return text.empty() ? call.query(name) : text;
  };
  const std::string_view appid = either("appid");
  const std::string_view secret = either("appsecret");
  if (appid.empty()) return refuse(41002);
  if (secret.empty()) return refuse(41004);
  WechatAccount* account = call.twin.find(appid);
  if (account == nullptr) return refuse(40013);
  if (account->app.secret != secret) return refuse(40125);
  call.account = account;
  return clear_all(call, *account);
}

ApiResult check_path(const WechatCall& call, std::string_view path) {
  if (path.empty() || path.front() != '/') return call.gap("malformed_cgi_path_code");
  if (path.substr(0, 5) == "/sns/") return refuse(76022);
  return call.twin.knows(path) ? ApiResult() : refuse(76021);
}

ApiResult clear_path_quota(WechatCall& call) {
  const std::string_view path = call.body["cgi_path"].text();
  if (ApiResult bad = check_path(call, path); bad.code != 0) return bad;
  if (call.twin.setting("quota_clear_for_channels_only") != 0 && !starts_with(path, "/channels/ec/"))
    return refuse(76022);
  const std::int64_t month = platform_month(call.now);
  if (call.account->path_resets_month.in(month) >= kPathResetsPerMonth) return refuse(48006);
  call.account->path_resets_month.add(month);
  call.account->used.erase(std::string(path));
  return {};
}

ApiResult quota(WechatCall& call) {
  const std::string_view path = call.body["cgi_path"].text();
  if (ApiResult bad = check_path(call, path); bad.code != 0) return bad;
  const std::int64_t limit = call.twin.daily_limit(*call.account, path);
  const auto counted = call.account->used.find(path);
  const std::int64_t used = counted == call.account->used.end() ? 0 : counted->second.in(platform_day(call.now));
  ApiResult result;
  detail::JsonWriter writer(result.body);
  writer.begin_object().key("errcode").integer(0).key("errmsg").string("ok").key("quota").begin_object();
  writer.key("daily_limit").integer(limit).key("used").integer(used);
  writer.key("remain").integer(std::max<std::int64_t>(0, limit - used)).end_object();
  if (path == "/cgi-bin/stable_token")
    writer.key("rate_limit")
        .begin_object()
        .key("call_count")
        .integer(10'000)
        .key("refresh_second")
        .integer(60)
        .end_object();
  writer.end_object();
  return result;
}

bool is_rid(std::string_view text) {
  if (text.size() != 26 || text[8] != '-' || text[17] != '-') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i != 8 && i != 17 && std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  return true;
}

ApiResult request_of_rid(WechatCall& call) {
  const std::string_view rid = call.body["rid"].text();
  if (!is_rid(rid)) return refuse(76002);
  const auto& all = call.twin.refused;
  const auto found = std::find_if(all.begin(), all.end(), [rid](const RefusedCall& one) { return one.rid == rid; });
  if (found == all.end()) return refuse(76001);
  if (found->appid != call.account->app.appid) return refuse(76003);
  if (call.now - found->time > kRidKept) return call.gap("old_rid_code");
  if (starts_with(found->url, "/sns/")) return refuse(76022);
  ApiResult result;
  detail::JsonWriter writer(result.body);
  writer.begin_object().key("errcode").integer(0).key("errmsg").string("ok").key("request").begin_object();
  writer.key("invoke_time").integer(unix_seconds(found->time)).key("cost_in_ms").integer(1);
  writer.key("request_url").string(found->url).key("request_body").string(found->body);
  writer.key("response_body").string(found->answer).key("client_ip").string("127.0.0.1");
  writer.end_object().end_object();
  return result;
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> allowed) {
  return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

ApiResult check_callback(WechatCall& call) {
  if (call.account->app.callback_url.empty()) return refuse(40201);
  const std::string_view action = call.body["action"].text();
  if (!one_of(action, {"dns", "ping", "all"})) return refuse(40202);
  if (!one_of(call.body["check_operator"].text(), {"CHINANET", "UNICOM", "CAP", "DEFAULT"})) return refuse(40203);
  ApiResult result;
  detail::JsonWriter writer(result.body);
  writer.begin_object();
  if (action != "ping")
    writer.key("dns").begin_array().raw(R"({"ip":"127.0.0.1","real_operator":"DEFAULT"})").end_array();
  if (action != "dns")
    writer.key("ping")
        .begin_array()
        .raw(R"({"ip":"127.0.0.1","from_operator":"DEFAULT","package_loss":"0%","time":"0.040ms"})")
        .end_array();
  writer.end_object();
  return result;
}

}  // namespace

std::int64_t WechatTwin::daily_limit(const WechatAccount& account, std::string_view path) const {
  const auto own = account.app.daily_limits.find(std::string(path));
  if (own != account.app.daily_limits.end()) return own->second;
  if (account.app.unlimited_windows) return kOtherDailyLimit * 1000;
  for (const DailyLimit& row : kDailyLimits)
    if (row.path == path) return account.app.test_account ? row.of_test_account : row.usual;
  return kOtherDailyLimit;
}

std::vector<WechatRoute> wechat_openapi_routes() {
  using Credential = WechatRoute::Credential;
  return {{"GET", "/cgi-bin/getcallbackip", Credential::token, address_list},
          {"GET", "/cgi-bin/get_api_domain_ip", Credential::token, address_list},
          {"POST", "/cgi-bin/callback/check", Credential::token, check_callback},
          {"POST", "/cgi-bin/clear_quota", Credential::token, clear_quota},
          {"POST", "/cgi-bin/clear_quota/v2", Credential::none, clear_quota_by_secret},
          {"POST", "/cgi-bin/openapi/quota/clear", Credential::token, clear_path_quota},
          {"POST", "/cgi-bin/openapi/quota/get", Credential::token, quota},
          {"POST", "/cgi-bin/openapi/rid/get", Credential::token, request_of_rid}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
