#include "sandbox/wechat/notices.hpp"
#include "sandbox/wechat/text.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

/// The library that templates are chosen from.
struct LibraryKeyword {
  int kid;
  std::string_view name;
  std::string_view example;
  std::string_view rule;
};
struct LibraryTemplate {
  int tid;
  std::string_view title;
  int type;
  int category;
  std::array<LibraryKeyword, 3> keywords;
};
constexpr LibraryTemplate kLibrary[] = {
    {99,
     "付款成功通知",
     NoticeTemplate::kOnce,
     616,
     {{{1, "物品名称", "手机", "thing"},
       {2, "付款金额", "￥100", "amount"},
       {3, "付款时间", "2019-12-25 09:42", "date"}}}},
    {401,
     "发货通知",
     NoticeTemplate::kOnce,
     616,
     {{{1, "商品名称", "手机", "thing"}, {2, "发货时间", "2019-12-25 09:42", "date"}, {3, "备注", "已发货", "thing"}}}},
    {1001,
     "公交到站提醒",
     NoticeTemplate::kLongTerm,
     2,
     {{{1, "线路", "1路", "thing"}, {2, "到站时间", "09:42", "time"}, {3, "车牌号", "粤A00001", "car_number"}}}},
    {10'000'001, "固定模板", NoticeTemplate::kOnce, 616, {}},
};
constexpr std::pair<int, std::string_view> kCategories[] = {{2, "公交"}, {616, "电商平台"}};
constexpr std::int64_t kMostTitles = 30;

const LibraryTemplate* library_template(std::string_view tid) {
  for (const LibraryTemplate& one : kLibrary)
    if (std::to_string(one.tid) == tid) return &one;
  return nullptr;
}

ApiResult list_categories(WechatCall&) {
  return ok_answer([](detail::JsonWriter& writer) {
    writer.key("data").begin_array();
    for (const auto& [id, name] : kCategories)
      writer.begin_object().key("id").integer(id).key("name").string(name).end_object();
    writer.end_array();
  });
}

ApiResult list_titles(WechatCall& call) {
  const std::string ids = "," + std::string(call.query("ids")) + ",";
  if (ids == ",,") return refuse(200018);
  if (ids.find_first_not_of("0123456789,") != std::string::npos) return refuse(200019);
  const auto number = [&call](std::string_view name, std::int64_t fallback) -> std::int64_t {
    const std::string_view text = call.query(name);
    return text.empty() ? fallback : whole_number(text, 0, 999'999'999).value_or(-1);
  };
  const std::int64_t start = number("start", 0);
  const std::int64_t limit = number("limit", kMostTitles);
  if (start < 0) return refuse(200016);
  if (limit < 1 || limit > kMostTitles) return refuse(200017);
  std::vector<const LibraryTemplate*> found;
  for (const LibraryTemplate& one : kLibrary)
    if (ids.find("," + std::to_string(one.category) + ",") != std::string::npos) found.push_back(&one);
  return ok_answer([&](detail::JsonWriter& writer) {
    writer.key("count").unsigned_integer(found.size()).key("data").begin_array();
    for (auto i = static_cast<std::size_t>(start); i < found.size() && i < static_cast<std::size_t>(start + limit);
         ++i) {
      writer.begin_object().key("tid").integer(found[i]->tid).key("title").string(found[i]->title);
      writer.key("type").integer(found[i]->type).key("categoryId").string(std::to_string(found[i]->category));
      writer.end_object();
    }
    writer.end_array();
  });
}

ApiResult list_keywords(WechatCall& call) {
  const LibraryTemplate* found = library_template(call.query("tid"));
  if (found == nullptr) return call.gap("unknown_tid_code");
  return ok_answer([found](detail::JsonWriter& writer) {
    writer.key("count").unsigned_integer(found->keywords.size()).key("data").begin_array();
    for (const LibraryKeyword& one : found->keywords) {
      writer.begin_object().key("kid").integer(one.kid).key("name").string(one.name);
      writer.key("example").string(one.example).key("rule").string(one.rule).end_object();
    }
    writer.end_array();
  });
}

/// A body under any other type is read as an empty form (wechat-messages 10.6).
bool is_read_as_json(const WechatCall& call) {
  return find_pair(call.request.headers, "content-type").value_or("") == "application/json";
}

