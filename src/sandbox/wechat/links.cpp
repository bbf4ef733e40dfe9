// Mini-program codes, links and short keys (wechat-messages 21 to 23).
#include "core/async/time_range.hpp"
#include "core/crypto/crypto.hpp"
#include "sandbox/wechat/text.hpp"
#include "sandbox/wechat/upload.hpp"

#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::chrono::seconds kMonth(2'592'000);
constexpr std::size_t kLinksBound = 200'000;
constexpr std::int64_t kOpeningsPerDay = 3'000'000;

bool is_env_version(std::string_view name) {
  return name.empty() || name == "release" || name == "trial" || name == "develop";
}

bool of_query_characters(std::string_view text, std::string_view signs) {
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!plain && signs.find(c) == std::string_view::npos) return false;
  }
  return true;
}
constexpr std::string_view kSceneSigns = "!#$&'()*+,/:;=?@-._~";
constexpr std::string_view kQuerySigns = "!#$&'()*+,/:;=?@-._~%";

void keep_link(WechatCall& call, std::string name, KeptLink link) {
  auto& links = call.account->promotion.links;
  if (links.size() >= kLinksBound) links.erase(links.begin());
  link.made = call.now;
  links[std::move(name)] = std::move(link);
}

const KeptLink* kept_link(const WechatCall& call, std::string_view name, std::string_view kind) {
  const auto& links = call.account->promotion.links;
  const auto found = links.find(name);
  if (found == links.end() || found->second.kind != kind || call.now >= found->second.ends) return nullptr;
  return &found->second;
}

// --- codes

