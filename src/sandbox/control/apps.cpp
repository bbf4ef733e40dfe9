#include "core/async/enum_name.hpp"
#include "sandbox/control/api.hpp"
#include "sandbox/http/json_text.hpp"
#include "sandbox/wechat/api_security.hpp"
#include "sandbox/wechat/kf.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

/// Members of the settings.
constexpr std::string_view kApp =
    "appid secret original_id token encoding_aes_key previous_encoding_aes_key callback_url message_url wechat_id "
    "owner "
    "api_security* console_menu* console_replies* publications* linked_appids* agents* allowed_ips* verified? "
    "test_account? unlimited_windows? api_frozen? customer_service? daily_limits* kind push_mode push_format";
constexpr std::string_view kKindNames[] = {"sub", "svc", "mini", "component"};
constexpr std::string_view kModeNames[] = {"plain", "compatible", "safe"};
constexpr std::string_view kFormatNames[] = {"xml", "json"};

/// Sets `out` to the value of that name; false if the text is none of the names.
template <class Enum, std::size_t count>
bool take_name(const ControlCall& call, std::string_view field, const std::string_view (&names)[count], Enum& out) {
  const std::string_view given = call.text(field);
  if (given.empty()) return true;
  const auto found = std::find(std::begin(names), std::end(names), given);
  if (found == std::end(names)) return false;
  out = static_cast<Enum>(found - std::begin(names));
  return true;
}

