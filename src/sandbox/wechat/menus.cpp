#include "sandbox/http/json_text.hpp"
#include "sandbox/wechat/twin.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using Button = detail::Value;

constexpr std::size_t kConditionalBound = 500;

/// What each type of button needs (wechat-messages 19.1).
struct ButtonType {
  std::string_view name;
  std::string_view needs;
};
constexpr ButtonType kButtonTypes[] = {
    {"click", "key"},
    {"scancode_push", "key"},
    {"scancode_waitmsg", "key"},
    {"pic_sysphoto", "key"},
    {"pic_weixin", "key"},
    {"pic_photo_or_album", "key"},
    {"location_select", "key"},
    {"view", "url"},
    {"miniprogram", "appid"},
    {"media_id", "media_id"},
    {"view_limited", "media_id"},
    {"article_id", "article_id"},
    {"article_view_limited", "article_id"},
};

/// The codes of one level: a sub button has its own (wechat-messages 13).
struct LevelCodes {
  std::size_t name_bytes;
  int type, name, key, url, media, use;
};
constexpr LevelCodes kTop{16, 40017, 40018, 40019, 40020, 40117, 40119};
constexpr LevelCodes kBelow{60, 40024, 40025, 40026, 40027, 40118, 40120};

int code_of_lack(std::string_view needed, const LevelCodes& codes) {
  if (needed == "key") return codes.key;
  if (needed == "url") return codes.url;
  return needed == "appid" ? codes.use : needed == "article_id" ? 53600 : codes.media;
}

ApiResult check_leaf(const WechatCall& call, const Button& button, const LevelCodes& codes) {
  const std::string_view name = button["type"].text();
  const auto* type = std::find_if(std::begin(kButtonTypes), std::end(kButtonTypes),
                                  [name](const ButtonType& one) { return one.name == name; });
  if (type == std::end(kButtonTypes)) return refuse(codes.type);
  if (button[type->needs].text().empty()) return refuse(code_of_lack(type->needs, codes));
  if (button["key"].text().size() > 128) return refuse(codes.key);
  if (button["url"].text().size() > 1024) return refuse(codes.url);
  const auto& linked = call.account->app.linked_appids;
  if (name == "miniprogram" && !linked.empty() &&
      std::find(linked.begin(), linked.end(), button["appid"].text()) == linked.end())
    return refuse(codes.use);
  return {};
}

bool is_name(const Button& button, const LevelCodes& codes) {
  const std::string_view name = button["name"].text();
  return !name.empty() && name.size() <= codes.name_bytes;
}

ApiResult check_buttons(const WechatCall& call) {
  const auto buttons = call.body["button"].items();
  if (buttons.empty() || buttons.size() > 3) return refuse(40016);
  for (const Button& button : buttons) {
    if (!is_name(button, kTop)) return refuse(kTop.name);
    const auto below = button["sub_button"].items();
    if (below.empty()) {
      if (ApiResult bad = check_leaf(call, button, kTop); bad.code != 0) return bad;
      continue;
    }
    if (below.size() > 5) return refuse(40023);
    for (const Button& one : below) {
      if (!is_name(one, kBelow)) return refuse(kBelow.name);
      if (!one["sub_button"].items().empty()) return refuse(40022);
      if (ApiResult bad = check_leaf(call, one, kBelow); bad.code != 0) return bad;
    }
  }
  return {};
}

/// Every button with its list of those below: an array here, an object there.
void write_buttons(detail::JsonWriter& writer, const detail::Value& buttons, bool as_object) {
  writer.begin_array();
  for (const Button& button : buttons.items()) {
    writer.begin_object();
    for (const auto& member : button) {
      if (member.name == "sub_button") continue;
      writer.key(member.name);
      write_value(writer, member.value);
    }
    const detail::Value below = button["sub_button"];
    if (as_object && !below.items().empty()) {
      writer.key("sub_button").begin_object().key("list");
      write_buttons(writer, below, true);
      writer.end_object();
    } else if (!as_object) {
      writer.key("sub_button");
      write_buttons(writer, below, false);
    }
    writer.end_object();
  }
  writer.end_array();
}

/// A JSON list is kept inside an object, as documents are.
void write_kept(detail::JsonWriter& writer, const std::string& buttons, bool as_object) {
  const detail::Document kept = detail::Document::json("{\"button\":" + buttons + "}");
  write_buttons(writer, kept.root()["button"], as_object);
}

ApiResult create_menu(WechatCall& call) {
  if (ApiResult bad = check_buttons(call); bad.code != 0) return bad;
  MenuState& menus = call.account->promotion.menus;
  menus.buttons = json_of(call.body["button"]);
  menus.id = menus.next_id++;
  return {};
}

