#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/template_values.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Template messages of verified service accounts (wechat-messages 10.3, 10.4). The result comes as TemplateSentEvent.
// Operations are values; any thread.

/// Sends a template message to a follower. Marketing is forbidden; the platform drops `first` and `remark` silently and
/// cuts values to one line.
///
/// Effect: create. Checked here: the values. Codes: 43004 (not a follower), 40037 (template), 43101 (refused), 43117
/// (too often), 47003 (a value), 40165 and 40166 (mini program). Page: 发送模板消息.
struct KEFU_EXPORT SendTemplateMessage {
  using Response = NotificationSent;
  static const Operation& operation();
  SendTemplateMessage(std::string openid_, std::string template_, TemplateValues values_)
      : openid(std::move(openid_)), template_id(std::move(template_)), values(std::move(values_)) {}
  std::string openid;
  std::string template_id;
  TemplateValues values;
  std::string url;  ///< Where a tap leads; with a mini program only where that cannot be opened.
  MiniProgramTarget mini_program;
  /// The platform's repeat key: one message for each customer and id within 10 minutes; later is not promised.
  std::string client_message_id;  ///< client_msg_id
};

/// The older one-time subscription of official accounts: the customer consents on a page of the platform's, for a
/// scene.
///
/// Effect: create. Checked here: scene 0 to 10000, title up to 15 characters. Codes: 43101, 40037.
/// Page: 推送订阅模板消息给到授权微信用户.
struct KEFU_EXPORT SendOneTimeMessage {
  using Response = NoContent;
  static const Operation& operation();
  SendOneTimeMessage(std::string openid_, std::string template_, int scene_, std::string title_, std::string text_)
      : openid(std::move(openid_)),
        template_id(std::move(template_)),
        scene(scene_),
        title(std::move(title_)),
        text(std::move(text_)) {}
  std::string openid;
  std::string template_id;
  int scene;
  std::string title;
  std::string text;  ///< data.content
  std::string color;
  std::string url;
  MiniProgramTarget mini_program;
};

// --- Templates of the account: up to 25. ---

/// Chooses the two industries that templates may be taken from. Once a month; the templates of a former industry go.
///
/// Effect: idempotent. Page: 设置所属行业.
struct KEFU_EXPORT SetIndustry {
  using Response = NoContent;
  static const Operation& operation();
  SetIndustry(std::string first, std::string second)
      : industry_id1(std::move(first)), industry_id2(std::move(second)) {}
  std::string industry_id1;  ///< The page's number, e.g. "1" for internet and e-commerce.
  std::string industry_id2;
};

struct Industries {
  struct Industry {
    Industry() {}
    std::string first_class;
    std::string second_class;
  };
  Industries() {}
  Industry primary;    ///< primary_industry
  Industry secondary;  ///< secondary_industry
};
/// The industries of the account.
///
/// Effect: read. Page: 获取行业信息.
struct KEFU_EXPORT GetIndustry {
  using Response = Industries;
  static const Operation& operation();
  GetIndustry() {}
};

struct AddedTemplate {
  AddedTemplate() {}
  std::string template_id;
};
/// Takes a template over from the library.
///
/// Effect: create. Page: 选用模板.
struct KEFU_EXPORT AddTemplate {
  using Response = AddedTemplate;
  static const Operation& operation();
  AddTemplate(std::string number, std::vector<std::string> keywords_)
      : short_id(std::move(number)), keywords(std::move(keywords_)) {}
  std::string short_id;               ///< template_id_short: "47123"; older ones "TM00015", "OPENTM...".
  std::vector<std::string> keywords;  ///< keyword_name_list, in order; an old template has none.
};

struct MessageTemplate {
  MessageTemplate() {}
  std::string template_id;
  std::string title;
  std::string primary_industry;
  std::string secondary_industry;  ///< deputy_industry
  std::string content;
  std::string example;
};
struct MessageTemplateList {
  MessageTemplateList() {}
  std::vector<MessageTemplate> templates;  ///< template_list
};
/// The account's templates.
///
/// Effect: read. Page: 获取已选用模板列表.
struct KEFU_EXPORT ListTemplates {
  using Response = MessageTemplateList;
  static const Operation& operation();
  ListTemplates() {}
};

/// Removes a template of the account.
///
/// Effect: idempotent. Codes: 40037. Page: 删除模板.
struct KEFU_EXPORT DeleteTemplate {
  using Response = NoContent;
  static const Operation& operation();
  explicit DeleteTemplate(std::string id) : template_id(std::move(id)) {}
  std::string template_id;
};

}  // namespace wechat
KEFU_END_NAMESPACE
