#include "sandbox/wechat/users.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kMostTags = 100;
constexpr std::size_t kMostTagsOfUser = 20;
constexpr std::size_t kLongestTagName = 30;
constexpr std::size_t kMostUsersTagged = 50;
constexpr std::size_t kMostUsersBlacklisted = 20;
constexpr std::size_t kUsersPerPage = 10'000;
constexpr std::int64_t kLastSystemTag = 2;
constexpr std::int64_t kMostFollowersToDelete = 100'000;

std::int64_t followers_with(const WechatCall& call, std::int64_t tag) {
  const auto& customers = call.account->customers;
  return std::count_if(customers.begin(), customers.end(),
                       [tag](const auto& one) { return one.second.tags.count(tag) != 0; });
}

ApiResult check_tag_name(const WechatCall& call, std::string_view name) {
  if (name.empty()) return refuse(45157);
  if (name.size() > kLongestTagName) return refuse(45158);
  for (const auto& [id, taken] : call.account->tags)
    if (taken == name) return refuse(45157);
  return {};
}

/// A tag of the account's own; those of the system cannot be changed.
ApiResult own_tag(const WechatCall& call, const detail::Value& id, std::int64_t& tag) {
  tag = id.integer().value_or(-1);
  if (tag >= 0 && tag <= kLastSystemTag) return refuse(45058);
  return call.account->tags.count(tag) != 0 ? ApiResult() : refuse(45159);
}

ApiResult create_tag(WechatCall& call) {
  const std::string name(call.body["tag"]["name"].text());
  if (ApiResult bad = check_tag_name(call, name); bad.code != 0) return bad;
  if (call.account->tags.size() >= kMostTags) return refuse(45056);
  const std::int64_t id = call.account->next_tag++;
  call.account->tags[id] = name;
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("tag").begin_object().key("id").integer(id).key("name").string(name).end_object();
  });
}

ApiResult list_tags(WechatCall& call) {
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("tags").begin_array();
    const auto write = [&](std::int64_t id, std::string_view name) {
      writer.begin_object().key("id").integer(id).key("name").string(name);
      writer.key("count").integer(followers_with(call, id)).end_object();
    };
    write(kLastSystemTag, "星标组");
    for (const auto& [id, name] : call.account->tags) write(id, name);
    writer.end_array();
  });
}

ApiResult rename_tag(WechatCall& call) {
  std::int64_t tag = 0;
  if (ApiResult bad = own_tag(call, call.body["tag"]["id"], tag); bad.code != 0) return bad;
  const std::string name(call.body["tag"]["name"].text());
  if (call.account->tags[tag] != name)
    if (ApiResult bad = check_tag_name(call, name); bad.code != 0) return bad;
  call.account->tags[tag] = name;
  return {};
}

ApiResult delete_tag(WechatCall& call) {
  std::int64_t tag = 0;
  if (ApiResult bad = own_tag(call, call.body["tag"]["id"], tag); bad.code != 0) return bad;
  if (followers_with(call, tag) > kMostFollowersToDelete) return refuse(45057);
  call.account->tags.erase(tag);
  for (auto& [openid, customer] : call.account->customers) customer.tags.erase(tag);
  return {};
}

/// The customers of an openid_list, all of them or none.
ApiResult listed_users(const WechatCall& call, std::size_t most, std::vector<WechatCustomer*>& users) {
  const auto list = call.body["openid_list"].items();
  if (list.empty() || list.size() > most) return refuse(40032);
  for (const detail::Value& openid : list) {
    WechatCustomer* customer = nullptr;
    if (ApiResult bad = find_user(call, openid.text(), customer); bad.code != 0) return bad;
    users.push_back(customer);
  }
  return {};
}

ApiResult change_tagging(WechatCall& call, bool with) {
  const std::int64_t tag = call.body["tagid"].integer().value_or(-1);
  if (tag != kLastSystemTag && call.account->tags.count(tag) == 0) return refuse(45159);
  std::vector<WechatCustomer*> users;
  if (ApiResult bad = listed_users(call, kMostUsersTagged, users); bad.code != 0) return bad;
  if (with)
    for (const WechatCustomer* one : users)
      if (one->tags.count(tag) == 0 && one->tags.size() >= kMostTagsOfUser) return refuse(45059);
  for (WechatCustomer* one : users)
    if (with)
      one->tags.insert(tag);
    else
      one->tags.erase(tag);
  return {};
}
ApiResult tag_users(WechatCall& call) { return change_tagging(call, true); }
ApiResult untag_users(WechatCall& call) { return change_tagging(call, false); }

ApiResult tags_of_user(WechatCall& call) {
  WechatCustomer* customer = nullptr;
  if (ApiResult bad = find_user(call, call.body["openid"].text(), customer); bad.code != 0) return bad;
  return fields_answer([customer](detail::JsonWriter& writer) {
    writer.key("tagid_list").begin_array();
    for (const std::int64_t tag : customer->tags) writer.integer(tag);
    writer.end_array();
  });
}

ApiResult users_of_tag(WechatCall& call) {
  const std::int64_t tag = call.body["tagid"].integer().value_or(-1);
  if (tag != kLastSystemTag && call.account->tags.count(tag) == 0) return refuse(45159);
  return page_answer(call, call.body["next_openid"].text(), kUsersPerPage, false,
                     [tag](const WechatCustomer& one) { return one.tags.count(tag) != 0; });
}

ApiResult list_blacklist(WechatCall& call) {
  return page_answer(call, call.body["begin_openid"].text(), kUsersPerPage, true,
                     [](const WechatCustomer& one) { return one.blacklisted; });
}

ApiResult change_blacklist(WechatCall& call, bool blacklisted) {
  std::vector<WechatCustomer*> users;
  if (ApiResult bad = listed_users(call, kMostUsersBlacklisted, users); bad.code != 0) return bad;
  for (WechatCustomer* one : users) one->blacklisted = blacklisted;
  return {};
}
ApiResult blacklist_users(WechatCall& call) { return change_blacklist(call, true); }
ApiResult unblacklist_users(WechatCall& call) { return change_blacklist(call, false); }

}  // namespace

std::vector<WechatRoute> wechat_tag_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/tags/create", Credential::token, create_tag},
          {"GET", "/cgi-bin/tags/get", Credential::token, list_tags},
          {"POST", "/cgi-bin/tags/update", Credential::token, rename_tag},
          {"POST", "/cgi-bin/tags/delete", Credential::token, delete_tag},
          {"POST", "/cgi-bin/tags/members/batchtagging", Credential::token, tag_users},
          {"POST", "/cgi-bin/tags/members/batchuntagging", Credential::token, untag_users},
          {"POST", "/cgi-bin/tags/getidlist", Credential::token, tags_of_user},
          {"POST", "/cgi-bin/user/tag/get", Credential::token, users_of_tag},
          {"POST", "/cgi-bin/tags/members/getblacklist", Credential::token, list_blacklist},
          {"POST", "/cgi-bin/tags/members/batchblacklist", Credential::token, blacklist_users},
          {"POST", "/cgi-bin/tags/members/batchunblacklist", Credential::token, unblacklist_users}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
