#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// The menu below the chat of an official account, and the replies that were set in the console (wechat-messages 19,
// 20). Operations are values; any thread.

/// One article in an answer of the console's settings.
struct ConsoleArticle {
  ConsoleArticle() {}
  std::string title;
  std::string author;
  std::string digest;
  bool show_cover = false;
  std::string cover_url;
  std::string url;         ///< content_url
  std::string source_url;  ///< source_url
};

/// One button: with a type, or with buttons below it. What each type does and pushes is in the section named above.
struct MenuButton {
  MenuButton() {}
  MenuButton(std::string type_, std::string name_) : name(std::move(name_)), type(std::move(type_)) {}

  /// Pushes MenuTapped with `key`.
  static MenuButton click(std::string name, std::string key) {
    return with_key("click", std::move(name), std::move(key));
  }
  static MenuButton view(std::string name, std::string url) {
    MenuButton button("view", std::move(name));
    button.url = std::move(url);
    return button;
  }
  /// `url` is for clients that are too old. The mini program must be linked to the account.
  static MenuButton mini_program(std::string name, std::string app_id, std::string page_path, std::string url) {
    MenuButton button("miniprogram", std::move(name));
    button.app_id = std::move(app_id);
    button.page_path = std::move(page_path);
    button.url = std::move(url);
    return button;
  }
  /// "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select".
  static MenuButton with_key(std::string type, std::string name, std::string key) {
    MenuButton button(std::move(type), std::move(name));
    button.key = std::move(key);
    return button;
  }
  /// "media_id", "view_limited": permanent material.
  static MenuButton with_material(std::string type, std::string name, std::string media_id) {
    MenuButton button(std::move(type), std::move(name));
    button.media_id = std::move(media_id);
    return button;
  }
  /// "article_id", "article_view_limited": a published article.
  static MenuButton with_article(std::string type, std::string name, std::string article_id) {
    MenuButton button(std::move(type), std::move(name));
    button.article_id = std::move(article_id);
    return button;
  }
  static MenuButton group(std::string name, std::vector<MenuButton> buttons) {
    MenuButton button({}, std::move(name));
    button.buttons = std::move(buttons);
    return button;
  }

  std::string name;
  std::string type;
  std::string key;
  std::string url;
  std::string media_id;
  std::string app_id;     ///< appid
  std::string page_path;  ///< pagepath
  std::string article_id;
  std::vector<MenuButton> buttons;  ///< sub_button
  /// Of buttons that were set in the console (GetConsoleMenu): the text of "text", a media id of "img" and "voice" (for
  /// three days, new at each call) and "news", the address of "video".
  std::string value;
  std::vector<ConsoleArticle> articles;  ///< news_info
};

/// Whom a conditional menu is for. At least one member.
struct MenuRule {
  MenuRule() {}
  std::string tag_id;           ///< A tag of the account (older answers: group_id).
  std::string client_platform;  ///< client_platform_type: "1" iOS, "2" Android, "3" others.
  std::string raw;              ///< Of answers: the platform's own JSON, with members that are abolished.
};

/// Builds the default menu in place of the one that is there. Customers see it within five minutes.
///
/// Effect: idempotent. Limits: 1,000 a day. Checked here: 1 to 3 buttons, 1 to 5 below one, no third level; names up to
/// 16 bytes, below 60; keys up to 128, links up to 1024 bytes. Codes: 40016 to 40027, 40054, 40055, 40119, 45064.
/// Page: 创建自定义菜单.
struct KEFU_EXPORT CreateMenu {
  using Response = NoContent;
  static const Operation& operation();
  explicit CreateMenu(std::vector<MenuButton> buttons_) : buttons(std::move(buttons_)) {}
  std::vector<MenuButton> buttons;
};

struct ConditionalMenu {
  ConditionalMenu() {}
  std::string menu_id;  ///< menuid
  MenuRule rule;        ///< matchrule
  std::vector<MenuButton> buttons;
};
struct Menus {
  Menus() {}
  std::vector<MenuButton> buttons;  ///< The default menu.
  std::string menu_id;              ///< Of it; empty until there are conditional ones.
  std::vector<ConditionalMenu> conditional;
};
/// The menus that were made by API. Effect: read. Errors: `not_found` (46003: none). Page: 获取自定义菜单配置.
struct KEFU_EXPORT GetMenus {
  using Response = Menus;
  static const Operation& operation();
  GetMenus() {}
};

