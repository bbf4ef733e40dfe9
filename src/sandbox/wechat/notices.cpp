#include "sandbox/wechat/notices.hpp"

#include "core/crypto/crypto.hpp"
#include "sandbox/http/json_text.hpp"
#include "sandbox/wechat/text.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::int64_t kFirstNoticeId = 3'717'005'636'572'528'642;  // beyond 2^53, as observed

/// Longest values by the beginning of their key, in characters (wechat-messages 10.1).
struct ValueRule {
  std::string_view prefix;
  std::size_t most;
  bool (*takes)(std::string_view value);
};

bool any_value(std::string_view) { return true; }
bool all_digits(std::string_view value) { return value.find_first_not_of("0123456789.-") == std::string_view::npos; }
bool has_digit(std::string_view value) { return value.find_first_of("0123456789") != std::string_view::npos; }
bool no_digits(std::string_view value) { return !has_digit(value); }
bool is_ascii(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}
bool is_person_name(std::string_view value) { return is_ascii(value) || character_count(value) <= 10; }

constexpr ValueRule kValueRules[] = {
    {"thing", 20, any_value},     {"number", 32, all_digits},         {"letter", 32, no_digits},
    {"symbol", 5, any_value},     {"character_string", 32, is_ascii}, {"time", 64, has_digit},
    {"date", 64, has_digit},      {"amount", 14, has_digit},          {"phone_number", 17, has_digit},
    {"car_number", 8, any_value}, {"name", 20, is_person_name},       {"phrase", 5, no_digits},
};

/// The kind of a typed key: "thing" of "thing3".
const ValueRule* rule_of_key(std::string_view key) {
  const std::size_t digits = key.find_last_not_of("0123456789");
  if (digits == std::string_view::npos || digits + 1 == key.size()) return nullptr;
  const std::string_view kind = key.substr(0, digits + 1);
  for (const ValueRule& rule : kValueRules)
    if (rule.prefix == kind) return &rule;
  return nullptr;
}

bool value_fits(std::string_view key, std::string_view value) {
  if (value.empty()) return false;
  const ValueRule* rule = rule_of_key(key);
  if (rule == nullptr) return true;
  const bool controls =
      std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 32; });
  return !controls && character_count(value) <= rule->most && rule->takes(value);
}

ApiResult wrong_value(std::string_view key) {
  return refuse(47003, "argument invalid! data." + std::string(key) + ".value invalid");
}

/// The event's list, bare in JSON and inside `wrapper` in XML.
std::vector<PushField> event_list(const WechatAccount& account, std::string wrapper, std::vector<PushField> entry) {
  PushField one{"List", PushField::Kind::object, {}, std::move(entry)};
  PushField list{"List", PushField::Kind::list, {}, {std::move(one)}};
  if (account.app.push_format == PushFormat::json) return {std::move(list)};
  return {PushField{std::move(wrapper), PushField::Kind::object, {}, {std::move(list)}}};
}

/// JSON has these numbers as strings.
PushField list_number(const WechatAccount& account, std::string name, std::string_view value) {
  return account.app.push_format == PushFormat::json ? push_text(std::move(name), value)
                                                     : push_number(std::move(name), value);
}

void queue_result(const WechatCall& call, WechatCustomer& customer, const NoticeTemplate& notice,
                  const std::string& id) {
  const bool blocked = customer.refuse_code != 0;
  if (notice.type == NoticeTemplate::kMessage) {
    std::string_view status = "success";
    if (!customer.notification_failure.empty()) status = customer.notification_failure;
    if (blocked) status = "failed:user block";
    return queue_event(call.twin, *call.account, customer, "TEMPLATESENDJOBFINISH",
                       {push_number("MsgID", id), push_text("Status", status)}, call.now);
  }
  const bool failed = !customer.notification_failure.empty();
  if (!failed && call.twin.setting("subscribe_sent_event_always") == 0) return;
  queue_event(call.twin, *call.account, customer, "subscribe_msg_sent_event",
              event_list(*call.account, "SubscribeMsgSentEvent",
                         {push_text("TemplateId", notice.template_id), list_number(*call.account, "MsgID", id),
                          list_number(*call.account, "ErrorCode", failed ? "43" : "0"),
                          push_text("ErrorStatus", failed ? customer.notification_failure : std::string("success"))}),
              call.now);
}

}  // namespace

const NoticeTemplate* find_template(const WechatAccount& account, std::string_view id) {
  const auto& all = account.notices.templates;
  const auto found =
      std::find_if(all.begin(), all.end(), [id](const NoticeTemplate& one) { return one.template_id == id; });
  return found == all.end() ? nullptr : &*found;
}

