#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Links that open a mini program from outside WeChat (URL scheme, URL link) or inside it (short link), and short keys
// for data that is too long for a scene (wechat-messages 21 and 23). Mini programs whose owner is no person; short keys
// also verified service accounts. Operations are values; any thread.

/// Where a link leads: a published page.
struct LinkedPage {
  /// `path` without query; `query` "k1=v1&k2=v2", up to 1024 of digits, letters and !#$&'()*+,/:;=?@-._~%.
  explicit LinkedPage(std::string path_ = {}, std::string query_ = {})
      : path(std::move(path_)), query(std::move(query_)) {}
  std::string path;
  std::string query;
  std::string version;  ///< env_version: "release" (also when empty), "trial", "develop".
};

/// How long a link lives: 30 days at most.
struct LinkLife {
  static LinkLife days(int number) { return LinkLife(number, WallTime()); }
  static LinkLife until(WallTime when) { return LinkLife(0, when); }
  int interval;  ///< Days; 0: `end` counts.
  WallTime end;

 private:
  LinkLife(int number, WallTime when) : interval(number), end(when) {}
};

struct UrlScheme {
  UrlScheme() {}
  std::string link;  ///< openlink: "weixin://dl/business/?t=..."
};
/// Effect: create. Limits: 500,000 a day and 100 a second with URL links (44993, 44990), 3,000,000 openings a day
/// (85406). Checked here: 1 to 30 days, the length and characters of the query. Codes: 40002 (no right), 40013
/// (banned), 40165, 40212, 85401, 85402. Page: 获取加密scheme码.
struct KEFU_EXPORT CreateUrlScheme {
  using Response = UrlScheme;
  static const Operation& operation();
  CreateUrlScheme(LinkedPage page_, LinkLife life_) : page(std::move(page_)), life(life_) {}
  LinkedPage page;
  LinkLife life;
};

/// What a link is, or what is left of today's openings.
struct LinkInfo {
  LinkInfo() {}
  std::string app_id;
  LinkedPage page;
  std::int64_t create_time = 0;               ///< Unix seconds; 0: not told (plain schemes).
  std::int64_t expire_time = 0;               ///< 0: for ever, or not told.
  std::optional<std::int64_t> openings_left;  ///< remain_visit_quota
};
/// Effect: read. Codes: 85403 (no such). Page: 查询scheme码.
struct KEFU_EXPORT QueryUrlScheme {
  using Response = LinkInfo;
  static const Operation& operation();
  explicit QueryUrlScheme(std::string link) : scheme(std::move(link)) {}
  static QueryUrlScheme openings_left() { return QueryUrlScheme(std::string()); }
  std::string scheme;  ///< Empty: LinkInfo::openings_left is asked for.
};

/// A page of the cloud that opens the mini program in browsers that cannot (cloud_base).
struct CloudPage {
  explicit CloudPage(std::string environment_ = {}) : environment(std::move(environment_)) {}
  std::string environment;  ///< env
  std::string domain;
  std::string path;
  std::string query;
  std::string resource_app_id;
};
struct UrlLink {
  UrlLink() {}
  std::string link;  ///< url_link: "https://wxaurl.cn/..."
};
/// As CreateUrlScheme, an https address that any browser opens. Codes also 85088 (cloud development is not opened).
/// Page: 获取加密URLLink.
struct KEFU_EXPORT CreateUrlLink {
  using Response = UrlLink;
  static const Operation& operation();
  CreateUrlLink(LinkedPage page_, LinkLife life_) : page(std::move(page_)), life(life_) {}
  LinkedPage page;
  LinkLife life;
  std::optional<CloudPage> cloud_page;
};
/// Effect: read. Codes: 85403 (no such). Page: 查询加密URLLink.
struct KEFU_EXPORT QueryUrlLink {
  using Response = LinkInfo;
  static const Operation& operation();
  explicit QueryUrlLink(std::string link) : url_link(std::move(link)) {}
  static QueryUrlLink openings_left() { return QueryUrlLink(std::string()); }
  std::string url_link;  ///< Empty: LinkInfo::openings_left is asked for.
};

struct ShortLink {
  ShortLink() {}
  std::string link;  ///< "#小程序://...": inside WeChat only.
};
/// Effect: create. Limits: 10,000,000 a day, 100,000 permanent ones (85400). Checked here: page_url up to 1024
/// characters. Codes: 40066 (no such page), 40225, 43104 (no right). Page: 获取ShortLink.
struct KEFU_EXPORT CreateShortLink {
  using Response = ShortLink;
  static const Operation& operation();
  explicit CreateShortLink(std::string url, std::string title = {})
      : page_url(std::move(url)), page_title(std::move(title)) {}
  std::string page_url;    ///< A published page, with its query.
  std::string page_title;  ///< Over 20 characters it is cut by the platform.
  bool permanent = false;  ///< Else it lives 30 days.
};

struct ShortKey {
  ShortKey() {}
  std::string key;  ///< short_key: 15 of 0-9, a-z, A-Z.
};
/// Keeps data under a short key: for scenes that hold 32 or 64 characters.
///
/// Effect: create. Checked here: up to 4 KB, up to 30 days. Codes: 9410010, 9410011. Page: 获取短key.
struct KEFU_EXPORT CreateShortKey {
  using Response = ShortKey;
  static const Operation& operation();
  static constexpr std::int64_t kLongestLife = 2'592'000;
  explicit CreateShortKey(std::string data, std::int64_t seconds = kLongestLife)
      : long_data(std::move(data)), expire_seconds(seconds) {}
  std::string long_data;
  std::int64_t expire_seconds;
};
struct ShortKeyData {
  ShortKeyData() {}
  std::string data;                 ///< long_data
  std::int64_t create_time = 0;     ///< Unix seconds.
  std::int64_t expire_seconds = 0;  ///< What is left.
};
/// Effect: read. Errors: `not_found` (9410012: none, expired, or another account's). Page: 还原短key.
struct KEFU_EXPORT ReadShortKey {
  using Response = ShortKeyData;
  static const Operation& operation();
  explicit ReadShortKey(std::string key) : short_key(std::move(key)) {}
  std::string short_key;
};

}  // namespace wechat
KEFU_END_NAMESPACE
