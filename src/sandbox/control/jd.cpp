#include "sandbox/control/jd.hpp"

#include "sandbox/http/json_text.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;

// Members of the settings, and of what is about a grant.
constexpr std::string_view kJdApp =
    "app_key app_secret redirect_uri dongdong_aspid dongdong_secret methods* online? calls_per_day# token_life_s# "
    "next_login";
constexpr std::string_view kJdShop = "shop name main_account agents* vender_id# shop_id# col_type#";
constexpr std::string_view kJdGrant = "app_key shop";

void write_names(JsonWriter& writer, std::string_view key, const std::vector<std::string>& list) {
  writer.key(key).begin_array();
  for (const std::string& item : list) writer.string(item);
  writer.end_array();
}

std::optional<ControlAnswer> take_jd_app(const ControlCall& call, JdApp& app) {
  call.take("app_key", app.app_key);
  call.take("app_secret", app.app_secret);
  call.take("redirect_uri", app.redirect_uri);
  call.take("dongdong_aspid", app.dongdong_aspid);
  call.take("dongdong_secret", app.dongdong_secret);
  call.take("methods", app.methods);
  app.online = call.flag("online", app.online);
  app.calls_per_day = call.number("calls_per_day", app.calls_per_day);
  app.token_life_s = call.number("token_life_s", app.token_life_s);
  if (auto wrong = wrong_setting(app)) return control_error(400, *wrong);
  return std::nullopt;
}

void write_jd_app(JsonWriter& writer, const JdAppState& state) {
  const JdApp& app = state.app;
  writer.begin_object().key("app_key").string(app.app_key).key("app_secret").string(app.app_secret);
  writer.key("redirect_uri").string(app.redirect_uri).key("online").boolean(app.online);
  write_names(writer, "methods", app.methods);
  writer.key("calls_per_day").integer(app.calls_per_day).key("token_life_s").integer(app.token_life_s);
  writer.key("dongdong_aspid").string(app.dongdong_aspid).key("dongdong_secret").string(app.dongdong_secret);
  writer.key("next_login").string(state.next_login).end_object();
}

ControlAnswer jd_app_answer(const JdAppState& state) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  write_jd_app(writer, state);
  return answer;
}

ControlResult list_jd_apps(ControlCall& call) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  writer.begin_object().key("apps").begin_array();
  for (const auto& [key, state] : call.core.jd.apps) write_jd_app(writer, state);
  writer.end_array().end_object();
  return answer;
}

ControlResult add_jd_app(ControlCall& call) {
  JdApp app;
  if (auto error = take_jd_app(call, app)) return *error;
  return jd_app_answer(call.core.jd.add(std::move(app)));
}

/// The application that path or body name; the only one if they name none.
JdAppState* jd_app_of(ControlCall& call, std::optional<ControlAnswer>& error) {
  auto& apps = call.core.jd.apps;
  const bool in_path = starts_with(call.request.path, "/jd/apps/");
  const std::string_view key = in_path ? std::string_view(call.names.front()) : call.text("app_key");
  if (key.empty() && apps.size() == 1) return &apps.begin()->second;
  JdAppState* found = call.core.jd.find_app(key);
  if (found == nullptr) error = control_error(404, "no JD application with this app_key: " + std::string(key));
  return found;
}

ControlResult change_jd_app(ControlCall& call) {
  std::optional<ControlAnswer> error;
  JdAppState* state = jd_app_of(call, error);
  if (state == nullptr) return *error;
  JdApp changed = state->app;
  if ((error = take_jd_app(call, changed))) return *error;
  if (changed.app_key != state->app.app_key) return control_error(400, "app_key cannot be changed");
  state->app = std::move(changed);
  call.take("next_login", state->next_login);
  return jd_app_answer(*state);
}

void write_jd_shop(JsonWriter& writer, const JdShopState& state) {
  const JdShop& shop = state.shop;
  writer.begin_object().key("shop").string(shop.shop).key("vender_id").integer(shop.vender_id);
  writer.key("shop_id").integer(shop.shop_id).key("col_type").integer(shop.col_type).key("name").string(shop.name);
  writer.key("main_account").string(shop.main_account);
  write_names(writer, "agents", shop.agents);
  writer.key("sessions").unsigned_integer(state.sessions.size()).key("buyers").unsigned_integer(state.buyers.size());
  writer.key("tickets").unsigned_integer(state.tickets.size()).key("orders").unsigned_integer(state.orders.size());
  writer.end_object();
}

ControlAnswer jd_shop_answer(const JdShopState& state) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  write_jd_shop(writer, state);
  return answer;
}

ControlResult list_jd_shops(ControlCall& call) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  writer.begin_object().key("shops").begin_array();
  for (const auto& [name, state] : call.core.jd.shops) write_jd_shop(writer, state);
  writer.end_array().end_object();
  return answer;
}