bool is_text_of(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

/// The texts of the API signature mode, by name.
template <class Keys, class Take>
void each_key(Keys& keys, Take take) {
  take("symmetric_number", keys.symmetric_number);
  take("symmetric_key", keys.symmetric_key);
  take("developer_number", keys.developer_number);
  take("developer_public_key", keys.developer_public_key);
  take("platform_number", keys.platform_number);
  take("platform_private_key", keys.platform_private_key);
  take("old_platform_number", keys.old_platform_number);
  take("old_platform_private_key", keys.old_platform_private_key);
}

/// What is wrong with the data inside the settings.
std::optional<std::string> wrong_data(const detail::Value& body) {
  WechatApiSecurity keys;
  std::string names = " on sm4 sm2 ";
  each_key(keys, [&names](std::string_view name, const std::string&) { names += std::string(name) + " "; });
  for (const auto& member : body["api_security"]) {
    if (names.find(" " + std::string(member.name) + " ") == std::string::npos)
      return fmt::format("api_security has no member {}; it has:{}", member.name, names);
    const bool is_flag = member.name == "on" || member.name == "sm4" || member.name == "sm2";
    if (is_flag && member.value.present() && !member.value.boolean())
      return fmt::format("api_security.{} must be true or false", member.name);
  }
  for (const auto& limit : body["daily_limits"])
    if (limit.value.integer().value_or(-1) < 0)
      return fmt::format("daily_limits: {} must be a whole number of calls", limit.name);
  return std::nullopt;
}

void take_api_security(const detail::Value& given, WechatApiSecurity& keys) {
  keys.on = given["on"].boolean().value_or(keys.on);
  keys.sm4 = given["sm4"].boolean().value_or(keys.sm4);
  keys.sm2 = given["sm2"].boolean().value_or(keys.sm2);
  each_key(keys, [&given](std::string_view name, std::string& text) {
    if (given[name].present()) text = given[name].text();
  });
}

void write_api_security(detail::JsonWriter& writer, const WechatApiSecurity& keys) {
  writer.begin_object().key("on").boolean(keys.on).key("sm4").boolean(keys.sm4).key("sm2").boolean(keys.sm2);
  each_key(keys, [&writer](std::string_view name, const std::string& text) { writer.key(name).string(text); });
  writer.end_object();
}

/// Takes the given settings over; the error names the field.
std::optional<ControlAnswer> take_settings(const ControlCall& call, WechatApp& app) {
  if (auto wrong = wrong_data(call.body)) return control_error(400, *wrong);
  call.take("appid", app.appid);
  call.take("secret", app.secret);
  call.take("original_id", app.original_id);
  call.take("token", app.token);
  call.take("encoding_aes_key", app.encoding_aes_key);
  call.take("previous_encoding_aes_key", app.previous_encoding_aes_key);
  call.take("callback_url", app.callback_url);
  call.take("message_url", app.message_url);
  call.take("wechat_id", app.wechat_id);
  call.take("owner", app.owner);
  take_api_security(call.body["api_security"], app.api_security);
  for (const auto& [name, text] :
       {std::pair("console_menu", &app.console_menu), std::pair("console_replies", &app.console_replies),
        std::pair("publications", &app.publications)})
    if (call.body[name].present()) *text = json_of(call.body[name]);
  call.take("linked_appids", app.linked_appids);
  call.take("agents", app.agents);
  call.take("allowed_ips", app.allowed_ips);
  app.verified = call.flag("verified", app.verified);
  app.test_account = call.flag("test_account", app.test_account);
  app.unlimited_windows = call.flag("unlimited_windows", app.unlimited_windows);
  app.api_frozen = call.flag("api_frozen", app.api_frozen);
  app.customer_service = call.flag("customer_service", app.customer_service);
  for (const auto& limit : call.body["daily_limits"])
    app.daily_limits[std::string(limit.name)] = limit.value.integer().value_or(0);

  if (!take_name(call, "kind", kKindNames, app.kind))
    return control_error(400, "kind must be sub, svc, mini or component");
  if (!take_name(call, "push_mode", kModeNames, app.push_mode))
    return control_error(400, "push_mode must be plain, compatible or safe");
  if (!take_name(call, "push_format", kFormatNames, app.push_format))
    return control_error(400, "push_format must be xml or json");
  if (auto wrong = wrong_setting(app)) return control_error(400, *wrong);
  return std::nullopt;
}

void write_list(detail::JsonWriter& writer, std::string_view key, const std::vector<std::string>& list) {
  writer.key(key).begin_array();
  for (const std::string& item : list) writer.string(item);
  writer.end_array();
}

void write_app(detail::JsonWriter& writer, const WechatApp& app) {
  writer.begin_object().key("appid").string(app.appid).key("secret").string(app.secret);
  writer.key("kind").string(kKindNames[static_cast<int>(app.kind)]).key("verified").boolean(app.verified);
  writer.key("test_account").boolean(app.test_account).key("original_id").string(app.original_id);
  writer.key("token").string(app.token).key("encoding_aes_key").string(app.encoding_aes_key);
  writer.key("previous_encoding_aes_key").string(app.previous_encoding_aes_key);
  writer.key("push_mode").string(kModeNames[static_cast<int>(app.push_mode)]);
  writer.key("push_format").string(kFormatNames[static_cast<int>(app.push_format)]);
  writer.key("callback_url").string(app.callback_url).key("unlimited_windows").boolean(app.unlimited_windows);
  writer.key("message_url").string(app.message_url);
  writer.key("api_frozen").boolean(app.api_frozen).key("customer_service").boolean(app.customer_service);
  writer.key("wechat_id").string(app.wechat_id).key("owner").string(app.owner);
  writer.key("api_security");
  write_api_security(writer, app.api_security);
  for (const auto& [name, text] :
       {std::pair("console_menu", &app.console_menu), std::pair("console_replies", &app.console_replies),
        std::pair("publications", &app.publications)})
    if (!text->empty()) writer.key(name).raw(*text);
  write_list(writer, "linked_appids", app.linked_appids);
  write_list(writer, "agents", app.agents);
  write_list(writer, "allowed_ips", app.allowed_ips);
  writer.key("daily_limits").begin_object();
  for (const auto& [path, limit] : app.daily_limits) writer.key(path).integer(limit);
  writer.end_object().end_object();
}

ControlAnswer app_answer(const WechatApp& app) {
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  write_app(writer, app);
  return answer;
}

ControlResult list_apps(ControlCall& call) {
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("apps").begin_array();
  for (const auto& [appid, account] : call.core.wechat.accounts) write_app(writer, account.app);
  writer.end_array().end_object();
  return answer;
}

ControlResult add_app(ControlCall& call) {
  WechatApp app;
  if (auto error = take_settings(call, app)) return *error;
  return app_answer(call.core.wechat.add(std::move(app)).app);
}

ControlResult show_app(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const WechatAccount* account = account_of(call, error);
  return account == nullptr ? *error : app_answer(account->app);
}

ControlResult change_app(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  WechatApp changed = account->app;
  if ((error = take_settings(call, changed))) return *error;
  if (changed.appid != account->app.appid) return control_error(400, "appid cannot be changed");
  account->app = std::move(changed);
  seat_agents(*account);
  return app_answer(account->app);
}

ControlResult verify_url(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  if (auto full = no_room_for_push(call)) return *full;
  Push& push = queue_url_verification(call.core.wechat, *account, call.now());
  push.misbehaviour = call.text("misbehave");
  const std::uint64_t number = push.number;
  call.core.deliver(number);
  return push_result(call, number);
}

ControlResult show_tokens(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("appid").string(account->app.appid).key("fetches").begin_object();
  writer.key("classic").unsigned_integer(account->fetches[0]);
  writer.key("stable").unsigned_integer(account->fetches[1]).end_object().key("issued").begin_array();
  for (const IssuedToken& token : account->tokens) {
    const bool works = call.now() < token.expires && call.now() < token.ends;
    writer.begin_object().key("family").string(detail::name_in<3>({"classic", "stable", "authorizer"}, token.family));
    writer.key("issued").integer(unix_seconds(token.issued)).key("expires").integer(unix_seconds(token.expires));
    writer.key("works").boolean(works).key("tail").string(token.value.substr(token.value.size() - 4)).end_object();
  }
  writer.end_array().end_object();
  return answer;
}

ControlResult change_tokens(ControlCall& call, bool issue_new) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  call.core.wechat.rotate_tokens(*account, call.now(), issue_new);
  return show_tokens(call);
}
ControlResult invalidate_tokens(ControlCall& call) { return change_tokens(call, false); }
ControlResult rotate_tokens(ControlCall& call) { return change_tokens(call, true); }

}  // namespace

