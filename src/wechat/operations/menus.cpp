#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/menus.hpp>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kMostButtons = 3;
constexpr std::size_t kMostBelow = 5;
constexpr std::size_t kNameBytes = 16;
constexpr std::size_t kNameBytesBelow = 60;
constexpr std::size_t kKeyBytes = 128;
constexpr std::size_t kUrlBytes = 1024;

bool has_length(const std::string& text, std::size_t most) { return !text.empty() && text.size() <= most; }

template <class V>
void check_button(V& v, const MenuButton& button, bool below) {
  v.rule(below ? "button.sub_button.name" : "button.name",
         has_length(button.name, below ? kNameBytesBelow : kNameBytes),
         below ? "must be 1 to 60 bytes" : "must be 1 to 16 bytes");
  v.rule(below ? "button.sub_button.sub_button" : "button.type",
         below ? button.buttons.empty() : button.type.empty() != button.buttons.empty(),
         below ? "must be empty: there is no third level"
               : "must stand in a button that has none below it, and in no other");
  v.rule("button.key", button.key.size() <= kKeyBytes, "must be at most 128 bytes");
  v.rule("button.url", button.url.size() <= kUrlBytes, "must be at most 1024 bytes");
}

template <class V>
void menu(V& v, const std::vector<MenuButton>& buttons) {
  v.rule("button", !buttons.empty() && buttons.size() <= kMostButtons, "must have 1 to 3 entries");
  for (const MenuButton& button : buttons) {
    check_button(v, button, false);
    v.rule("button.sub_button", button.buttons.size() <= kMostBelow, "must have at most 5 entries");
    for (const MenuButton& below : button.buttons) check_button(v, below, true);
  }
  v.value("button", buttons);
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::ConsoleArticle) {
  v.optional("title", s.title);
  v.optional("author", s.author);
  v.optional("digest", s.digest);
  v.optional("show_cover", s.show_cover);
  v.optional("cover_url", s.cover_url);
  v.optional("content_url", s.url);
  v.optional("source_url", s.source_url);
}

KEFU_FIELDS(wechat::MenuButton) {
  v.optional("type", s.type);
  v.value("name", s.name);
  v.optional("key", s.key);
  v.optional("url", s.url);
  v.optional("media_id", s.media_id);
  v.optional("appid", s.app_id);
  v.optional("pagepath", s.page_path);
  v.optional("article_id", s.article_id);
  if constexpr (V::kWriting) {
    v.optional("sub_button", s.buttons);
  } else {
    v.optional("value", s.value);
    v.group("news_info", [&s](auto& news) { news.optional("list", s.articles); });
    // An array in one answer, an object with a list in the other.
    if (v.here()["sub_button"]["list"].present())
      v.group("sub_button", [&s](auto& below) { below.optional("list", s.buttons); });
    else if (v.here()["sub_button"].kind() == Value::Kind::array)
      v.optional("sub_button", s.buttons);
  }
}

KEFU_FIELDS(wechat::MenuRule) {
  v.optional("tag_id", s.tag_id);
  v.optional("client_platform_type", s.client_platform);
  if constexpr (!V::kWriting)
    if (s.tag_id.empty()) v.optional("group_id", s.tag_id);
  v.whole(s.raw);
}

KEFU_FIELDS(wechat::CreateMenu) { wechat::menu(v, s.buttons); }

KEFU_FIELDS(wechat::ConditionalMenu) {
  v.optional("button", s.buttons);
  v.optional("matchrule", s.rule);
  v.required("menuid", s.menu_id);
}
KEFU_FIELDS(wechat::Menus) {
  v.group("menu", [&s](auto& menu) {
    menu.required("button", s.buttons);
    menu.optional("menuid", s.menu_id);
  });
  v.optional("conditionalmenu", s.conditional);
}
KEFU_FIELDS(wechat::GetMenus) {}
KEFU_FIELDS(wechat::DeleteMenus) {}

KEFU_FIELDS(wechat::AddedMenu) { v.required("menuid", s.menu_id); }
KEFU_FIELDS(wechat::AddConditionalMenu) {
  wechat::menu(v, s.buttons);
  v.rule("matchrule", !s.rule.tag_id.empty() || !s.rule.client_platform.empty(), "must not be empty");
  v.value("matchrule", s.rule);
}
KEFU_FIELDS(wechat::DeleteConditionalMenu) { v.required("menuid", s.menu_id); }

