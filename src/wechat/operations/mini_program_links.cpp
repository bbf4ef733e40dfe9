#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/mini_program_links.hpp>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kPageCharacters = 1024;

/// The members of a page; a query may hold '%' here.
template <class V>
void linked_page(V& v, const LinkedPage& page) {
  v.optional("path", page.path);
  v.rule("query", has_only_url_characters(page.query, true), "must be of digits, letters and !#$&'()*+,/:;=?@-._~%");
  v.value("query", page.query, detail::Check().max_characters(kPageCharacters));
  v.rule("env_version", is_version(page.version), kVersions);
  v.optional("env_version", page.version);
}

template <class V>
void link_life(V& v, const LinkLife& life) {
  const bool by_days = life.interval != 0;
  v.value("expire_type", by_days ? 1 : 0);
  if (by_days) return v.value("expire_interval", life.interval, detail::Check().range(1, 30));
  v.value("expire_time", unix_seconds(life.end), detail::Check().range(1, INT64_MAX));
}

/// What is asked: one link, or the rest of the day.
template <class V>
void link_question(V& v, const char* name, const std::string& link) {
  v.optional(name, link);
  v.value("query_type", link.empty() ? 1 : 0);
}

template <class V>
void link_info(V& v, const char* name, LinkInfo& info) {
  v.group(name, [&info](auto& told) {
    told.optional("appid", info.app_id);
    told.optional("path", info.page.path);
    told.optional("query", info.page.query);
    told.optional("env_version", info.page.version);
    told.optional("create_time", info.create_time);
    told.optional("expire_time", info.expire_time);
  });
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::UrlScheme) { v.required("openlink", s.link); }
KEFU_FIELDS(wechat::CreateUrlScheme) {
  v.group("jump_wxa", [&s](auto& page) { wechat::linked_page(page, s.page); });
  v.value("is_expire", true);
  wechat::link_life(v, s.life);
}

// The one list of both questions' answers.
KEFU_FIELDS(wechat::LinkInfo) {
  wechat::link_info(v, "scheme_info", s);
  wechat::link_info(v, "url_link_info", s);
  v.group("quota_info", [&s](auto& quota) { quota.optional("remain_visit_quota", s.openings_left); });
}
KEFU_FIELDS(wechat::QueryUrlScheme) { wechat::link_question(v, "scheme", s.scheme); }

KEFU_FIELDS(wechat::CloudPage) {
  v.required("env", s.environment);
  v.optional("domain", s.domain);
  v.optional("path", s.path);
  v.optional("query", s.query);
  v.optional("resource_appid", s.resource_app_id);
}
KEFU_FIELDS(wechat::UrlLink) { v.required("url_link", s.link); }
KEFU_FIELDS(wechat::CreateUrlLink) {
  wechat::linked_page(v, s.page);
  wechat::link_life(v, s.life);
  v.optional("cloud_base", s.cloud_page);
}
KEFU_FIELDS(wechat::QueryUrlLink) { wechat::link_question(v, "url_link", s.url_link); }

KEFU_FIELDS(wechat::ShortLink) { v.required("link", s.link); }
KEFU_FIELDS(wechat::CreateShortLink) {
  v.required("page_url", s.page_url, Check().max_characters(wechat::kPageCharacters));
  v.optional("page_title", s.page_title);
  v.value("is_permanent", s.permanent);
}

KEFU_FIELDS(wechat::ShortKey) { v.required("short_key", s.key); }
KEFU_FIELDS(wechat::CreateShortKey) {
  v.required("long_data", s.long_data, Check().max_bytes(4096));
  v.value("expire_seconds", s.expire_seconds, Check().range(1, wechat::CreateShortKey::kLongestLife));
}
KEFU_FIELDS(wechat::ShortKeyData) {
  v.required("long_data", s.data);
  v.optional("create_time", s.create_time);
  v.optional("expire_seconds", s.expire_seconds);
}
KEFU_FIELDS(wechat::ReadShortKey) { v.required("short_key", s.short_key); }

}  // namespace detail

namespace wechat {
namespace {

constexpr Accounts kLinks{kNo, kNo, kYes, "88", "whose owner is no person"};
constexpr Accounts kShortKeys{kNo, kCert, kYes, "3, 17"};

}  // namespace

// clang-format off
#define KEFU_MINI_PROGRAM_LINK_ROWS(ROW)                                                                    \
  ROW(CreateUrlScheme, post("/wxa/generatescheme", kCreate, "获取加密scheme码", kLinks).from("23")          \
      .limited("500,000 a day with URL links, 100 a second"))                                               \
  ROW(QueryUrlScheme, post("/wxa/queryscheme", kRead, "查询scheme码", kLinks).from("23") \
      .read_by(decode_some<LinkInfo>)) \
  ROW(CreateUrlLink, post("/wxa/generate_urllink", kCreate, "获取加密URLLink", kLinks).from("23")           \
      .limited("500,000 a day with URL schemes, 100 a second"))                                             \
  ROW(QueryUrlLink, post("/wxa/query_urllink", kRead, "查询加密URLLink", kLinks).from("23") \
      .read_by(decode_some<LinkInfo>)) \
  ROW(CreateShortLink, post("/wxa/genwxashortlink", kCreate, "获取ShortLink", kLinks).from("23")            \
      .limited("10,000,000 a day; 100,000 permanent")                                                       \
      .doubted("the page opens it to all but personal programs, its row of 43104 to e-commerce ones only")) \
  ROW(CreateShortKey, post("/cgi-bin/shorten/gen", kCreate, "获取短key", kShortKeys).from("21")             \
      .doubted("no page says whether the 4 KB are bytes or characters"))                                    \
  ROW(ReadShortKey, post("/cgi-bin/shorten/fetch", kRead, "还原短key", kShortKeys).from("21"))
// clang-format on
KEFU_WECHAT_FAMILY(mini_program_link_rows, KEFU_MINI_PROGRAM_LINK_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
