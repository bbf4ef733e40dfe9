#include "sandbox/http/json_text.hpp"
#include "sandbox/wechat/kf.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using Object = detail::Value;

ApiResult gap(const WechatCall& call, std::string_view name) {
  return {static_cast<int>(call.twin.setting(name)), {}, {}};
}

ApiResult check_media_id(const WechatCall& call, const Object& object, std::string_view field) {
  const std::string_view id = object[field].text();
  if (id.empty()) return refuse(41006);
  return call.twin.media_exists(id, call.now, call.account->app.appid) ? ApiResult() : refuse(40007);
}

ApiResult check_text(const WechatCall& call, const Object& text) {
  const std::string_view content = text["content"].text();
  if (content.empty()) return refuse(44004);
  return static_cast<std::int64_t>(content.size()) > call.twin.setting("text_most_bytes") ? refuse(45002) : ApiResult();
}

ApiResult check_one_media(const WechatCall& call, const Object& object) {
  return check_media_id(call, object, "media_id");
}

ApiResult check_video(const WechatCall& call, const Object& video) {
  if (ApiResult bad = check_media_id(call, video, "media_id"); bad.code != 0) return bad;
  if (video["thumb_media_id"].text().empty()) return gap(call, "video_without_thumb_code");
  return check_media_id(call, video, "thumb_media_id");
}

ApiResult check_music(const WechatCall& call, const Object& music) {
  if (music["musicurl"].text().empty()) return refuse(40035, "invalid args: musicurl");
  return check_media_id(call, music, "thumb_media_id");
}

ApiResult check_news(const WechatCall&, const Object& news) {
  const auto articles = news["articles"].items();
  if (articles.empty()) return refuse(44003);
  if (articles.size() > 1) return refuse(45008);
  for (const char* field : {"title", "description", "url", "picurl"})
    if (!articles.front()[field].present()) return refuse(40035, std::string("invalid args: ") + field);
  return {};
}

ApiResult check_mpnews(const WechatCall& call, const Object& mpnews) {
  if (ApiResult retired = gap(call, "retired_mpnews_code"); retired.code != 0) return retired;
  return check_media_id(call, mpnews, "media_id");
}

ApiResult check_article(const WechatCall&, const Object& article) {
  return article["article_id"].text().empty() ? refuse(40035, "invalid args: article_id") : ApiResult();
}

ApiResult check_menu(const WechatCall& call, const Object& menu) {
  if (call.account->app.kind == WechatKind::mini_program)
    if (ApiResult lacking = gap(call, "msgmenu_from_mini_program_code"); lacking.code != 0) return lacking;
  if (call.account->app.test_account) return refuse(40200);
  const auto items = menu["list"].items();
  if (items.empty()) return refuse(40035, "invalid args: list");
  for (const Object& item : items)
    if (item["id"].text().empty() || item["content"].text().empty()) return refuse(40035, "invalid args: list");
  return {};
}

ApiResult check_card(const WechatCall&, const Object& card) {
  return card["card_id"].text().empty() ? refuse(40073) : ApiResult();
}

ApiResult check_page(const WechatCall& call, const Object& page) {
  const WechatApp& app = call.account->app;
  const std::string_view named = page["appid"].text();
  if (page["title"].text().empty()) return refuse(40035, "invalid args: title");
  if (page["pagepath"].text().empty()) return refuse(40165);
  if (app.kind == WechatKind::mini_program) {
    if (!named.empty() && named != app.appid) return refuse(40166);
  } else {
    const auto& linked = app.linked_appids;
    if (named.empty() || (!linked.empty() && std::find(linked.begin(), linked.end(), named) == linked.end()))
      return refuse(40166);
  }
  return check_media_id(call, page, "thumb_media_id");
}

ApiResult check_link(const WechatCall& call, const Object& link) {
  if (call.account->app.kind != WechatKind::mini_program) return gap(call, "link_from_official_account_code");
  for (const char* field : {"title", "description", "url", "thumb_url"})
    if (!link[field].present()) return refuse(40035, std::string("invalid args: ") + field);
  return {};
}

