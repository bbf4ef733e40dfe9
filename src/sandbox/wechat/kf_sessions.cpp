#include "sandbox/wechat/kf.hpp"

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kMostWaitingShown = 100;

/// The agent of a session call, bound to a person.
ApiResult bound_agent(const WechatCall& call, std::string_view kf_account, KfAgent*& agent) {
  if (!call.account->app.customer_service) return refuse(65400);
  agent = find_agent(*call.account, kf_account);
  if (agent == nullptr) return refuse(65401);
  return agent->kf_wx.empty() ? refuse(65402) : ApiResult();
}

ApiResult create_session(WechatCall& call) {
  KfAgent* agent = nullptr;
  if (ApiResult bad = bound_agent(call, call.body["kf_account"].text(), agent); bad.code != 0) return bad;
  WechatCustomer* customer = call.twin.find_customer(*call.account, call.body["openid"].text());
  if (customer == nullptr) return refuse(40003);
  if (!agent->online) return refuse(65415);
  if (const KfChat* chat = current_chat(call.twin, *call.account, customer->openid, call.now))
    return chat->kf_account == agent->kf_account ? ApiResult() : refuse(65414);
  open_chat(call.twin, *call.account, *customer, *agent, call.now);
  return {};
}

ApiResult close_session(WechatCall& call) {
  KfAgent* agent = nullptr;
  if (ApiResult bad = bound_agent(call, call.body["kf_account"].text(), agent); bad.code != 0) return bad;
  const WechatCustomer* customer = call.twin.find_customer(*call.account, call.body["openid"].text());
  if (customer == nullptr) return refuse(40003);
  const KfChat* chat = current_chat(call.twin, *call.account, customer->openid, call.now);
  if (chat == nullptr) return refuse(65413);
  if (chat->kf_account != agent->kf_account) return refuse(65414);
  close_chat(call.twin, *call.account, *chat, call.now);
  return {};
}

ApiResult get_session(WechatCall& call) {
  if (!call.account->app.customer_service) return refuse(65400);
  const WechatCustomer* customer = call.twin.find_customer(*call.account, call.query("openid"));
  if (customer == nullptr) return refuse(40003);
  const KfChat* chat = current_chat(call.twin, *call.account, customer->openid, call.now);
  return ok_answer([chat](detail::JsonWriter& writer) {
    writer.key("kf_account").string(chat == nullptr ? "" : chat->kf_account);
    writer.key("createtime").integer(chat == nullptr ? 0 : unix_seconds(chat->created));
  });
}

ApiResult list_sessions(WechatCall& call) {
  KfAgent* agent = nullptr;
  if (ApiResult bad = bound_agent(call, call.query("kf_account"), agent); bad.code != 0) return bad;
  static_cast<void>(chats_of(call.twin, *call.account, agent->kf_account, call.now));  // those that ended go
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("sessionlist").begin_array();
    for (const auto& [openid, chat] : call.account->kf.chats) {
      if (chat.kf_account != agent->kf_account) continue;
      writer.begin_object().key("createtime").integer(unix_seconds(chat.created));
      writer.key("openid").string(openid).end_object();
    }
    writer.end_array();
  });
}

ApiResult list_waiting(WechatCall& call) {
  if (!call.account->app.customer_service) return refuse(65400);
  const auto& waiting = call.account->kf.waiting;
  const bool older = call.twin.setting("waiting_list_older_form") != 0;
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("count").unsigned_integer(waiting.size()).key("waitcaselist").begin_array();
    std::size_t shown = 0;
    for (const KfWaiting& one : waiting) {
      if (++shown > kMostWaitingShown) break;
      writer.begin_object();
      if (older)
        writer.key("createtime").integer(unix_seconds(one.created)).key("kf_account").string(one.kf_account);
      else
        writer.key("latest_time").integer(unix_seconds(one.latest));
      writer.key("openid").string(one.openid).end_object();
    }
    writer.end_array();
  });
}

constexpr std::int64_t kLongestSpan = 86'400;
constexpr std::int64_t kMostLines = 10'000;

ApiResult list_lines(WechatCall& call) {
  if (!call.account->app.customer_service) return refuse(65400);
  const auto start = call.body["starttime"].integer();
  const auto end = call.body["endtime"].integer();
  const auto from = call.body["msgid"].integer();
  const auto most = call.body["number"].integer();
  if (!start || !end || !from || !most || *start < 0 || *end < *start || *from < 0) return refuse(65416);
  if (*most < 1 || *most > kMostLines) return refuse(65416);
  if (*end - *start > kLongestSpan) return refuse(65417);
  const bool repeats = call.twin.setting("records_repeat_last") != 0;
  const std::int64_t number_form = call.twin.setting("records_number");
  std::int64_t count = 0;
  std::int64_t last = *from;
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("recordlist").begin_array();
    for (const KfRecordLine& line : call.account->kf.records) {
      const std::int64_t time = unix_seconds(line.time);
      if (count == *most) break;
      if (time < *start || time > *end || line.id < *from || (line.id == *from && !repeats)) continue;
      writer.begin_object().key("openid").string(line.openid).key("opercode").integer(line.opercode);
      writer.key("text").string(line.text).key("time").integer(time).key("worker").string(line.worker).end_object();
      last = line.id;
      ++count;
    }
    writer.end_array();
    if (number_form == 2) return;
    writer.key("number").integer(number_form == 1 ? *most : count).key("msgid").integer(last);
  });
}

}  // namespace

std::vector<WechatRoute> wechat_kf_session_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/customservice/kfsession/create", Credential::token, create_session, WechatRoute::Body::json, true},
          {"POST", "/customservice/kfsession/close", Credential::token, close_session, WechatRoute::Body::json, true},
          {"GET", "/customservice/kfsession/getsession", Credential::token, get_session},
          {"GET", "/customservice/kfsession/getsessionlist", Credential::token, list_sessions},
          {"GET", "/customservice/kfsession/getwaitcase", Credential::token, list_waiting}};
}

std::vector<WechatRoute> wechat_record_routes() {
  return {{"POST", "/customservice/msgrecord/getmsglist", WechatRoute::Credential::token, list_lines}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