void take_jd_shop(const ControlCall& call, JdShop& shop) {
  call.take("shop", shop.shop);
  call.take("name", shop.name);
  call.take("main_account", shop.main_account);
  call.take("agents", shop.agents);
  shop.vender_id = call.number("vender_id", shop.vender_id);
  shop.shop_id = call.number("shop_id", shop.shop_id);
  shop.col_type = static_cast<int>(call.number("col_type", shop.col_type));
}

ControlResult add_jd_shop(ControlCall& call) {
  JdShop shop;
  take_jd_shop(call, shop);
  if (auto wrong = wrong_setting(shop)) return control_error(400, *wrong);
  return jd_shop_answer(call.core.jd.add(std::move(shop)));
}

ControlResult show_jd_shop(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const JdShopState* shop = jd_shop_of(call, error);
  return shop == nullptr ? *error : jd_shop_answer(*shop);
}

ControlResult change_jd_shop(ControlCall& call) {
  std::optional<ControlAnswer> error;
  JdShopState* state = jd_shop_of(call, error);
  if (state == nullptr) return *error;
  JdShop changed = state->shop;
  take_jd_shop(call, changed);
  if (auto wrong = wrong_setting(changed)) return control_error(400, *wrong);
  if (changed.shop != state->shop.shop) return control_error(400, "shop cannot be changed");
  state->shop = std::move(changed);
  return jd_shop_answer(*state);
}

void write_grant(JsonWriter& writer, ControlCall& call, const JdGrant& grant) {
  const bool works = call.core.jd.grant_of(grant.access_token, grant.app_key, call.now()) != nullptr;
  writer.begin_object().key("app_key").string(grant.app_key).key("shop").string(grant.shop);
  writer.key("access_token").string(grant.access_token).key("refresh_token").string(grant.refresh_token);
  writer.key("issued").integer(unix_seconds(grant.issued)).key("expires").integer(unix_seconds(grant.expires));
  writer.key("works").boolean(works).key("revoked").boolean(grant.revoked);
  writer.key("exchanges").unsigned_integer(grant.exchanges).key("refreshes").unsigned_integer(grant.refreshes);
  writer.end_object();
}

ControlAnswer grant_control_answer(ControlCall& call, const JdGrant& grant) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  write_grant(writer, call, grant);
  return answer;
}

ControlResult list_grants(ControlCall& call) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  writer.begin_object().key("grants").begin_array();
  for (const JdGrant& grant : call.core.jd.grants) write_grant(writer, call, grant);
  writer.end_array().end_object();
  return answer;
}

/// The shop that the body names; the only one if it names none.
JdShopState* jd_shop_in_body(ControlCall& call, std::optional<ControlAnswer>& error) {
  auto& shops = call.core.jd.shops;
  const std::string_view name = call.text("shop");
  if (name.empty() && shops.size() == 1) return &shops.begin()->second;
  JdShopState* found = call.core.jd.find_shop(name);
  if (found == nullptr) error = control_error(404, "no JD shop of this name: " + std::string(name));
  return found;
}

ControlResult issue_jd_token(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const JdAppState* app = jd_app_of(call, error);
  if (app == nullptr) return *error;
  const JdShopState* shop = jd_shop_in_body(call, error);
  if (shop == nullptr) return *error;
  return grant_control_answer(
      call, call.core.jd.authorize(*app, *shop, call.flag("legacy", false), call.now(), call.text("account")));
}

ControlResult change_grant(ControlCall& call, void (*change)(JdTwin&, JdGrant&, WallTime)) {
  std::optional<ControlAnswer> error;
  const JdAppState* app = jd_app_of(call, error);
  if (app == nullptr) return *error;
  const JdShopState* shop = jd_shop_in_body(call, error);
  if (shop == nullptr) return *error;
  JdGrant* grant = call.core.jd.find_grant(app->app.app_key, shop->shop.shop);
  if (grant == nullptr) return control_error(404, "this shop has not authorized this application");
  change(call.core.jd, *grant, call.now());
  return grant_control_answer(call, *grant);
}

ControlResult void_jd_token(ControlCall& call) {
  return change_grant(call, [](JdTwin& twin, JdGrant& grant, WallTime now) { twin.void_token(grant, now); });
}
ControlResult revoke_jd_grant(ControlCall& call) {
  return change_grant(call, [](JdTwin&, JdGrant& grant, WallTime) { grant.revoked = true; });
}
ControlResult refresh_jd_grant(ControlCall& call) {
  return change_grant(call, [](JdTwin& twin, JdGrant& grant, WallTime now) { twin.refresh(grant, now); });
}

ControlResult list_jd_answers(ControlCall& call) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  writer.begin_object().key("answers").begin_object();
  for (const auto& [method, node] : call.core.jd.answers) writer.key(method).raw(node);
  writer.end_object().end_object();
  return answer;
}

