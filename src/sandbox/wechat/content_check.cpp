#include "sandbox/wechat/kf.hpp"
#include "sandbox/wechat/text.hpp"
#include "sandbox/wechat/upload.hpp"

#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kLongestContent = 2500;
constexpr std::int64_t kTextsPerMinute = 4000;
constexpr std::int64_t kMediaPerMinute = 2000;

std::string new_trace_id(WallTime now) { return new_rid(now); }

ApiResult check_author(const WechatCall& call, WechatCustomer*& customer) {
  const std::string_view openid = call.body["openid"].text();
  if (openid.empty()) return refuse(41009);
  customer = call.twin.find_customer(*call.account, openid);
  if (customer == nullptr) return refuse(40003);
  const std::int64_t scene = call.body["scene"].integer().value_or(0);
  if (scene < 1 || scene > 4) return refuse(40129);
  const auto life = std::chrono::seconds(call.twin.setting("content_check_visit_s"));
  return customer->seen == WallTime::min() || call.now - customer->seen >= life ? refuse(61010) : ApiResult();
}

/// Without a version it is the first one, which knows neither person nor scene (wechat-messages 12).
bool is_first_version(const WechatCall& call) { return !call.body["version"].present(); }

/// The verdict that was set, or that nothing is wrong.
ModerationVerdict take_verdict(ModerationState& moderation) {
  ModerationVerdict verdict = moderation.next;
  if (verdict.left > 0 && --moderation.next.left == 0) moderation.next = {};
  return verdict;
}

ApiResult first_version_verdict(WechatCall& call) {
  if (ApiResult withdrawn = call.gap("content_check_first_version_code"); withdrawn.code != 0) return withdrawn;
  return take_verdict(call.account->moderation).suggest == "risky" ? refuse(87014) : ApiResult();
}

/// Of pictures there is only the first version.
ApiResult check_picture(WechatCall& call) {
  constexpr std::size_t kLargest = 1024 * 1024;
  const FormPart* file = nullptr;
  if (ApiResult bad = find_upload(call, file); bad.code != 0) return bad;
  const std::string_view format = file_format(file->bytes);
  if (format != "png" && format != "jpg" && format != "gif") return refuse(40005);
  if (file->bytes.size() > kLargest) return refuse(40006);
  return first_version_verdict(call);
}

ApiResult check_content(WechatCall& call) {
  if (call.account->moderation.text_minute.add(unix_seconds(call.now) / 60) > kTextsPerMinute) return refuse(44991);
  const std::string_view content = call.body["content"].text();
  if (is_first_version(call)) return content.empty() ? refuse(44004) : first_version_verdict(call);
  WechatCustomer* customer = nullptr;
  if (ApiResult bad = check_author(call, customer); bad.code != 0) return bad;
  if (content.empty()) return refuse(44004);
  if (character_count(content) > kLongestContent) return call.gap("long_content_check_code");
  const ModerationVerdict verdict = take_verdict(call.account->moderation);
  return ok_answer([&](detail::JsonWriter& writer) {
    writer.key("result").begin_object().key("suggest").string(verdict.suggest);
    writer.key("label").integer(verdict.label).end_object().key("detail").begin_array().begin_object();
    writer.key("strategy").string(verdict.keyword.empty() ? "content_model" : "keyword").key("errcode").integer(0);
    writer.key("suggest").string(verdict.suggest).key("label").integer(verdict.label);
    if (verdict.keyword.empty())
      writer.key("prob").integer(90);
    else
      writer.key("level").integer(20).key("keyword").string(verdict.keyword);
    writer.end_object().end_array().key("trace_id").string(new_trace_id(call.now));
  });
}

std::vector<PushField> first_version_fields(const WechatCall& call, const std::string& trace,
                                            const ModerationVerdict& verdict) {
  return {push_number("isrisky", verdict.suggest == "risky" ? "1" : "0"), push_text("extra_info_json", ""),
          push_text("appid", call.account->app.appid), push_text("trace_id", trace),
          push_number("status_code", verdict.errcode == 0 ? "0" : std::to_string(verdict.errcode))};
}

std::vector<PushField> verdict_fields(const WechatCall& call, const std::string& trace,
                                      const ModerationVerdict& verdict) {
  const std::string label = std::to_string(verdict.label);
  PushField result{"result", PushField::Kind::object, {}, {}};
  result.children = {push_text("suggest", verdict.suggest), push_number("label", label)};
  PushField entry{"detail", PushField::Kind::object, {}, {}};
  entry.children = {push_text("strategy", "content_model"), push_number("errcode", std::to_string(verdict.errcode)),
                    push_text("suggest", verdict.suggest), push_number("label", label), push_number("prob", "90")};
  PushField entries{"detail", PushField::Kind::array, {}, {std::move(entry)}};
  return {push_text("appid", call.account->app.appid),
          push_text("trace_id", trace),
          push_number("version", "2"),
          std::move(entries),
          push_number("errcode", std::to_string(verdict.errcode)),
          push_text("errmsg", verdict.errcode == 0 ? "ok" : "download failed"),
          std::move(result)};
}

/// Answers at once; the verdict comes as an event.
ApiResult check_media_content(WechatCall& call) {
  if (call.account->moderation.media_minute.add(unix_seconds(call.now) / 60) > kMediaPerMinute) return refuse(44991);
  // What no person sent comes from a service user (T19).
  WechatCustomer nobody;
  WechatCustomer* customer = &nobody;
  const bool first = is_first_version(call);
  if (first) {
    if (ApiResult withdrawn = call.gap("content_check_first_version_code"); withdrawn.code != 0) return withdrawn;
  } else if (ApiResult bad = check_author(call, customer); bad.code != 0) {
    return bad;
  }
  const std::int64_t type = call.body["media_type"].integer().value_or(0);
  if (type != 1 && type != 2) return refuse(40004);
  const std::string_view url = call.body["media_url"].text();
  if (!starts_with(url, "http://") && !starts_with(url, "https://")) return refuse(40097, "invalid args: media_url");
  const std::string trace = new_trace_id(call.now);
  const ModerationVerdict verdict = take_verdict(call.account->moderation);
  queue_event(call.twin, *call.account, *customer, "wxa_media_check",
              first ? first_version_fields(call, trace, verdict) : verdict_fields(call, trace, verdict), call.now);
  return ok_answer([&trace](detail::JsonWriter& writer) { writer.key("trace_id").string(trace); });
}

}  // namespace

std::vector<WechatRoute> wechat_content_check_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/wxa/msg_sec_check", Credential::token, check_content},
          {"POST", "/wxa/img_sec_check", Credential::token, check_picture, WechatRoute::Body::form},
          {"POST", "/wxa/media_check_async", Credential::token, check_media_content, WechatRoute::Body::json, true}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