ApiResult get_menus(WechatCall& call) {
  const MenuState& menus = call.account->promotion.menus;
  if (menus.buttons.empty()) return refuse(46003);
  return fields_answer([&menus](detail::JsonWriter& writer) {
    writer.key("menu").begin_object().key("button");
    write_kept(writer, menus.buttons, false);
    if (!menus.conditional.empty()) writer.key("menuid").integer(menus.id);
    writer.end_object();
    if (menus.conditional.empty()) return;
    writer.key("conditionalmenu").begin_array();
    for (const ConditionalMenuRow& row : menus.conditional) {
      writer.begin_object().key("button");
      write_kept(writer, row.buttons, false);
      writer.key("matchrule").begin_object();
      if (!row.tag.empty()) writer.key("tag_id").string(row.tag);
      if (!row.platform.empty()) writer.key("client_platform_type").raw(row.platform);
      writer.end_object().key("menuid").integer(row.id).end_object();
    }
    writer.end_array();
  });
}

ApiResult delete_menus(WechatCall& call) {
  MenuState& menus = call.account->promotion.menus;
  menus.buttons.clear();
  menus.conditional.clear();
  return {};
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

ApiResult add_conditional_menu(WechatCall& call) {
  MenuState& menus = call.account->promotion.menus;
  if (menus.buttons.empty()) return refuse(65303);
  const detail::Value rule = call.body["matchrule"];
  for (const char* abolished : {"sex", "country", "province", "city", "language"})
    if (!rule[abolished].text().empty()) return refuse(65320);
  ConditionalMenuRow made;
  made.tag = rule["tag_id"].text();
  made.platform = rule["client_platform_type"].text();
  if (made.tag.empty() && made.platform.empty()) return refuse(65304);
  if (!made.platform.empty() && !is_digits(made.platform)) return refuse(65304);
  if (call.body["button"].items().empty()) return refuse(65307);
  if (ApiResult bad = check_buttons(call); bad.code != 0) return bad;
  if (menus.conditional.size() >= kConditionalBound) return refuse(65305);
  made.buttons = json_of(call.body["button"]);
  made.id = menus.next_id++;
  menus.conditional.push_back(made);
  return fields_answer([&made](detail::JsonWriter& writer) { writer.key("menuid").string(std::to_string(made.id)); });
}

ApiResult delete_conditional_menu(WechatCall& call) {
  auto& rows = call.account->promotion.menus.conditional;
  const auto id = call.body["menuid"].integer();
  const auto found =
      std::find_if(rows.begin(), rows.end(), [id](const ConditionalMenuRow& row) { return id == row.id; });
  if (found == rows.end()) return refuse(65301);
  rows.erase(found);
  return {};
}

/// The newest that fits; which client the person has is not known, so rules about it fit nobody.
ApiResult match_menu(WechatCall& call) {
  const MenuState& menus = call.account->promotion.menus;
  const WechatCustomer* person = call.twin.find_customer(*call.account, call.body["user_id"].text());
  if (person == nullptr) return refuse(65302);
  if (menus.buttons.empty()) return refuse(46003);
  const std::string* buttons = &menus.buttons;
  for (const ConditionalMenuRow& row : menus.conditional)
    if (const auto tag = whole_number(row.tag, 0); row.platform.empty() && tag && person->tags.count(*tag) != 0)
      buttons = &row.buttons;
  return fields_answer([buttons](detail::JsonWriter& writer) {
    writer.key("button");
    write_kept(writer, *buttons, false);
  });
}

ApiResult current_menu(WechatCall& call) {
  ApiResult result;
  result.body = call.account->app.console_menu;
  if (!result.body.empty()) return result;
  const MenuState& menus = call.account->promotion.menus;
  return fields_answer([&menus](detail::JsonWriter& writer) {
    writer.key("is_menu_open").integer(menus.buttons.empty() ? 0 : 1);
    if (menus.buttons.empty()) return;
    writer.key("selfmenu_info").begin_object().key("button");
    write_kept(writer, menus.buttons, true);
    writer.end_object();
  });
}

ApiResult current_replies(WechatCall& call) {
  ApiResult result;
  result.body = call.account->app.console_replies;
  if (result.body.empty()) result.body = R"({"is_add_friend_reply_open":0,"is_autoreply_open":0})";
  return result;
}

}  // namespace

std::vector<WechatRoute> wechat_menu_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/menu/create", Credential::token, create_menu},
          {"GET", "/cgi-bin/menu/get", Credential::token, get_menus},
          {"GET", "/cgi-bin/menu/delete", Credential::token, delete_menus},
          {"POST", "/cgi-bin/menu/addconditional", Credential::token, add_conditional_menu},
          {"POST", "/cgi-bin/menu/delconditional", Credential::token, delete_conditional_menu},
          {"POST", "/cgi-bin/menu/trymatch", Credential::token, match_menu},
          {"GET", "/cgi-bin/get_current_selfmenu_info", Credential::token, current_menu},
          {"GET", "/cgi-bin/get_current_autoreply_info", Credential::token, current_replies}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
