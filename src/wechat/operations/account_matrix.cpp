#include "wechat/operations/account_matrix.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr Access kOpen = Access::unknown;  // no source
constexpr Access kNo = Access::no;
constexpr Access kCert = Access::verified;
constexpr Access kYes = Access::yes;

constexpr std::string_view kShopPlatform = "in the category of e-commerce platforms";

// One row a line: path, subscription account, service account, mini program, permission sets, needs, limits.
// clang-format off
constexpr AccountRule kRules[] = {
    {"/cgi-bin/token", kYes, kYes, kYes, "", "", "2,000 a day"},
    {"/cgi-bin/stable_token", kYes, kYes, kYes, "", "", "10,000 a minute, 500,000 a day; forced 20 a day"},
    {"/cgi-bin/clear_quota", kYes, kYes, kYes, "", "", "10 a month, with /v2"},
    {"/cgi-bin/clear_quota/v2", kYes, kYes, kYes, "", "", "10 a month, with clear_quota"},
    {"/cgi-bin/openapi/", kYes, kYes, kYes, "", "", ""},
    {"/cgi-bin/openapi/quota/clear", kYes, kYes, kYes, "", "", "50 a month"},
    {"/cgi-bin/callback/check", kYes, kYes, kYes, "", "", ""},
    {"/cgi-bin/getcallbackip", kYes, kYes, kYes, "", "", ""},
    {"/cgi-bin/get_api_domain_ip", kYes, kYes, kYes, "", "", ""},

    {"/cgi-bin/message/custom/send", kCert, kCert, kYes, "1, 6, 19, 100-101", "", "500,000 a day; reply window"},
    {"/cgi-bin/message/custom/typing", kCert, kCert, kYes, "1, 6, 19, 100-101", "", ""},
    {"/cgi-bin/message/custom/business/send", kNo, kNo, kYes, "1, 6, 19, 100-101", kShopPlatform, "reply window"},
    {"/cgi-bin/message/custom/business/typing", kNo, kNo, kYes, "1, 6, 19, 100-101", "", ""},

    {"/customservice/kfaccount/", kCert, kCert, kYes, "", "", ""},
    {"/customservice/kfaccount/add", kCert, kCert, kYes, "1, 6, 19, 100-101", "", "100 agents"},
    {"/customservice/kfaccount/del", kCert, kCert, kYes, "1, 6, 19, 100-101", "", ""},
    {"/customservice/kfaccount/inviteworker", kCert, kCert, kYes, "1, 6, 19, 100-101", "", ""},
    {"/customservice/kfaccount/update", kCert, kCert, kNo, "", "", ""},
    {"/customservice/kfaccount/uploadheadimg", kCert, kCert, kNo, "1, 6, 100-101", "", ""},
    {"/cgi-bin/customservice/getkflist", kCert, kCert, kYes, "1, 6, 19, 100-101", "", ""},
    {"/cgi-bin/customservice/getonlinekflist", kCert, kCert, kYes, "1, 6, 19, 100-101", "", ""},
    {"/customservice/kfsession/", kCert, kCert, kNo, "1, 6, 100-101", "", ""},
    {"/customservice/msgrecord/", kCert, kCert, kOpen, "1, 6, 19, 100-101", "", "24 h a call"},
    {"/cgi-bin/business/", kNo, kNo, kYes, "", kShopPlatform, ""},
    {"/cgi-bin/business/register", kNo, kNo, kYes, "", kShopPlatform, "500 sub-merchants"},
    {"/customservice/work/", kNo, kNo, kYes, "161", "whose owner is no person and has the corp too", ""},

    {"/cgi-bin/media/upload", kYes, kYes, kYes, "1, 3, 8-9, 11, 19, 30-31, 100", "", "100,000 a day; kept 3 days"},
    {"/cgi-bin/media/get", kYes, kYes, kYes, "1, 3, 8-9, 11, 19, 30-31, 100", "", "200,000 a day"},
    {"/cgi-bin/media/get/jssdk", kYes, kYes, kNo, "1, 3, 8-9, 11, 19, 30-31, 100", "", ""},
    {"/cgi-bin/media/uploadimg", kYes, kYes, kOpen, "", "", ""},
    {"/cgi-bin/material/", kYes, kYes, kNo, "11", "", ""},
    {"/cgi-bin/material/add_material", kYes, kYes, kNo, "11", "", "100,000 images, 1,000 others"},

    {"/cgi-bin/message/subscribe/send", kNo, kNo, kYes, "18", "", "10,000,000 a day; 30,000,000 with payment"},
    {"/cgi-bin/message/subscribe/bizsend", kOpen, kYes, kNo, "89", "", ""},
    {"/wxaapi/newtmpl/", kCert, kCert, kYes, "18, 89", "", ""},
    {"/cgi-bin/message/template/send", kNo, kCert, kNo, "7, 100-101", "", "100,000 a day"},
    {"/cgi-bin/message/template/subscribe", kCert, kCert, kOpen, "", "", ""},
    {"/cgi-bin/template/", kNo, kCert, kNo, "7, 100-101", "", ""},
    {"/cgi-bin/template/api_add_template", kNo, kCert, kNo, "7, 100-101", "", "25 templates"},
    {"/cgi-bin/template/api_set_industry", kNo, kCert, kNo, "7, 100-101", "", "once a month"},

    {"/cgi-bin/user/", kYes, kYes, kNo, "2, 100", "", ""},
    {"/cgi-bin/user/info", kYes, kYes, kNo, "2, 100", "", "5,000,000 a day"},
    {"/cgi-bin/user/info/updateremark", kYes, kYes, kNo, "2, 100", "", "10,000 a day"},
    {"/cgi-bin/user/get", kYes, kYes, kNo, "2, 100", "", "500 a day"},
    {"/cgi-bin/tags/", kYes, kYes, kNo, "2, 100", "", ""},
    {"/cgi-bin/tags/create", kYes, kYes, kNo, "2, 100", "", "100 tags"},

    {"/sns/jscode2session", kNo, kNo, kYes, "", "", ""},
    {"/sns/oauth2/", kOpen, kYes, kOpen, "4", "", ""},
    {"/sns/oauth2/access_token", kOpen, kYes, kOpen, "4", "", "50,000 a minute"},
    {"/sns/userinfo", kOpen, kYes, kOpen, "4", "", ""},
    {"/sns/auth", kOpen, kYes, kOpen, "4", "", ""},
    {"/wxa/business/getuserphonenumber", kNo, kNo, kYes, "18", "", ""},
    {"/wxa/msg_sec_check", kNo, kNo, kYes, "18", "", "4,000 a minute, 2,000,000 a day"},
    {"/wxa/media_check_async", kNo, kNo, kYes, "18", "", "2,000 a minute, 200,000 a day"},
};
// clang-format on

