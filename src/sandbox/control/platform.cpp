#include "core/crypto/crypto.hpp"
#include "sandbox/control/api.hpp"
#include "sandbox/wechat/login.hpp"
#include "sandbox/wechat/notices.hpp"
#include "sandbox/wechat/upload.hpp"

#include <algorithm>
#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

ControlAnswer done_answer() {
  ControlAnswer answer;
  answer.body = "{}";
  return answer;
}

/// The account and the customer whom the path names.
WechatCustomer* customer_of(ControlCall& call, WechatAccount*& account, std::optional<ControlAnswer>& error) {
  account = account_of(call, error);
  if (account == nullptr) return nullptr;
  WechatCustomer* customer = call.core.wechat.find_customer(*account, call.names.front());
  if (customer == nullptr) error = control_error(404, "no such customer of this app: " + call.names.front());
  return customer;
}

ControlResult add_media(ControlCall& call) {
  const std::string id(call.text("media_id"));
  if (id.empty()) return control_error(400, "media_id is missing");
  auto bytes = detail::base64_decoded(call.text("base64"), detail::Base64Mode::spare_bits);
  if (!bytes) return control_error(400, "base64 is not valid");
  Media media;
  media.type = call.text("type");
  media.appid = call.text("appid");
  media.name = call.text("name");
  if (bytes->empty()) bytes = sample_bytes(media.type);
  media.bytes = std::make_shared<const std::string>(std::move(*bytes));
  media.title = call.text("title");
  if (!call.flag("permanent", false)) media.expires = call.now() + std::chrono::hours(72);
  call.core.wechat.keep_media(media, call.now(), id);
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("media_id").string(id).key("type").string(media.type).end_object();
  return answer;
}

ControlResult remove_media(ControlCall& call) {
  if (call.core.wechat.media.count(call.names.front()) == 0) return control_error(404, "no such media");
  call.core.wechat.void_media(call.names.front());
  return done_answer();
}

ControlResult put_template(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  NoticeTemplate made;
  made.template_id = call.text("template_id");
  if (made.template_id.empty()) made.template_id = detail::random_text(43);
  const std::string_view kind = call.text("kind");
  if (kind == "once")
    made.type = NoticeTemplate::kOnce;
  else if (kind == "long_term")
    made.type = NoticeTemplate::kLongTerm;
  else if (kind != "message")
    return control_error(400, "kind must be once, long_term or message");
  made.title = call.text("title");
  made.content = call.text("content");
  auto& all = account->notices.templates;
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&made](const NoticeTemplate& one) { return one.template_id == made.template_id; }),
            all.end());
  all.push_back(made);
  ControlAnswer answer;
  detail::JsonWriter(answer.body).begin_object().key("template_id").string(made.template_id).end_object();
  return answer;
}

ControlResult set_verdict(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  ModerationVerdict verdict;
  verdict.suggest = call.text("suggest").empty() ? "pass" : call.text("suggest");
  if (verdict.suggest != "pass" && verdict.suggest != "review" && verdict.suggest != "risky")
    return control_error(400, "suggest must be pass, review or risky");
  verdict.label = call.number("label", verdict.suggest == "pass" ? 100 : 20001);
  verdict.keyword = call.text("keyword");
  verdict.errcode = call.number("errcode", 0);
  verdict.left = call.number("count", -1);
  account->moderation.next = verdict;
  return done_answer();
}

ControlResult answer_dialog(ControlCall& call) {
  std::optional<ControlAnswer> error;
  if ((error = no_room_for_push(call))) return *error;
  WechatAccount* account = nullptr;
  WechatCustomer* customer = customer_of(call, account, error);
  if (customer == nullptr) return *error;
  const NoticeTemplate* notice = find_template(*account, call.text("template_id"));
  if (notice == nullptr) return control_error(404, "no such template of this app; POST /templates adds one");
  const std::int64_t count = call.number("count", 1);
  if (count < 1 || count > 1'000'000) return control_error(400, "count must be 1 to 1000000");
  answer_template_dialog(call.core.wechat, *account, *customer, *notice, !call.flag("reject", false),
                         static_cast<int>(count), call.now());
  return done_answer();
}

