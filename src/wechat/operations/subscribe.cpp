#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"
#include "wechat/operations/template_fields.hpp"

#include <kefu/wechat/subscribe.hpp>

#include <algorithm>
#include <initializer_list>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

template <class V>
void one_of(V& v, const char* name, const std::string& value, std::initializer_list<std::string_view> known,
            const char* complaint) {
  v.rule(name, value.empty() || std::find(known.begin(), known.end(), value) != known.end(), complaint);
  v.optional(name, value);
}

template <class V, class Op>
void state_and_language(V& v, const Op& op) {
  one_of(v, "miniprogram_state", op.mini_program_state, {"developer", "trial", "formal"},
         "must be developer, trial or formal");
  one_of(v, "lang", op.language, {"zh_CN", "en_US", "zh_HK", "zh_TW"}, "must be zh_CN, en_US, zh_HK or zh_TW");
}

/// Category ids, separated by commas.
std::string joined(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text.append(text.empty() ? "" : ",").append(id);
  return text;
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::SendSubscribeMessage) {
  v.required("touser", s.openid);
  v.required("template_id", s.template_id);
  v.optional("page", s.page);
  wechat::state_and_language(v, s);
  wechat::template_data(v, s.values);
}

KEFU_FIELDS(wechat::SendServiceSubscribeMessage) {
  v.required("touser", s.openid);
  v.required("template_id", s.template_id);
  v.optional("page", s.page);
  wechat::mini_program_target(v, s.mini_program);
  wechat::state_and_language(v, s);
  wechat::template_data(v, s.values);
}

KEFU_FIELDS(wechat::TemplateCategory) {
  v.required("id", s.id);
  v.optional("name", s.name);
}
KEFU_FIELDS(wechat::TemplateCategoryList) { v.required("data", s.categories); }
KEFU_FIELDS(wechat::ListTemplateCategories) {}

KEFU_FIELDS(wechat::PublicTemplate) {
  v.required("tid", s.tid);
  v.optional("title", s.title);
  v.optional("type", s.type);
  v.optional("categoryId", s.category_id);
}
KEFU_FIELDS(wechat::PublicTemplateList) {
  v.required("count", s.count);
  v.optional("data", s.templates);
}
KEFU_FIELDS(wechat::ListPublicTemplates) {
  v.required("ids", wechat::joined(s.category_ids));
  v.value("start", s.start, Check().range(0, INT64_MAX));
  v.value("limit", s.limit, Check().range(1, 30));
}

KEFU_FIELDS(wechat::TemplateKeyword) {
  v.required("kid", s.kid);
  v.optional("name", s.name);
  v.optional("example", s.example);
  v.optional("rule", s.rule);
}
KEFU_FIELDS(wechat::TemplateKeywordList) {
  v.optional("count", s.count);
  v.required("data", s.keywords);
}
KEFU_FIELDS(wechat::ListTemplateKeywords) { v.required("tid", s.tid); }

KEFU_FIELDS(wechat::AddedSubscribeTemplate) { v.required("priTmplId", s.template_id); }
KEFU_FIELDS(wechat::AddSubscribeTemplate) {
  v.required("tid", s.tid);
  // The pages disagree about both: no keyword for tid 10000001 to 19999999 on the older one, a description that is
  // required on the newer one only. Either way is let through.
  v.rule("kidList", s.keywords.empty() || (s.keywords.size() >= 2 && s.keywords.size() <= 5),
         "must have 2 to 5 entries, or none");
  v.value("kidList", s.keywords);
  v.optional("sceneDesc", s.scene, Check().max_characters(15));
}

KEFU_FIELDS(wechat::DeleteSubscribeTemplate) { v.required("priTmplId", s.template_id); }

KEFU_FIELDS(wechat::SubscribeTemplate::Choices) {
  v.optional("keywordCode", s.keyword);
  v.optional("enumValueList", s.values);
}
KEFU_FIELDS(wechat::SubscribeTemplate) {
  v.required("priTmplId", s.template_id);
  v.optional("title", s.title);
  v.optional("content", s.content);
  v.optional("example", s.example);
  v.optional("type", s.type);
  v.optional("keywordEnumValueList", s.choices);
}
KEFU_FIELDS(wechat::SubscribeTemplateList) { v.required("data", s.templates); }
KEFU_FIELDS(wechat::ListSubscribeTemplates) {}

}  // namespace detail

namespace wechat {

// clang-format off
#define KEFU_SUBSCRIBE_ROWS(ROW)                                                                                 \
  ROW(SendSubscribeMessage, post("/cgi-bin/message/subscribe/send", kCreate, "发送订阅消息", kMiniProgram)       \
      .from("10.1")                                                                                              \
      .limited("10,000,000 a day; 30,000,000 with payment"))                                                     \
  ROW(SendServiceSubscribeMessage, post("/cgi-bin/message/subscribe/bizsend", kCreate,                           \
      "发送订阅通知", {kOpen, kYes, kNo, "89"}).from("10.2")                                                     \
      .doubted("pages disagree: miniprogram target against miniprogram_state and lang"))                         \
  ROW(ListTemplateCategories, get("/wxaapi/newtmpl/getcategory", kRead, "获取类目", kSubscribeTemplates)         \
      .from("10.6"))                                                                                             \
  ROW(ListPublicTemplates, get("/wxaapi/newtmpl/getpubtemplatetitles", kRead,                                    \
      "获取类目下的公共模板", kSubscribeTemplates).from("10.6")                                                  \
      .doubted("the page's example puts the ids into quotation marks, its table does not"))                      \
  ROW(ListTemplateKeywords, get("/wxaapi/newtmpl/getpubtemplatekeywords", kRead,                                 \
      "获取模板中的关键词", kSubscribeTemplates).from("10.6"))                                                   \
  ROW(AddSubscribeTemplate, post("/wxaapi/newtmpl/addtemplate", kCreate, "选用模板", kSubscribeTemplates)        \
      .from("10.6")                                                                                              \
      .doubted("pages disagree: kidList empty for tid 10000001 to 19999999, sceneDesc required or not"))         \
  ROW(DeleteSubscribeTemplate, post("/wxaapi/newtmpl/deltemplate", kIdempotent, "删除模板",                      \
      kSubscribeTemplates).from("10.6"))                                                                         \
  ROW(ListSubscribeTemplates, get("/wxaapi/newtmpl/gettemplate", kRead, "获取已有模板列表", kSubscribeTemplates) \
      .from("10.6"))
// clang-format on
KEFU_WECHAT_FAMILY(subscribe_rows, KEFU_SUBSCRIBE_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
