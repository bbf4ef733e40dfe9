#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
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
  if (!value.empty() && std::find(known.begin(), known.end(), value) == known.end()) return v.complain(name, complaint);
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
  v.required("kidList", s.keywords, Check().min_items(2).max_items(5));
  v.required("sceneDesc", s.scene, Check().max_characters(15));
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

const Operation& SendSubscribeMessage::operation() {
  static const Operation row = detail::make_operation<SendSubscribeMessage>(
      {"wechat.message.subscribe.send", "POST", "/cgi-bin/message/subscribe/send", Authorization::access_token,
       Effect::create, "message.subscribe.send", Millis(10'000), "发送订阅消息"});
  return row;
}

const Operation& SendServiceSubscribeMessage::operation() {
  static const Operation row = detail::make_operation<SendServiceSubscribeMessage>(
      {"wechat.message.subscribe.bizsend", "POST", "/cgi-bin/message/subscribe/bizsend", Authorization::access_token,
       Effect::create, "message.subscribe.bizsend", Millis(10'000), "发送订阅通知",
       "pages disagree: miniprogram target against miniprogram_state and lang"});
  return row;
}

const Operation& ListTemplateCategories::operation() {
  static const Operation row = detail::make_operation<ListTemplateCategories>(
      {"wechat.newtmpl.getcategory", "GET", "/wxaapi/newtmpl/getcategory", Authorization::access_token, Effect::read,
       "newtmpl.getcategory", Millis(10'000), "获取类目"});
  return row;
}

const Operation& ListPublicTemplates::operation() {
  static const Operation row = detail::make_operation<ListPublicTemplates>(
      {"wechat.newtmpl.getpubtemplatetitles", "GET", "/wxaapi/newtmpl/getpubtemplatetitles",
       Authorization::access_token, Effect::read, "newtmpl.getpubtemplatetitles", Millis(10'000),
       "获取类目下的公共模板", "the page's example puts the ids into quotation marks, its table does not"});
  return row;
}

const Operation& ListTemplateKeywords::operation() {
  static const Operation row = detail::make_operation<ListTemplateKeywords>(
      {"wechat.newtmpl.getpubtemplatekeywords", "GET", "/wxaapi/newtmpl/getpubtemplatekeywords",
       Authorization::access_token, Effect::read, "newtmpl.getpubtemplatekeywords", Millis(10'000),
       "获取模板中的关键词"});
  return row;
}

const Operation& AddSubscribeTemplate::operation() {
  static const Operation row = detail::make_operation<AddSubscribeTemplate>(
      {"wechat.newtmpl.addtemplate", "POST", "/wxaapi/newtmpl/addtemplate", Authorization::access_token, Effect::create,
       "newtmpl.addtemplate", Millis(10'000), "选用模板"});
  return row;
}

const Operation& DeleteSubscribeTemplate::operation() {
  static const Operation row = detail::make_operation<DeleteSubscribeTemplate>(
      {"wechat.newtmpl.deltemplate", "POST", "/wxaapi/newtmpl/deltemplate", Authorization::access_token,
       Effect::idempotent, "newtmpl.deltemplate", Millis(10'000), "删除模板"});
  return row;
}

const Operation& ListSubscribeTemplates::operation() {
  static const Operation row = detail::make_operation<ListSubscribeTemplates>(
      {"wechat.newtmpl.gettemplate", "GET", "/wxaapi/newtmpl/gettemplate", Authorization::access_token, Effect::read,
       "newtmpl.gettemplate", Millis(10'000), "获取已有模板列表"});
  return row;
}

std::vector<const Operation*> subscribe_operations() {
  return {&SendSubscribeMessage::operation(),    &SendServiceSubscribeMessage::operation(),
          &ListTemplateCategories::operation(),  &ListPublicTemplates::operation(),
          &ListTemplateKeywords::operation(),    &AddSubscribeTemplate::operation(),
          &DeleteSubscribeTemplate::operation(), &ListSubscribeTemplates::operation()};
}

}  // namespace wechat
KEFU_END_NAMESPACE