ControlResult withdraw(ControlCall& call) {
  std::optional<ControlAnswer> error;
  if ((error = no_room_for_push(call))) return *error;
  WechatAccount* account = nullptr;
  WechatCustomer* customer = customer_of(call, account, error);
  if (customer == nullptr) return *error;
  const NoticeTemplate* notice = find_template(*account, call.text("template_id"));
  if (notice == nullptr) return control_error(404, "no such template of this app");
  withdraw_consent(call.core.wechat, *account, *customer, *notice, call.now());
  return done_answer();
}

ControlResult change_block(ControlCall& call, int code) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = nullptr;
  WechatCustomer* customer = customer_of(call, account, error);
  if (customer == nullptr) return *error;
  customer->refuse_code = code;
  return done_answer();
}
ControlResult block(ControlCall& call) { return change_block(call, 48002); }
ControlResult unblock(ControlCall& call) { return change_block(call, 0); }

ControlResult log_in(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = nullptr;
  WechatCustomer* customer = customer_of(call, account, error);
  if (customer == nullptr) return *error;
  const std::string_view way = call.text("way");
  std::string scope(call.text("scope"));
  if (scope.empty()) scope = "snsapi_base";
  std::string phone(call.text("phone"));
  if (phone.empty()) phone = customer->phone.empty() ? "13800000000" : customer->phone;
  LoginCode::Use use = LoginCode::Use::mini_program;
  if (way == "web")
    use = LoginCode::Use::web;
  else if (way == "phone")
    use = LoginCode::Use::phone;
  else if (way != "mini")
    return control_error(400, "way must be mini, web or phone");
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("code").string(
      issue_login_code(*account, *customer, use, std::move(scope), std::move(phone), call.now()));
  writer.end_object();
  return answer;
}

ControlResult pay(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = nullptr;
  WechatCustomer* customer = customer_of(call, account, error);
  if (customer == nullptr) return *error;
  customer->paid = call.now();
  customer->transaction_id = call.text("transaction_id");
  customer->merchant_id = call.text("mch_id");
  customer->merchant_order = call.text("out_trade_no");
  return done_answer();
}

ControlResult visit(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = nullptr;
  const WechatCustomer* customer = customer_of(call, account, error);
  if (customer == nullptr) return *error;
  account->logins.visitor = customer->openid;
  return done_answer();
}

}  // namespace

std::vector<ControlRoute> control_platform_routes() {
  return {
      {"POST", "/media", "registers media: media_id, type, permanent, appid, name, title, base64 (bytes)", add_media,
       "media_id type permanent? appid name title base64"},
      {"DELETE", "/media/{media_id}", "the platform forgets it, as if it were too old", remove_media},
      {"POST", "/templates", "adds or replaces one: appid, template_id, kind (once|long_term|message), title, content",
       put_template, "appid template_id kind title content"},
      {"POST", "/moderation",
       "what content checks say from now on: appid, suggest (pass|review|risky), label, keyword, errcode, count",
       set_verdict, "appid suggest label# keyword errcode# count#"},
      {"POST", "/customers/{openid}/subscribe",
       "the customer answers a template's dialog: appid, template_id, count (sends granted), reject", answer_dialog,
       "appid template_id count# reject?"},
      {"POST", "/customers/{openid}/withdraw", "... switches a template off in the settings: appid, template_id",
       withdraw, "appid template_id"},
      {"POST", "/customers/{openid}/block", "... blocks the account's messages (48002): appid", block, "appid"},
      {"POST", "/customers/{openid}/unblock", "... lets them in again: appid", unblock, "appid"},
      {"POST", "/customers/{openid}/login",
       "... logs in or gives a phone number; answers the code: appid, way (mini|web|phone), scope, phone", log_in,
       "appid way scope phone"},
      {"POST", "/customers/{openid}/pay", "... pays: appid, transaction_id, mch_id, out_trade_no", pay,
       "appid transaction_id mch_id out_trade_no"},
      {"POST", "/customers/{openid}/visit", "... looks at the web authorization page that is opened next: appid", visit,
       "appid"},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
