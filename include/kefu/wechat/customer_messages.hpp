#pragma once

#include <kefu/channel/content.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// One article shown as a card (official accounts). The platform takes exactly one.
struct News {
  explicit News(LinkContent a) : article(std::move(a)) {}
  LinkContent article;  ///< title, description, url and picture_url are all sent.
};
/// A link card (mini programs). All four fields are required.
struct Link {
  explicit Link(LinkContent l) : link(std::move(l)) {}
  LinkContent link;
};
/// A picture-and-text message from the material library. Refused by accounts that were moved to drafts and publishing.
struct MpNews {
  explicit MpNews(std::string id) : media_id(std::move(id)) {}
  std::string media_id;
};
/// A published article.
struct MpNewsArticle {
  explicit MpNewsArticle(std::string id) : article_id(std::move(id)) {}
  std::string article_id;
};
/// A card or coupon.
struct WxCard {
  explicit WxCard(std::string id) : card_id(std::move(id)) {}
  std::string card_id;
};

/// Every message type of the customer-message API; RawContent carries types that are newer than this library.
using CustomMessage = std::variant<TextContent, ImageContent, VoiceContent, VideoContent, MusicContent, News, Link,
                                   MenuContent, MiniProgramContent, MpNews, MpNewsArticle, WxCard, RawContent>;
/// "text", "mp_news_article"...
KEFU_EXPORT std::string_view to_string(const CustomMessage& message) noexcept;

/// Sends one message to a customer inside the reply window.
///
/// Effect: create. Sending twice shows two messages and takes two from the window; the platform returns no message id
/// and has no repeat key, so a call whose outcome is unknown is not repeated. Limits checked here: text 1 to 2048 bytes
/// of UTF-8, required fields not empty. Control characters other than line ends and tabs are left out. Codes: 45015 and
/// 45047 (window), 48001 (account kind), 40007 (media id older than 3 days), 45002; see the code table. Page:
/// 发送客服消息.
struct KEFU_EXPORT SendCustomMessage {
  using Response = NoContent;
  static const Operation& operation();

  SendCustomMessage(std::string openid_, CustomMessage message_)
      : openid(std::move(openid_)), message(std::move(message_)) {}
  /// Of the channel's content, or one kind of it. A link becomes News, which official accounts have: mini programs send
  /// Link. What the API has no type for (files, locations, cards of other platforms) is refused when it is called:
  /// `unsupported`.
  SendCustomMessage(std::string openid_, Content content) : openid(std::move(openid_)), message(TextContent()) {
    take(std::move(content));
  }
  /// One kind of either: TextContent, LinkContent, WxCard ...
  template <class Kind, class = std::enable_if_t<!std::is_same_v<std::decay_t<Kind>, CustomMessage> &&
                                                 !std::is_same_v<std::decay_t<Kind>, Content>>>
  SendCustomMessage(std::string openid_, Kind&& kind) : openid(std::move(openid_)), message(TextContent()) {
    if constexpr (std::is_constructible_v<CustomMessage, Kind&&>)
      message = CustomMessage(std::forward<Kind>(kind));
    else
      take(Content(std::forward<Kind>(kind)));
  }

  std::string openid;
  CustomMessage message;
  std::string kf_account;     ///< Shows this agent's name and picture (official accounts): "name@account".
  bool ai_generated = false;  ///< Grey line below: written by a third party's AI.
  std::string business_id;    ///< Sub-merchant (mini programs of e-commerce platforms).
  std::string unsupported;    ///< Kind of content that was given and has no type here; empty: none.

 private:
  void take(Content content);
};

/// Shows ("Typing") or hides the typing sign for up to 15 s. Needs a message either way within the last 30 s.
///
/// Effect: idempotent. 45080 (nothing said lately) and 45081 (shown already) count as success and go to the observer.
/// Page: 下发客服输入状态.
struct KEFU_EXPORT SetTyping {
  using Response = NoContent;
  static const Operation& operation();

  SetTyping(std::string openid_, bool on_) : openid(std::move(openid_)), on(on_) {}

  std::string openid;
  bool on;
  std::string business_id;
};

/// As SetTyping, on the path that the current page gives for mini programs: with or without a sub-merchant. The sister
/// path of messages was seen to want the id (40101), so Messenger::typing takes this one with an id only, unless
/// AccountConfig::business_typing says otherwise.
struct KEFU_EXPORT SetBusinessTyping {
  using Response = NoContent;
  static const Operation& operation();

  SetBusinessTyping(std::string openid_, bool on_) : openid(std::move(openid_)), on(on_) {}

  std::string openid;
  bool on;
  std::string business_id;
};

}  // namespace wechat
KEFU_END_NAMESPACE
