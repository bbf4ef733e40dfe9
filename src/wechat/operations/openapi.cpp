#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/openapi.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

/// The path of an API as the quota calls want it.
template <class V>
void cgi_path(V& v, const std::string& path) {
  const std::string_view text(path);
  v.rule("cgi_path", text.empty() || text.front() == '/', "must begin with '/': no scheme, no host");
  v.rule("cgi_path", text.find_first_of("?# ") == std::string_view::npos, "must hold no query");
  v.rule("cgi_path", text.substr(0, 5) != "/sns/", "must not be under /sns/, which has no such counter");
  v.required("cgi_path", path);
}

const char* word_for(CheckCallback::Action action) {
  switch (action) {
    case CheckCallback::Action::dns:
      return "dns";
    case CheckCallback::Action::ping:
      return "ping";
    case CheckCallback::Action::all:
      break;
  }
  return "all";
}

const char* word_for(CheckCallback::Operator from) {
  switch (from) {
    case CheckCallback::Operator::chinanet:
      return "CHINANET";
    case CheckCallback::Operator::unicom:
      return "UNICOM";
    case CheckCallback::Operator::tencent:
      return "CAP";
    case CheckCallback::Operator::platform_default:
      break;
  }
  return "DEFAULT";
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::QuotaStatus::Rate) {
  v.optional("call_count", s.call_count);
  v.optional("refresh_second", s.refresh_second);
}

KEFU_FIELDS(wechat::QuotaStatus) {
  v.group("quota", [&s](auto& quota) {
    quota.required("daily_limit", s.daily_limit);
    quota.required("used", s.used);
    quota.required("remain", s.remain);
  });
  v.optional("rate_limit", s.rate_limit);
  v.optional("component_rate_limit", s.component_rate_limit);
}

KEFU_FIELDS(wechat::GetQuota) { wechat::cgi_path(v, s.cgi_path); }
KEFU_FIELDS(wechat::ClearQuota) { v.optional("appid", s.app_id); }
KEFU_FIELDS(wechat::ClearQuotaBySecret) {
  v.optional("appid", s.app_id);
  v.optional("appsecret", s.app_secret);
}
KEFU_FIELDS(wechat::ClearApiQuota) { wechat::cgi_path(v, s.cgi_path); }

KEFU_FIELDS(wechat::RequestRecord) {
  v.group("request", [&s](auto& request) {
    request.required("invoke_time", s.invoke_time);
    request.optional("cost_in_ms", s.cost_in_ms);
    request.optional("request_url", s.request_url);
    request.optional("request_body", s.request_body);
    request.optional("response_body", s.response_body);
    request.optional("client_ip", s.client_ip);
  });
}
KEFU_FIELDS(wechat::LookUpRequest) { v.required("rid", s.rid); }

KEFU_FIELDS(wechat::CallbackReport::Resolved) {
  v.required("ip", s.ip);
  v.optional("real_operator", s.real_operator);
}
KEFU_FIELDS(wechat::CallbackReport::Pinged) {
  v.required("ip", s.ip);
  v.optional("from_operator", s.from_operator);
  v.optional("package_loss", s.package_loss);
  v.optional("time", s.time);
}
KEFU_FIELDS(wechat::CallbackReport) {
  v.optional("dns", s.dns);
  v.optional("ping", s.ping);
}
KEFU_FIELDS(wechat::CheckCallback) {
  v.constant("action", wechat::word_for(s.action));
  v.constant("check_operator", wechat::word_for(s.from));
}

KEFU_FIELDS(wechat::AddressList) { v.required("ip_list", s.ip_list); }
KEFU_FIELDS(wechat::GetCallbackAddresses) {}
KEFU_FIELDS(wechat::GetApiAddresses) {}

}  // namespace detail

namespace wechat {

namespace {

/// A POST whose fields stand in the query; the body must not be empty.
Result<void> encode_clear_by_secret(const void* request, HttpRequest& out) {
  if (auto written = detail::encode_query<ClearQuotaBySecret>(request, out); !written) return written;
  out.body = "{}";
  out.headers.emplace_back("content-type", "application/json");
  return {};
}

}  // namespace

// clang-format off
#define KEFU_OPENAPI_ROWS(ROW)                                                                                       \
  ROW(GetQuota, post("/cgi-bin/openapi/quota/get", kRead, "查询API调用额度", kEveryAccount).from("1.8"))             \
  ROW(ClearQuota, post("/cgi-bin/clear_quota", kCreate, "重置API调用次数", kEveryAccount).from("1.7")                \
      .limited("10 a month, with /v2"))                                                                              \
  ROW(ClearQuotaBySecret, post("/cgi-bin/clear_quota/v2", kCreate, "使用AppSecret重置API调用次数",                   \
      kEveryAccount).from("1.7")                                                                                     \
      .limited("10 a month, with clear_quota").without_token().counted_in("clear_quota")                             \
      .written_by(encode_clear_by_secret)                                                                            \
      .doubted("tables put appid and appsecret into the body, words and examples into the query"))                   \
  ROW(ClearApiQuota, post("/cgi-bin/openapi/quota/clear", kCreate, "重置指定API调用次数", kEveryAccount).from("1.7") \
      .limited("50 a month")                                                                                         \
      .doubted("the page's table names paths of the channels shop only, its remarks other paths as well"))           \
  ROW(LookUpRequest, post("/cgi-bin/openapi/rid/get", kRead, "查询rid信息", kEveryAccount).from("1.9"))              \
  ROW(CheckCallback, post("/cgi-bin/callback/check", kRead, "网络通信检测", kEveryAccount).from("1.5") \
      .read_by(decode_some<CallbackReport>) \
      .within(Millis(30'000)))                                                                                       \
  ROW(GetCallbackAddresses, get("/cgi-bin/getcallbackip", kRead, "获取微信推送服务器IP", kEveryAccount).from("1.6")) \
  ROW(GetApiAddresses, get("/cgi-bin/get_api_domain_ip", kRead, "获取微信API服务器IP", kEveryAccount).from("1.6"))
// clang-format on
KEFU_WECHAT_FAMILY(openapi_rows, KEFU_OPENAPI_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
