#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"
#include "wechat/operations/template_fields.hpp"

#include <kefu/wechat/templates.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::SendTemplateMessage) {
  v.required("touser", s.openid);
  v.required("template_id", s.template_id);
  v.optional("url", s.url);
  wechat::mini_program_target(v, s.mini_program);
  v.optional("client_msg_id", s.client_message_id);
  wechat::template_data(v, s.values);
}

KEFU_FIELDS(wechat::SendOneTimeMessage) {
  v.required("touser", s.openid);
  v.required("template_id", s.template_id);
  v.optional("url", s.url);
  wechat::mini_program_target(v, s.mini_program);
  v.value("scene", s.scene, Check().range(0, 10'000));
  v.required("title", s.title, Check().max_characters(15));
  v.group("data", [&s](auto& data) {
    data.group("content", [&s](auto& content) {
      content.required("value", s.text);
      content.optional("color", s.color);
    });
  });
}

KEFU_FIELDS(wechat::SetIndustry) {
  v.required("industry_id1", s.industry_id1);
  v.required("industry_id2", s.industry_id2);
}

KEFU_FIELDS(wechat::Industries::Industry) {
  v.optional("first_class", s.first_class);
  v.optional("second_class", s.second_class);
}
KEFU_FIELDS(wechat::Industries) {
  v.required("primary_industry", s.primary);
  v.optional("secondary_industry", s.secondary);
}
KEFU_FIELDS(wechat::GetIndustry) {}

KEFU_FIELDS(wechat::AddedTemplate) { v.required("template_id", s.template_id); }
KEFU_FIELDS(wechat::AddTemplate) {
  v.required("template_id_short", s.short_id);
  v.optional("keyword_name_list", s.keywords);
}

KEFU_FIELDS(wechat::MessageTemplate) {
  v.required("template_id", s.template_id);
  v.optional("title", s.title);
  v.optional("primary_industry", s.primary_industry);
  v.optional("deputy_industry", s.secondary_industry);
  v.optional("content", s.content);
  v.optional("example", s.example);
}
KEFU_FIELDS(wechat::MessageTemplateList) { v.required("template_list", s.templates); }
KEFU_FIELDS(wechat::ListTemplates) {}

KEFU_FIELDS(wechat::DeleteTemplate) { v.required("template_id", s.template_id); }

}  // namespace detail

namespace wechat {

const Operation& SendTemplateMessage::operation() {
  static const Operation row = detail::make_operation<SendTemplateMessage>(
      {"wechat.message.template.send", "POST", "/cgi-bin/message/template/send", Authorization::access_token,
       Effect::create, "message.template.send", Millis(10'000), "发送模板消息"});
  return row;
}

const Operation& SendOneTimeMessage::operation() {
  static const Operation row = detail::make_operation<SendOneTimeMessage>(
      {"wechat.message.template.subscribe", "POST", "/cgi-bin/message/template/subscribe", Authorization::access_token,
       Effect::create, "message.template.subscribe", Millis(10'000), "推送订阅模板消息给到授权微信用户",
       "rarely used: fields from other libraries"});
  return row;
}

const Operation& SetIndustry::operation() {
  static const Operation row = detail::make_operation<SetIndustry>(
      {"wechat.template.api_set_industry", "POST", "/cgi-bin/template/api_set_industry", Authorization::access_token,
       Effect::idempotent, "template.api_set_industry", Millis(10'000), "设置所属行业"});
  return row;
}

const Operation& GetIndustry::operation() {
  static const Operation row = detail::make_operation<GetIndustry>(
      {"wechat.template.get_industry", "GET", "/cgi-bin/template/get_industry", Authorization::access_token,
       Effect::read, "template.get_industry", Millis(10'000), "获取行业信息"});
  return row;
}

const Operation& AddTemplate::operation() {
  static const Operation row = detail::make_operation<AddTemplate>(
      {"wechat.template.api_add_template", "POST", "/cgi-bin/template/api_add_template", Authorization::access_token,
       Effect::create, "template.api_add_template", Millis(10'000), "选用模板"});
  return row;
}

const Operation& ListTemplates::operation() {
  static const Operation row = detail::make_operation<ListTemplates>(
      {"wechat.template.get_all_private_template", "GET", "/cgi-bin/template/get_all_private_template",
       Authorization::access_token, Effect::read, "template.get_all_private_template", Millis(10'000),
       "获取已选用模板列表"});
  return row;
}

const Operation& DeleteTemplate::operation() {
  static const Operation row = detail::make_operation<DeleteTemplate>(
      {"wechat.template.del_private_template", "POST", "/cgi-bin/template/del_private_template",
       Authorization::access_token, Effect::idempotent, "template.del_private_template", Millis(10'000), "删除模板"});
  return row;
}

std::vector<const Operation*> template_operations() {
  return {&SendTemplateMessage::operation(), &SendOneTimeMessage::operation(), &SetIndustry::operation(),
          &GetIndustry::operation(),         &AddTemplate::operation(),        &ListTemplates::operation(),
          &DeleteTemplate::operation()};
}

}  // namespace wechat
KEFU_END_NAMESPACE