struct MessageType {
  std::string_view name;
  bool official;
  bool mini;
  ApiResult (*check)(const WechatCall& call, const Object& object);
};

constexpr MessageType kMessageTypes[] = {
    {"text", true, true, check_text},
    {"image", true, true, check_one_media},
    {"voice", true, false, check_one_media},
    {"video", true, false, check_video},
    {"music", true, false, check_music},
    {"news", true, false, check_news},
    {"mpnews", true, false, check_mpnews},
    {"mpnewsarticle", true, false, check_article},
    {"msgmenu", true, true, check_menu},
    {"wxcard", true, false, check_card},
    {"miniprogrampage", true, true, check_page},
    {"link", true, true, check_link},
};

ApiResult check_message(const WechatCall& call) {
  const std::string_view name = call.body["msgtype"].text();
  const auto* type = std::find_if(std::begin(kMessageTypes), std::end(kMessageTypes),
                                  [name](const MessageType& one) { return one.name == name; });
  if (type == std::end(kMessageTypes)) return refuse(40008);
  const bool is_mini = call.account->app.kind == WechatKind::mini_program;
  if (is_mini ? !type->mini : !type->official) return gap(call, "type_not_for_kind_code");
  const Object object = call.body[name];
  if (object.kind() != Object::Kind::object) return refuse(name == "text" ? 44004 : 40035);
  return type->check(call, object);
}

ApiResult check_agent(const WechatCall& call) {
  const std::string_view agent = call.body["customservice"]["kf_account"].text();
  if (agent.empty() || call.account->kf.agents.empty() || find_agent(*call.account, agent) != nullptr) return {};
  return gap(call, "unknown_agent_code");
}

/// May this customer get a message now?
ApiResult check_customer(const WechatCall& call, const WechatCustomer& customer) {
  if (customer.refuse_code != 0) return refuse(customer.refuse_code);
  if (customer.blacklisted) return refuse(43019);
  if (!customer.following) return gap(call, "unfollowed_code");
  if (call.account->app.unlimited_windows) return {};
  switch (customer.window.state(call.now)) {
    case ReplyWindow::State::closed:
      return refuse(45015);
    case ReplyWindow::State::used_up:
      return refuse(45047);
    case ReplyWindow::State::open:
      break;
  }
  return {};
}

ApiResult send_message(WechatCall& call, bool on_business_path) {
  const WechatApp& app = call.account->app;
  if (app.kind != WechatKind::mini_program && !app.verified) return refuse(48001);
  WechatCustomer* customer = call.twin.find_customer(*call.account, call.body["touser"].text());
  if (customer == nullptr) return refuse(40003);
  if (ApiResult bad = check_business(call, on_business_path); bad.code != 0) return bad;
  if (ApiResult bad = check_message(call); bad.code != 0) return bad;
  if (ApiResult bad = check_agent(call); bad.code != 0) return bad;
  if (ApiResult bad = check_customer(call, *customer); bad.code != 0) return bad;

  if (!app.unlimited_windows) customer->window.spend();
  customer->last_message = call.now;
  customer->typing_until = WallTime::min();
  InboxMessage message;
  message.time = call.now;
  message.channel = "api";
  message.msgtype = call.body["msgtype"].text();
  const Object object = call.body[message.msgtype];
  if (message.msgtype == "text") message.text = object["content"].text();
  message.content = json_of(object);
  message.agent = call.body["customservice"]["kf_account"].text();
  message.by_ai = call.body["aimsgcontext"]["is_ai_msg"].boolean().value_or(false);
  note_line(*call.account, customer->openid, kAgentSent, message.msgtype, message.text, message.agent, call.now);
  call.twin.put_in_inbox(*customer, std::move(message));
  return {};
}

ApiResult send_common(WechatCall& call) { return send_message(call, false); }
/// The sub-merchant path of e-commerce mini programs.
ApiResult send_in_business(WechatCall& call) { return send_message(call, true); }

}  // namespace

std::vector<WechatRoute> wechat_custom_message_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/message/custom/send", Credential::token, send_common},
          {"POST", "/cgi-bin/message/custom/business/send", Credential::token, send_in_business}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