bool covers(const AccountRule& rule, std::string_view path) noexcept {
  if (rule.path.back() == '/') return path.substr(0, rule.path.size()) == rule.path;
  return rule.path == path;
}

/// The kinds that have an API, for a person: "service accounts with WeChat verification (微信认证) do".
std::string who_has(const AccountRule& rule) {
  struct Kind {
    Access access;
    const char* name;
  };
  std::string text;
  for (const Kind& kind : {Kind{rule.subscription, "subscription accounts"}, Kind{rule.service, "service accounts"},
                           Kind{rule.mini_program, "mini programs"}}) {
    if (kind.access != Access::yes && kind.access != Access::verified) continue;
    text.append(text.empty() ? "" : ", ").append(kind.name);
    if (kind.access == Access::verified) text += " with WeChat verification (微信认证)";
  }
  return text;
}

const char* plural_of(AccountKind kind) {
  switch (kind) {
    case AccountKind::subscription_account:
      return "subscription accounts";
    case AccountKind::service_account:
      return "service accounts";
    case AccountKind::mini_program:
      break;
  }
  return "mini programs";
}

constexpr const char* kOutdated =
    "If the platform says otherwise by now, set AccountConfig::check_account_kind to false.";

}  // namespace

Access AccountRule::of(AccountKind kind) const {
  switch (kind) {
    case AccountKind::subscription_account:
      return subscription;
    case AccountKind::service_account:
      return service;
    case AccountKind::mini_program:
      break;
  }
  return mini_program;
}

const AccountRule* account_rule(std::string_view path) noexcept {
  const AccountRule* best = nullptr;
  for (const AccountRule& rule : kRules)
    if (covers(rule, path) && (best == nullptr || rule.path.size() > best->path.size())) best = &rule;
  return best;
}

std::optional<Error> refuse_api(AccountKind kind, bool verified, std::string_view path) {
  const AccountRule* rule = account_rule(path);
  if (rule == nullptr) return std::nullopt;
  const Access access = rule->of(kind);
  if (access == Access::no)
    return Error(ErrorKind::unsupported,
                 fmt::format("{} do not have {}; those that do: {}{}{}. {}", plural_of(kind), path, who_has(*rule),
                             rule->needs.empty() ? "" : " ", rule->needs, kOutdated));
  if (access == Access::verified && !verified)
    return Error(ErrorKind::permission,
                 fmt::format("{} needs valid WeChat verification (微信认证), which AccountConfig::verified says this "
                             "account lacks: the platform would answer 48001. {}",
                             path, kOutdated));
  return std::nullopt;
}

const AccountRule* account_rules_begin() noexcept { return std::begin(kRules); }
const AccountRule* account_rules_end() noexcept { return std::end(kRules); }

}  // namespace wechat
KEFU_END_NAMESPACE
