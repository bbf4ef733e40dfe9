#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"
#include "wechat/operations/rows.hpp"
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

// clang-format off
#define KEFU_TEMPLATE_ROWS(ROW)                                                                                     \
  ROW(SendTemplateMessage, post("/cgi-bin/message/template/send", kCreate, "发送模板消息", kTemplates).from("10.3") \
      .limited("100,000 a day"))                                                                                    \
  ROW(SendOneTimeMessage, post("/cgi-bin/message/template/subscribe", kCreate,                                      \
      "推送订阅模板消息给到授权微信用户", {kCert, kCert, kOpen}).from("10.4")                                       \
      .doubted("rarely used: fields from other libraries"))                                                         \
  ROW(SetIndustry, post("/cgi-bin/template/api_set_industry", kIdempotent, "设置所属行业", kTemplates).from("10.6") \
      .limited("once a month"))                                                                                     \
  ROW(GetIndustry, get("/cgi-bin/template/get_industry", kRead, "获取行业信息", kTemplates).from("10.6"))           \
  ROW(AddTemplate, post("/cgi-bin/template/api_add_template", kCreate, "选用模板", kTemplates).from("10.6")         \
      .limited("25 templates"))                                                                                     \
  ROW(ListTemplates, get("/cgi-bin/template/get_all_private_template", kRead, "获取已选用模板列表", kTemplates)     \
      .from("10.6"))                                                                                                \
  ROW(DeleteTemplate, post("/cgi-bin/template/del_private_template", kIdempotent, "删除模板", kTemplates)           \
      .from("10.6"))
// clang-format on
KEFU_WECHAT_FAMILY(template_rows, KEFU_TEMPLATE_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