ControlResult set_jd_answer(ControlCall& call) {
  const std::string method(call.text("method"));
  if (method.empty()) return control_error(400, "method is missing");
  const detail::Value node = call.body["answer"];
  if (!node.present()) {
    call.core.jd.answers.erase(method);
  } else if (node.kind() != detail::Value::Kind::object) {
    return control_error(400, "answer must be an object: the members of the answer node");
  } else {
    call.core.jd.answers[method] = json_of(node);
  }
  return list_jd_answers(call);
}

ControlResult forget_jd_answers(ControlCall& call) {
  call.core.jd.answers.clear();
  return list_jd_answers(call);
}

ControlResult set_sensitive_words(ControlCall& call) {
  call.take("words", call.core.jd.sensitive_words);
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  writer.begin_object();
  write_names(writer, "words", call.core.jd.sensitive_words);
  writer.end_object();
  return answer;
}

ControlResult list_jd_methods(ControlCall&) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  writer.begin_object().key("methods").begin_object();
  for (const JdRoute& route : jd_routes())
    writer.key(route.method).string(route.weak ? "weak: no source shows the answer" : "");
  writer.end_object().end_object();
  return answer;
}

}  // namespace

std::optional<std::string> wrong_setting(const JdApp& app) {
  if (app.calls_per_day < 0) return "calls_per_day must not be negative";
  if (app.token_life_s < 0) return "token_life_s must not be negative";
  if (app.dongdong_aspid.empty() != app.dongdong_secret.empty())
    return "dongdong_aspid and dongdong_secret go together";
  return std::nullopt;
}

std::optional<std::string> wrong_setting(const JdShop& shop) {
  if (shop.vender_id < 0 || shop.shop_id < 0) return "vender_id and shop_id must not be negative";
  if (shop.shop.find('/') != std::string::npos) return "shop must not contain a slash";
  return std::nullopt;
}

JdShopState* jd_shop_of(ControlCall& call, std::optional<ControlAnswer>& error) {
  JdShopState* found = call.core.jd.find_shop(call.names.front());
  if (found == nullptr) error = control_error(404, "no JD shop of this name: " + call.names.front());
  return found;
}

WallTime jd_moment(const ControlCall& call, std::string_view field, WallTime fallback) {
  const std::int64_t given = call.number(field, -1);
  return given < 0 ? fallback : from_unix_seconds(given);
}

std::vector<ControlRoute> control_jd_account_routes() {
  return {
      {"GET", "/jd/apps", "all JD applications with their made-up credentials", list_jd_apps},
      {"POST", "/jd/apps",
       "adds or replaces one: app_key, app_secret, redirect_uri, online, methods (granted; absent: all), "
       "calls_per_day, "
       "token_life_s, dongdong_aspid, dongdong_secret; what is absent is generated",
       add_jd_app, kJdApp},
      {"POST", "/jd/apps/{app_key}", "changes the given settings; next_login: the shop whose merchant logs in",
       change_jd_app, kJdApp},
      {"GET", "/jd/shops", "all JD shops", list_jd_shops},
      {"POST", "/jd/shops", "adds or replaces one: shop, vender_id, shop_id, col_type, name, main_account, agents",
       add_jd_shop, kJdShop},
      {"GET", "/jd/shops/{shop}", "one shop, by name or vender id", show_jd_shop},
      {"POST", "/jd/shops/{shop}", "changes the given settings", change_jd_shop, kJdShop},
      {"GET", "/jd/grants", "which shop authorized which application, with the tokens that count", list_grants},
      {"POST", "/jd/grants",
       "as if the merchant had just authorized: app_key, shop, legacy, account (of an agent: sees its own chats only)",
       issue_jd_token, "app_key shop legacy? account"},
      {"POST", "/jd/grants/void", "the access token stops working, a refresh helps: app_key, shop", void_jd_token,
       kJdGrant},
      {"POST", "/jd/grants/revoke", "the merchant ends it, only a new authorization helps: app_key, shop",
       revoke_jd_grant, kJdGrant},
      {"POST", "/jd/grants/refresh", "another process refreshes: app_key, shop", refresh_jd_grant, kJdGrant},
      {"GET", "/jd/methods", "the methods that are known; weak: their answers are guesses", list_jd_methods},
      {"GET", "/jd/answers", "answers that were set", list_jd_answers},
      {"POST", "/jd/answers",
       "sets what a method answers, also of an unknown one: method, answer {members of the answer node}; without "
       "answer: as usual",
       set_jd_answer, "method answer*"},
      {"DELETE", "/jd/answers", "all methods answer as usual", forget_jd_answers},
      {"POST", "/jd/sensitive-words", "what sensitiveWordCheck finds: words", set_sensitive_words, "words*"},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