/// Deletes the default menu and all conditional ones. Effect: idempotent. Page: 删除自定义菜单.
struct KEFU_EXPORT DeleteMenus {
  using Response = NoContent;
  static const Operation& operation();
  DeleteMenus() {}
};

struct AddedMenu {
  AddedMenu() {}
  std::string menu_id;
};
/// Adds a menu for some customers; the newest that matches wins. Needs a default menu.
///
/// Effect: create. Limits: 2,000 a day. Checked here: as for CreateMenu, and that the rule is not empty.
/// Codes: 65301 to 65320. Page: 创建个性化菜单.
struct KEFU_EXPORT AddConditionalMenu {
  using Response = AddedMenu;
  static const Operation& operation();
  AddConditionalMenu(std::vector<MenuButton> buttons_, MenuRule rule_)
      : buttons(std::move(buttons_)), rule(std::move(rule_)) {}
  std::vector<MenuButton> buttons;
  MenuRule rule;
};

/// Effect: idempotent. Codes: 65301 (no such). Page: 删除个性化菜单.
struct KEFU_EXPORT DeleteConditionalMenu {
  using Response = NoContent;
  static const Operation& operation();
  explicit DeleteConditionalMenu(std::string id) : menu_id(std::move(id)) {}
  std::string menu_id;
};

struct MatchedMenu {
  MatchedMenu() {}
  std::vector<MenuButton> buttons;
};
/// Which menu a customer sees. Effect: read. Limits: 20,000 a day. Page: 测试个性化菜单匹配结果.
struct KEFU_EXPORT MatchMenu {
  using Response = MatchedMenu;
  static const Operation& operation();
  explicit MatchMenu(std::string id) : user_id(std::move(id)) {}
  std::string user_id;  ///< openid, or a WeChat id.
};

struct ConsoleMenu {
  ConsoleMenu() {}
  bool open = false;  ///< is_menu_open
  std::vector<MenuButton> buttons;
};
/// The menu as it is, whether it was made by API or in the console: for taking it over. Subscription accounts and
/// service accounts, verified or not. Effect: read. Page: 查询自定义菜单信息.
struct KEFU_EXPORT GetConsoleMenu {
  using Response = ConsoleMenu;
  static const Operation& operation();
  GetConsoleMenu() {}
};

/// One reply that was set in the console.
struct ConsoleReply {
  ConsoleReply() {}
  std::string type;  ///< "text", "img", "voice", "video", "news".
  /// The text; a media id of img and voice (for three days) and news; the address of a video: of its
  /// web page, as recorded (the page's sample has a file's).
  std::string content;
  std::vector<ConsoleArticle> articles;
};
struct ConsoleKeyword {
  ConsoleKeyword() {}
  std::string type;     ///< "text".
  std::string content;  ///< The keyword.
  bool whole = false;   ///< match_mode "equal"; else "contain".
};
struct ConsoleKeywordRule {
  ConsoleKeywordRule() {}
  std::string name;  ///< rule_name
  std::int64_t create_time = 0;
  bool all_replies = false;  ///< reply_mode "reply_all"; else "random_one".
  std::vector<ConsoleKeyword> keywords;
  std::vector<ConsoleReply> replies;
};
struct ConsoleReplies {
  ConsoleReplies() {}
  bool follow_reply_open = false;  ///< is_add_friend_reply_open
  bool replies_open = false;       ///< is_autoreply_open
  std::optional<ConsoleReply> on_follow;
  std::optional<ConsoleReply> on_message;
  std::vector<ConsoleKeywordRule> keywords;
};
/// The automatic replies that were set in the console, as data: for taking them over as rules of one's own.
/// Subscription accounts and service accounts, verified or not. Effect: read. Page: 获取公众号的自动回复规则.
struct KEFU_EXPORT GetConsoleReplies {
  using Response = ConsoleReplies;
  static const Operation& operation();
  GetConsoleReplies() {}
};

}  // namespace wechat
KEFU_END_NAMESPACE