ApiResult add_notice_template(WechatCall& call, NoticeTemplate made, std::string_view name) {
  auto& all = call.account->notices.templates;
  if (static_cast<std::int64_t>(all.size()) >= call.twin.setting("templates_most"))
    return call.gap("templates_full_code");
  made.template_id = detail::random_text(43);
  all.push_back(made);
  return ok_answer([&](detail::JsonWriter& writer) { writer.key(name).string(made.template_id); });
}

ApiResult delete_notice_template(WechatCall& call, std::string_view id, bool of_messages) {
  auto& all = call.account->notices.templates;
  const auto found = std::find_if(all.begin(), all.end(), [&](const NoticeTemplate& one) {
    return one.template_id == id && (one.type == NoticeTemplate::kMessage) == of_messages;
  });
  if (found == all.end()) return refuse(40037);
  all.erase(found);
  return {};
}

ApiResult check_template_values(const WechatCall& call, const NoticeTemplate& notice) {
  const detail::Value data = call.body["data"];
  if (data.kind() != detail::Value::Kind::object) return refuse(47003, "argument invalid! data invalid");
  for (const auto& member : data)
    if (!value_fits(member.name, member.value["value"].text())) return wrong_value(member.name);
  const bool lenient = notice.type == NoticeTemplate::kMessage && call.twin.setting("template_values_may_lack") != 0;
  constexpr std::string_view kEnd = ".DATA}}";
  std::string_view rest = notice.content;
  for (std::size_t begin; !lenient && (begin = rest.find("{{")) != std::string_view::npos;) {
    rest.remove_prefix(begin + 2);
    const std::size_t end = rest.find(kEnd);
    if (end == std::string_view::npos) break;
    if (!data[rest.substr(0, end)].present()) return wrong_value(rest.substr(0, end));
    rest.remove_prefix(end + kEnd.size());
  }
  return {};
}

ApiResult check_mini_program_target(const WechatCall& call) {
  const detail::Value target = call.body["miniprogram"];
  const std::string_view appid = target["appid"].text();
  if (appid.empty()) return target["pagepath"].text().empty() ? ApiResult() : refuse(40166);  // empty members mean none
  const auto& linked = call.account->app.linked_appids;
  if (!linked.empty() && std::find(linked.begin(), linked.end(), appid) == linked.end()) return refuse(40166);
  return starts_with(target["pagepath"].text(), "http") ? refuse(40165) : ApiResult();
}

std::string show_notice(const WechatCall& call, WechatCustomer& customer, const NoticeTemplate& notice,
                        std::string_view msgtype) {
  const std::string id = std::to_string(kFirstNoticeId + static_cast<std::int64_t>(call.twin.next_notice++));
  const bool arrives = customer.notification_failure.empty() && customer.refuse_code == 0;
  if (arrives) {
    InboxMessage message;
    message.time = call.now;
    message.channel = "notification";
    message.msgtype = msgtype;
    detail::JsonWriter writer(message.content);
    writer.begin_object().key("template_id").string(notice.template_id).key("data").raw(json_of(call.body["data"]));
    for (const char* field : {"page", "url"})
      if (call.body[field].present()) writer.key(field).string(call.body[field].text());
    if (!call.body["miniprogram"]["appid"].text().empty())
      writer.key("miniprogram").raw(json_of(call.body["miniprogram"]));
    writer.end_object();
    call.twin.put_in_inbox(customer, std::move(message));
  }
  queue_result(call, customer, notice, id);
  return id;
}

void answer_template_dialog(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer,
                            const NoticeTemplate& notice, bool accept, int count, WallTime now) {
  if (!accept)
    customer.consents.erase(notice.template_id);
  else if (notice.type == NoticeTemplate::kLongTerm)
    customer.consents[notice.template_id] = -1;
  else
    customer.consents[notice.template_id] += count;
  customer.seen = now;
  queue_event(
      twin, account, customer, "subscribe_msg_popup_event",
      event_list(account, "SubscribeMsgPopupEvent",
                 {push_text("TemplateId", notice.template_id),
                  push_text("SubscribeStatusString", accept ? "accept" : "reject"),
                  list_number(account, "PopupScene", account.app.kind == WechatKind::mini_program ? "0" : "1")}),
      now);
}

void withdraw_consent(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, const NoticeTemplate& notice,
                      WallTime now) {
  customer.consents.erase(notice.template_id);
  queue_event(twin, account, customer, "subscribe_msg_change_event",
              event_list(account, "SubscribeMsgChangeEvent",
                         {push_text("TemplateId", notice.template_id), push_text("SubscribeStatusString", "reject")}),
              now);
}

}  // namespace sandbox
KEFU_END_NAMESPACE