ApiResult add_subscribe_template(WechatCall& call) {
  if (!is_read_as_json(call) || call.body["tid"].text().empty()) return refuse(200014, "missing parameter tid");
  const LibraryTemplate* found = library_template(call.body["tid"].text());
  if (found == nullptr) return call.gap("unknown_tid_code");
  const auto kids = call.body["kidList"].items();
  const bool own_words = found->tid < 10'000'000;
  if (own_words ? kids.size() < 2 || kids.size() > 5 : !kids.empty()) return refuse(200020);
  if (character_count(call.body["sceneDesc"].text()) > 15) return refuse(200021);
  NoticeTemplate made;
  made.type = found->type;
  made.source = std::to_string(found->tid);
  made.title = found->title;
  for (const detail::Value& kid : kids) {
    const auto keyword = std::find_if(found->keywords.begin(), found->keywords.end(),
                                      [&kid](const LibraryKeyword& one) { return kid.integer() == one.kid; });
    if (keyword == found->keywords.end()) return refuse(200020);
    made.content += fmt::format("{}:{{{{{}{}.DATA}}}}\n", keyword->name, keyword->rule, keyword->kid);
    made.example += fmt::format("{}:{}\n", keyword->name, keyword->example);
  }
  return add_notice_template(call, std::move(made), "priTmplId");
}

ApiResult delete_subscribe_template(WechatCall& call) {
  if (!is_read_as_json(call) || call.body["priTmplId"].text().empty())
    return refuse(200002, "missing parameter priTmplId");
  return delete_notice_template(call, call.body["priTmplId"].text(), false);
}

ApiResult list_subscribe_templates(WechatCall& call) {
  return ok_answer([&call](detail::JsonWriter& writer) {
    writer.key("data").begin_array();
    for (const NoticeTemplate& one : call.account->notices.templates) {
      if (one.type == NoticeTemplate::kMessage) continue;
      writer.begin_object().key("priTmplId").string(one.template_id).key("title").string(one.title);
      writer.key("content").string(one.content).key("example").string(one.example).key("type").integer(one.type);
      writer.end_object();
    }
    writer.end_array();
  });
}

bool is_known_word(std::string_view given, std::initializer_list<std::string_view> known) {
  return given.empty() || std::find(known.begin(), known.end(), given) != known.end();
}

ApiResult spend_consent(WechatCustomer& customer, std::string_view template_id) {
  const auto consent = customer.consents.find(template_id);
  if (consent == customer.consents.end() || consent->second == 0) return refuse(43101);
  if (consent->second > 0) --consent->second;
  return {};
}

ApiResult send_subscription(WechatCall& call) {
  WechatCustomer* customer = call.twin.find_customer(*call.account, call.body["touser"].text());
  if (customer == nullptr) return refuse(40003);
  const NoticeTemplate* notice = find_template(*call.account, call.body["template_id"].text());
  if (notice == nullptr || notice->type == NoticeTemplate::kMessage) return refuse(40037);
  if (!is_known_word(call.body["miniprogram_state"].text(), {"developer", "trial", "formal"}))
    return refuse(47003, "argument invalid! miniprogram_state invalid");
  if (!is_known_word(call.body["lang"].text(), {"zh_CN", "en_US", "zh_HK", "zh_TW"}))
    return refuse(47003, "argument invalid! lang invalid");
  if (call.account->app.kind == WechatKind::mini_program && starts_with(call.body["page"].text(), "http"))
    return refuse(41030);
  if (ApiResult bad = check_mini_program_target(call); bad.code != 0) return bad;
  if (ApiResult bad = check_template_values(call, *notice); bad.code != 0) return bad;
  if (ApiResult none = spend_consent(*customer, notice->template_id); none.code != 0) return none;
  const std::string id = show_notice(call, *customer, *notice, "subscribe");
  if (call.twin.setting("subscribe_send_msgid") == 0) return {};
  return ok_answer([&id](detail::JsonWriter& writer) { writer.key("msgid").raw(id); });
}

}  // namespace

std::vector<WechatRoute> wechat_subscription_routes() {
  using Credential = WechatRoute::Credential;
  return {
      {"POST", "/cgi-bin/message/subscribe/send", Credential::token, send_subscription, WechatRoute::Body::json, true},
      {"POST", "/cgi-bin/message/subscribe/bizsend", Credential::token, send_subscription, WechatRoute::Body::json,
       true}};
}

std::vector<WechatRoute> wechat_template_library_routes() {
  using Credential = WechatRoute::Credential;
  return {{"GET", "/wxaapi/newtmpl/getcategory", Credential::token, list_categories},
          {"GET", "/wxaapi/newtmpl/getpubtemplatetitles", Credential::token, list_titles},
          {"GET", "/wxaapi/newtmpl/getpubtemplatekeywords", Credential::token, list_keywords},
          {"POST", "/wxaapi/newtmpl/addtemplate", Credential::token, add_subscribe_template},
          {"POST", "/wxaapi/newtmpl/deltemplate", Credential::token, delete_subscribe_template},
          {"GET", "/wxaapi/newtmpl/gettemplate", Credential::token, list_subscribe_templates}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