KEFU_FIELDS(wechat::MatchedMenu) {
  if (v.here()["menu"].present())  // as older texts show it
    return v.group("menu", [&s](auto& menu) { menu.required("button", s.buttons); });
  v.required("button", s.buttons);
}
KEFU_FIELDS(wechat::MatchMenu) { v.required("user_id", s.user_id); }

KEFU_FIELDS(wechat::ConsoleMenu) {
  v.required("is_menu_open", s.open);
  v.group("selfmenu_info", [&s](auto& menu) { menu.optional("button", s.buttons); });
}
KEFU_FIELDS(wechat::GetConsoleMenu) {}

KEFU_FIELDS(wechat::ConsoleReply) {
  v.optional("type", s.type);
  v.optional("content", s.content);
  v.group("news_info", [&s](auto& news) { news.optional("list", s.articles); });
}
KEFU_FIELDS(wechat::ConsoleKeyword) {
  v.optional("type", s.type);
  v.optional("content", s.content);
  std::string mode;
  v.optional("match_mode", mode);
  s.whole = mode == "equal";
}
KEFU_FIELDS(wechat::ConsoleKeywordRule) {
  v.optional("rule_name", s.name);
  v.optional("create_time", s.create_time);
  std::string mode;
  v.optional("reply_mode", mode);
  s.all_replies = mode == "reply_all";
  v.optional("keyword_list_info", s.keywords);
  v.optional("reply_list_info", s.replies);
}
KEFU_FIELDS(wechat::ConsoleReplies) {
  v.required("is_add_friend_reply_open", s.follow_reply_open);
  v.required("is_autoreply_open", s.replies_open);
  v.optional("add_friend_autoreply_info", s.on_follow);
  v.optional("message_default_autoreply_info", s.on_message);
  // An object without members stands for none.
  for (auto* reply : {&s.on_follow, &s.on_message})
    if (*reply && (*reply)->type.empty() && (*reply)->content.empty()) reply->reset();
  v.group("keyword_autoreply_info", [&s](auto& keywords) { keywords.optional("list", s.keywords); });
}
KEFU_FIELDS(wechat::GetConsoleReplies) {}

}  // namespace detail

namespace wechat {
namespace {

constexpr Accounts kMenus{kCert, kCert, kNo, "15"};

}  // namespace

// clang-format off
#define KEFU_MENU_ROWS(ROW)                                                                                           \
  ROW(CreateMenu, post("/cgi-bin/menu/create", kIdempotent, "创建自定义菜单", kMenus).from("19.1")                    \
      .limited("1,000 a day"))                                                                                        \
  ROW(GetMenus, get("/cgi-bin/menu/get", kRead, "获取自定义菜单配置", kMenus).from("19.2").limited("10,000 a day"))   \
  ROW(DeleteMenus, get("/cgi-bin/menu/delete", kIdempotent, "删除自定义菜单", kMenus).from("19.2"))                   \
  ROW(AddConditionalMenu, post("/cgi-bin/menu/addconditional", kCreate, "创建个性化菜单", kMenus).from("19.3")        \
      .limited("2,000 a day"))                                                                                        \
  ROW(DeleteConditionalMenu, post("/cgi-bin/menu/delconditional", kIdempotent, "删除个性化菜单", kMenus).from("19.3") \
      .limited("2,000 a day"))                                                                                        \
  ROW(MatchMenu, post("/cgi-bin/menu/trymatch", kRead, "测试个性化菜单匹配结果", kMenus).from("19.3")                 \
      .limited("20,000 a day"))                                                                                       \
  ROW(GetConsoleMenu, get("/cgi-bin/get_current_selfmenu_info", kRead, "查询自定义菜单信息",                          \
      {kYes, kYes, kNo, "1, 3, 15"}).from("19.2"))                                                                          \
  ROW(GetConsoleReplies, get("/cgi-bin/get_current_autoreply_info", kRead, "获取公众号的自动回复规则",                \
      {kYes, kYes, kNo, "1, 3, 15"}).from("20"))
// clang-format on
KEFU_WECHAT_FAMILY(menu_rows, KEFU_MENU_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