std::optional<std::string> wrong_setting(const WechatApp& app) {
  if (!app.token.empty() && !is_text_of(app.token, 3, 32)) return "token must be 3 to 32 letters and digits";
  for (const auto& [name, key] : {std::pair("encoding_aes_key", &app.encoding_aes_key),
                                  std::pair("previous_encoding_aes_key", &app.previous_encoding_aes_key)})
    if (!key->empty() && !is_text_of(*key, 43, 43))
      return fmt::format("{} must be 43 letters and digits, not {} bytes", name, key->size());
  if (auto wrong = wrong_api_security(app.api_security)) return wrong;
  std::string why;
  for (const std::string* url : {&app.callback_url, &app.message_url})
    if (!url->empty() && !loopback_url(*url, why)) return why;
  return std::nullopt;
}

WechatAccount* account_of(ControlCall& call, std::optional<ControlAnswer>& error) {
  auto& accounts = call.core.wechat.accounts;
  const bool in_path = starts_with(call.request.path, "/apps/");
  const std::string_view appid = in_path ? std::string_view(call.names.front()) : call.text("appid");
  if (appid.empty() && accounts.size() == 1) return &accounts.begin()->second;
  if (appid.empty()) {
    error = control_error(400, accounts.empty() ? "no app is registered: POST /apps first"
                                                : "several apps are registered: name one with \"appid\"");
    return nullptr;
  }
  WechatAccount* found = call.core.wechat.find(appid);
  if (found == nullptr) error = control_error(404, "no app with this appid: " + std::string(appid));
  return found;
}

std::vector<ControlRoute> control_app_routes() {
  return {
      {"GET", "/apps", "all accounts with their made-up credentials", list_apps},
      {"POST", "/apps",
       "adds or replaces one: appid, secret, kind (sub|svc|mini|component), token, encoding_aes_key, push_mode "
       "(plain|compatible|safe), push_format (xml|json), callback_url, message_url, verified, api_security {on, sm4, "
       "sm2, "
       "symmetric_key, ...}, ...; what is absent "
       "is generated",
       add_app, kApp},
      {"GET", "/apps/{appid}", "one account", show_app},
      {"POST", "/apps/{appid}", "changes the given settings", change_app, kApp},
      {"POST", "/apps/{appid}/verify-url", "the platform's GET of the callback URL: misbehave, wait_ms", verify_url,
       "misbehave wait_ms#"},
      {"GET", "/apps/{appid}/tokens", "fetches by family and the tokens issued", show_tokens},
      {"POST", "/apps/{appid}/tokens/invalidate", "all tokens stop working at once", invalidate_tokens},
      {"POST", "/apps/{appid}/tokens/rotate", "another process fetched new ones; the old ones stop at once",
       rotate_tokens},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
