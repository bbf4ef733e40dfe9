#include "wechat/operations/account_matrix.hpp"

#include "wechat/operations/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

/// What no row models, for raw calls: all APIs under a path.
struct PathRule {
  std::string_view path;
  Accounts accounts;
};
constexpr PathRule kPathRules[] = {
    {"/cgi-bin/business/", kSubMerchants},
    {"/cgi-bin/material/", kMaterial},
    {"/cgi-bin/openapi/", kEveryAccount},
    {"/cgi-bin/tags/", kFollowers},
    {"/cgi-bin/template/", kTemplates},
    {"/cgi-bin/user/", kFollowers},
    {"/customservice/kfaccount/", kKfAdministration},
    {"/customservice/kfsession/", kKfSessions},
    {"/customservice/msgrecord/", kKfRecords},
    {"/customservice/work/", kWeComBinding},
    {"/sns/oauth2/", kWebLogin},
    {"/wxaapi/newtmpl/", kSubscribeTemplates},
};

/// The kinds that have an API, for a person: "service accounts with WeChat verification (微信认证) do".
std::string who_has(const Accounts& rule) {
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
  return text.empty() ? text : text + (rule.needs.empty() ? "" : " ");
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

const Accounts* accounts_of(std::string_view path) {
  const auto [first, last] = rows_at(path);
  if (first != last) return &(*first)->accounts;
  for (const PathRule& rule : kPathRules)
    if (path.substr(0, rule.path.size()) == rule.path) return &rule.accounts;
  return nullptr;
}

std::optional<Error> refuse_api(AccountKind kind, bool verified, std::string_view path) {
  const Accounts* rule = accounts_of(path);
  if (rule == nullptr) return std::nullopt;
  const Access access = rule->of(kind);
  if (access == Access::no)
    return Error(ErrorKind::unsupported, fmt::format("{} do not have {}; those that do: {}{}. {}", plural_of(kind),
                                                     path, who_has(*rule), rule->needs, kOutdated));
  if (access == Access::verified && !verified)
    return Error(ErrorKind::permission,
                 fmt::format("{} needs valid WeChat verification (微信认证), which AccountConfig::verified says this "
                             "account lacks: the platform would answer 48001. {}",
                             path, kOutdated));
  return std::nullopt;
}

std::vector<std::string_view> paths_with_rules() {
  std::vector<std::string_view> paths;
  for (const PathRule& rule : kPathRules) paths.push_back(rule.path);
  return paths;
}

}  // namespace wechat
KEFU_END_NAMESPACE
