#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/wechat/template_values.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Subscription messages: one message for each consent of a customer, whenever it is needed
// (wechat-messages 10.1, 10.2). The consent and the result come as SubscriptionAskedEvent, SubscriptionChangedEvent and
// SubscriptionSentEvent. Operations are values; any thread.

/// What the platform answers to a subscription or template message.
struct NotificationSent {
  NotificationSent() {}
  std::string message_id;  ///< msgid: as in the events of the result. Subscription messages may have none.
};

/// Sends a subscription message of a mini program. Takes the customer's one-time consent.
///
/// Effect: create. Checked here: the values (TemplateValue). Codes: 43101 (no consent left), 40037 (template), 41030
/// (page), 47003 (a value), 43107, 43108. Page: 发送订阅消息.
struct KEFU_EXPORT SendSubscribeMessage {
  using Response = NotificationSent;
  static const Operation& operation();
  SendSubscribeMessage(std::string openid_, std::string template_, TemplateValues values_)
      : openid(std::move(openid_)), template_id(std::move(template_)), values(std::move(values_)) {}
  std::string openid;
  std::string template_id;
  TemplateValues values;
  std::string page;  ///< A page of the own mini program, with its query. Empty: a tap leads nowhere.
  /// "developer", "trial" or "formal". The page's table requires it, its text defaults to formal: empty sends none.
  std::string mini_program_state;
  std::string language;  ///< "zh_CN" (default), "en_US", "zh_HK", "zh_TW".
};

/// Sends a subscription message of a service account.
///
/// Effect: create. Checked here: the values. Codes: 43101, 40037, 47003, 48001 and 45103 (kind of account). The current
/// page has mini_program_state and language, the older one and other libraries the mini program target: each is sent
/// only when it is set. Page: 发送订阅通知.
struct KEFU_EXPORT SendServiceSubscribeMessage {
  using Response = NotificationSent;
  static const Operation& operation();
  SendServiceSubscribeMessage(std::string openid_, std::string template_, TemplateValues values_)
      : openid(std::move(openid_)), template_id(std::move(template_)), values(std::move(values_)) {}
  std::string openid;
  std::string template_id;
  TemplateValues values;
  std::string page;  ///< A URL.
  MiniProgramTarget mini_program;
  std::string mini_program_state;
  std::string language;
};

// --- Templates of subscription messages. Mini programs, and verified official accounts. ---

struct TemplateCategory {
  TemplateCategory() {}
  std::string id;
  std::string name;
};
struct TemplateCategoryList {
  TemplateCategoryList() {}
  std::vector<TemplateCategory> categories;  ///< data
};
/// The categories of the account.
///
/// Effect: read. Page: 获取类目.
struct KEFU_EXPORT ListTemplateCategories {
  using Response = TemplateCategoryList;
  static const Operation& operation();
  ListTemplateCategories() {}
};

struct PublicTemplate {
  PublicTemplate() {}
  static constexpr int kOnce = 2;      ///< type: one message for each consent.
  static constexpr int kLongTerm = 3;  ///< type: many messages; certain industries only.
  std::string tid;
  std::string title;
  int type = 0;
  std::string category_id;  ///< categoryId
};
struct PublicTemplateList {
  PublicTemplateList() {}
  std::int64_t count = 0;                 ///< All that there are.
  std::vector<PublicTemplate> templates;  ///< data
};
/// A page of the public templates of some categories.
///
/// Effect: read. Checked here: start at least 0, limit 1 to 30. Page: 获取类目下的公共模板.
struct KEFU_EXPORT ListPublicTemplates {
  using Response = PublicTemplateList;
  static const Operation& operation();
  explicit ListPublicTemplates(std::vector<std::string> categories, std::int64_t from = 0, int most = 30)
      : category_ids(std::move(categories)), start(from), limit(most) {}
  std::vector<std::string> category_ids;
  std::int64_t start;
  int limit;
};

struct TemplateKeyword {
  TemplateKeyword() {}
  std::int64_t kid = 0;
  std::string name;
  std::string example;
  std::string rule;  ///< "thing", "date"...: the prefix of the key.
};
struct TemplateKeywordList {
  TemplateKeywordList() {}
  std::int64_t count = 0;
  std::vector<TemplateKeyword> keywords;  ///< data
};
/// The keywords of a public template.
///
/// Effect: read. Page: 获取模板中的关键词.
struct KEFU_EXPORT ListTemplateKeywords {
  using Response = TemplateKeywordList;
  static const Operation& operation();
  explicit ListTemplateKeywords(std::string id) : tid(std::move(id)) {}
  std::string tid;
};

struct AddedSubscribeTemplate {
  AddedSubscribeTemplate() {}
  std::string template_id;  ///< priTmplId
};
/// Takes a public template over into the account's own.
///
/// Effect: create. Checked here: 2 to 5 keywords or none, the description of the scene up to 15 characters. The pages
/// disagree: the older one wants no keywords for tid 10000001 to 19999999 and leaves the description open, the newer
/// one requires it.
/// Page: 选用模板.
struct KEFU_EXPORT AddSubscribeTemplate {
  using Response = AddedSubscribeTemplate;
  static const Operation& operation();
  explicit AddSubscribeTemplate(std::string id, std::vector<std::int64_t> keywords_ = {}, std::string scene_ = {})
      : tid(std::move(id)), keywords(std::move(keywords_)), scene(std::move(scene_)) {}
  std::string tid;
  std::vector<std::int64_t> keywords;  ///< kidList: in the order they are shown.
  std::string scene;                   ///< sceneDesc; empty: left out.
};

/// Removes a template of the account.
///
/// Effect: idempotent. Page: 删除模板.
struct KEFU_EXPORT DeleteSubscribeTemplate {
  using Response = NoContent;
  static const Operation& operation();
  explicit DeleteSubscribeTemplate(std::string id) : template_id(std::move(id)) {}
  std::string template_id;  ///< priTmplId
};

struct SubscribeTemplate {
  struct Choices {
    Choices() {}
    std::string keyword;              ///< keywordCode
    std::vector<std::string> values;  ///< enumValueList: what an enum keyword may hold.
  };
  SubscribeTemplate() {}
  std::string template_id;  ///< priTmplId
  std::string title;
  std::string content;
  std::string example;
  int type = 0;                  ///< PublicTemplate::kOnce, kLongTerm.
  std::vector<Choices> choices;  ///< keywordEnumValueList
};
struct SubscribeTemplateList {
  SubscribeTemplateList() {}
  std::vector<SubscribeTemplate> templates;  ///< data
};
/// The account's own templates.
///
/// Effect: read. Page: 获取已有模板列表.
struct KEFU_EXPORT ListSubscribeTemplates {
  using Response = SubscribeTemplateList;
  static const Operation& operation();
  ListSubscribeTemplates() {}
};

}  // namespace wechat
KEFU_END_NAMESPACE