ApiResult picture_of_code(WechatCall& call, bool counted) {
  PromotionState& promotion = call.account->promotion;
  const std::int64_t width = call.body["width"].integer().value_or(430);
  if (width < 280 || width > 1280) return refuse(40097);
  if (!is_env_version(call.body["env_version"].text())) return refuse(40097);
  if (counted && promotion.mini_program_codes >= call.twin.setting("qrcode_permanent_most")) return refuse(45029);
  ApiResult picture;
  const bool clear = call.body["is_hyaline"].boolean().value_or(false);
  picture.body = clear ? std::string("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16) : sample_bytes("image");
  picture.content_type = clear ? "image/png" : "image/jpeg";
  if (counted) picture.headers.emplace_back("Num-Used", std::to_string(++promotion.mini_program_codes));
  return picture;
}

ApiResult draw_code(WechatCall& call) {
  const std::string_view path = call.body["path"].text();
  if (path.empty() || character_count(path) > 1024) return refuse(40159);
  return picture_of_code(call, true);
}
ApiResult draw_square_code(WechatCall& call) {
  const std::string_view path = call.body["path"].text();
  if (path.empty() || path.size() > 128) return refuse(40159);
  return picture_of_code(call, true);
}
ApiResult draw_scene_code(WechatCall& call) {
  const std::string_view scene = call.body["scene"].text();
  if (scene.empty() || scene.size() > 32) return refuse(40169);
  if (!of_query_characters(scene, kSceneSigns)) return refuse(40129);
  if (scene.find("scancode_time") != std::string_view::npos) return refuse(85096);
  const std::string_view page = call.body["page"].text();
  if (starts_with(page, "/") || page.find('?') != std::string_view::npos) return refuse(41030);
  return picture_of_code(call, false);
}

// --- schemes and URL links

/// The end of a link's life, or a refusal.
ApiResult life_of(const WechatCall& call, WallTime& ends) {
  const std::int64_t type = call.body["expire_type"].integer().value_or(0);
  if (type == 1) {
    const std::int64_t days = call.body["expire_interval"].integer().value_or(0);
    if (days < 1 || days > 30) return refuse(85401);
    ends = call.now + std::chrono::hours(24 * days);
    return {};
  }
  const auto end = call.body["expire_time"].integer();
  if (!end) return refuse(85401);
  const std::int64_t now = unix_seconds(call.now);
  if (*end < now + 60 || *end > now + kMonth.count()) return refuse(85401);
  ends = from_unix_seconds(*end);
  return {};
}

ApiResult make_page_link(WechatCall& call, const detail::Value& page, const char* kind, const char* member,
                         std::string begins) {
  KeptLink made;
  made.kind = kind;
  made.text = page["path"].text();
  made.query = page["query"].text();
  made.version = page["env_version"].text();
  if (character_count(made.query) > 1024 || !of_query_characters(made.query, kQuerySigns)) return refuse(40212);
  if (made.text.find('?') != std::string::npos) return refuse(40165);
  if (!is_env_version(made.version)) return refuse(85402);
  if (made.version.empty()) made.version = "release";
  if (ApiResult bad = life_of(call, made.ends); bad.code != 0) return bad;
  const std::string link = std::move(begins) + detail::random_text(11);
  keep_link(call, link, std::move(made));
  return ok_answer([&](detail::JsonWriter& writer) { writer.key(member).string(link); });
}

ApiResult make_scheme(WechatCall& call) {
  return make_page_link(call, call.body["jump_wxa"], "scheme", "openlink", "weixin://dl/business/?t=");
}
ApiResult make_url_link(WechatCall& call) {
  if (call.body["cloud_base"].present() && call.body["cloud_base"]["env"].text().empty()) return refuse(85088);
  return make_page_link(call, call.body, "url_link", "url_link", "https://wxaurl.cn/");
}

ApiResult ask_link(WechatCall& call, const char* kind, std::string_view link, const char* member) {
  if (call.body["query_type"].integer() == 1)
    return ok_answer([](detail::JsonWriter& writer) {
      writer.key("quota_info").begin_object().key("remain_visit_quota").integer(kOpeningsPerDay).end_object();
    });
  const KeptLink* found = kept_link(call, link, kind);
  if (found == nullptr) return refuse(85403);
  return ok_answer([&](detail::JsonWriter& writer) {
    writer.key(member).begin_object().key("appid").string(call.account->app.appid);
    writer.key("path").string(found->text).key("query").string(found->query);
    writer.key("create_time").integer(unix_seconds(found->made)).key("expire_time").integer(unix_seconds(found->ends));
    writer.key("env_version").string(found->version).end_object();
  });
}
ApiResult ask_scheme(WechatCall& call) { return ask_link(call, "scheme", call.body["scheme"].text(), "scheme_info"); }
ApiResult ask_url_link(WechatCall& call) {
  return ask_link(call, "url_link", call.body["url_link"].text(), "url_link_info");
}

ApiResult make_short_link(WechatCall& call) {
  const std::string_view page = call.body["page_url"].text();
  if (page.empty() || character_count(page) > 1024) return refuse(40066);
  KeptLink made;
  made.kind = "short_link";
  made.text = page;
  if (!call.body["is_permanent"].boolean().value_or(false)) made.ends = call.now + kMonth;
  const std::string title(call.body["page_title"].text());
  const std::string link = "#小程序://" + (title.empty() ? "沙箱" : title) + "/" + detail::random_text(15);
  keep_link(call, link, std::move(made));
  return ok_answer([&](detail::JsonWriter& writer) { writer.key("link").string(link); });
}

// --- short keys

ApiResult make_short_key(WechatCall& call) {
  const std::string_view data = call.body["long_data"].text();
  const std::int64_t life = call.body["expire_seconds"].integer().value_or(kMonth.count());
  if (data.empty()) return refuse(47003);
  if (data.size() > 4096) return refuse(9410010);
  if (life < 1 || life > kMonth.count()) return refuse(9410011);
  KeptLink made;
  made.kind = "key";
  made.text = data;
  made.ends = detail::later(call.now, std::chrono::seconds(life));
  const std::string key = detail::random_text(15);
  keep_link(call, key, std::move(made));
  return ok_answer([&](detail::JsonWriter& writer) { writer.key("short_key").string(key); });
}

ApiResult read_short_key(WechatCall& call) {
  const KeptLink* found = kept_link(call, call.body["short_key"].text(), "key");
  if (found == nullptr) return refuse(9410012);
  return ok_answer([&](detail::JsonWriter& writer) {
    writer.key("long_data").string(found->text).key("create_time").integer(unix_seconds(found->made));
    writer.key("expire_seconds")
        .integer(std::chrono::duration_cast<std::chrono::seconds>(found->ends - call.now).count());
  });
}

}  // namespace

std::vector<WechatRoute> wechat_link_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/wxa/getwxacode", Credential::token, draw_code},
          {"POST", "/wxa/getwxacodeunlimit", Credential::token, draw_scene_code},
          {"POST", "/cgi-bin/wxaapp/createwxaqrcode", Credential::token, draw_square_code},
          {"POST", "/wxa/generatescheme", Credential::token, make_scheme},
          {"POST", "/wxa/queryscheme", Credential::token, ask_scheme},
          {"POST", "/wxa/generate_urllink", Credential::token, make_url_link},
          {"POST", "/wxa/query_urllink", Credential::token, ask_url_link},
          {"POST", "/wxa/genwxashortlink", Credential::token, make_short_link},
          {"POST", "/cgi-bin/shorten/gen", Credential::token, make_short_key},
          {"POST", "/cgi-bin/shorten/fetch", Credential::token, read_short_key}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
