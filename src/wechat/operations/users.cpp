#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"

#include <kefu/wechat/users.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// One entry of a batch.
struct AskedUser {
  std::string openid;
  std::string language;
};

namespace {

constexpr std::size_t kTagNameBytes = 30;
constexpr std::int64_t kFirstOwnTag = 3;
constexpr std::size_t kTagBatch = 50;
constexpr std::size_t kBlacklistBatch = 20;

template <class V>
void user_language(V& v, const std::string& language) {
  if (!language.empty() && language != "zh_CN" && language != "zh_TW" && language != "en")
    return v.complain("lang", "must be zh_CN, zh_TW or en");
  v.optional("lang", language);
}

template <class V>
void openid_list(V& v, const std::vector<std::string>& openids, std::size_t most) {
  v.required("openid_list", openids, detail::Check().max_items(most));
}

template <class V, class Op>
void tagging(V& v, const Op& op) {
  openid_list(v, op.openids, kTagBatch);
  v.value("tagid", op.tag_id, detail::Check().range(0, INT64_MAX));
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::UserInfo) {
  v.required("subscribe", s.subscribed);
  v.required("openid", s.openid);
  v.optional("unionid", s.union_id);
  v.optional("language", s.language);
  v.optional("subscribe_time", s.subscribe_time);
  v.optional("remark", s.remark);
  v.optional("groupid", s.group_id);
  v.optional("tagid_list", s.tag_ids);
  v.optional("subscribe_scene", s.subscribe_scene);
  v.optional("qr_scene", s.qr_scene);
  v.optional("qr_scene_str", s.qr_scene_text);
  v.whole(s.raw);
}
KEFU_FIELDS(wechat::GetUser) {
  v.required("openid", s.openid);
  wechat::user_language(v, s.language);
}

KEFU_FIELDS(wechat::AskedUser) {
  v.required("openid", s.openid);
  wechat::user_language(v, s.language);
}
KEFU_FIELDS(wechat::UserInfoList) { v.required("user_info_list", s.users); }
KEFU_FIELDS(wechat::GetUsers) {
  std::vector<wechat::AskedUser> asked;
  asked.reserve(s.openids.size());
  for (const std::string& openid : s.openids) asked.push_back({openid, s.language});
  v.required("user_list", asked, Check().max_items(100));
}

KEFU_FIELDS(wechat::OpenIdPage) {
  v.optional("total", s.total);
  v.required("count", s.count);
  v.group("data", [&s](auto& data) { data.optional("openid", s.openids); });
  v.optional("next_openid", s.next_openid);
}
KEFU_FIELDS(wechat::ListFollowers) { v.optional("next_openid", s.next_openid); }

KEFU_FIELDS(wechat::SetRemark) {
  v.required("openid", s.openid);
  v.value("remark", s.remark, Check().max_characters(29));
}

KEFU_FIELDS(wechat::Tag) {
  v.required("id", s.id);
  v.optional("name", s.name);
  v.optional("count", s.count);
}
KEFU_FIELDS(wechat::CreatedTag) { v.required("tag", s.tag); }
KEFU_FIELDS(wechat::CreateTag) {
  v.group("tag", [&s](auto& tag) { tag.required("name", s.name, Check().max_bytes(wechat::kTagNameBytes)); });
}
KEFU_FIELDS(wechat::TagList) { v.required("tags", s.tags); }
KEFU_FIELDS(wechat::ListTags) {}
KEFU_FIELDS(wechat::RenameTag) {
  v.group("tag", [&s](auto& tag) {
    tag.value("id", s.id, Check().range(wechat::kFirstOwnTag, INT64_MAX));
    tag.required("name", s.name, Check().max_bytes(wechat::kTagNameBytes));
  });
}
KEFU_FIELDS(wechat::DeleteTag) {
  v.group("tag", [&s](auto& tag) { tag.value("id", s.id, Check().range(wechat::kFirstOwnTag, INT64_MAX)); });
}
KEFU_FIELDS(wechat::TagUsers) { wechat::tagging(v, s); }
KEFU_FIELDS(wechat::UntagUsers) { wechat::tagging(v, s); }
KEFU_FIELDS(wechat::UserTags) { v.required("tagid_list", s.tag_ids); }
KEFU_FIELDS(wechat::GetUserTags) { v.required("openid", s.openid); }
KEFU_FIELDS(wechat::ListTagMembers) {
  v.value("tagid", s.tag_id, Check().range(0, INT64_MAX));
  v.value("next_openid", s.next_openid);
}

KEFU_FIELDS(wechat::ListBlacklist) { v.value("begin_openid", s.begin_openid); }
KEFU_FIELDS(wechat::BlacklistUsers) { wechat::openid_list(v, s.openids, wechat::kBlacklistBatch); }
KEFU_FIELDS(wechat::UnblacklistUsers) { wechat::openid_list(v, s.openids, wechat::kBlacklistBatch); }

}  // namespace detail

namespace wechat {

const Operation& GetUser::operation() {
  static const Operation row =
      detail::make_operation<GetUser>({"wechat.user.info", "GET", "/cgi-bin/user/info", Authorization::access_token,
                                       Effect::read, "user.info", Millis(10'000), "获取用户基本信息"});
  return row;
}

const Operation& GetUsers::operation() {
  static const Operation row = detail::make_operation<GetUsers>(
      {"wechat.user.info.batchget", "POST", "/cgi-bin/user/info/batchget", Authorization::access_token, Effect::read,
       "user.info.batchget", Millis(10'000), "批量获取用户基本信息"});
  return row;
}

const Operation& ListFollowers::operation() {
  static const Operation row =
      detail::make_operation<ListFollowers>({"wechat.user.get", "GET", "/cgi-bin/user/get", Authorization::access_token,
                                             Effect::read, "user.get", Millis(30'000), "获取用户列表"});
  return row;
}

const Operation& SetRemark::operation() {
  static const Operation row = detail::make_operation<SetRemark>(
      {"wechat.user.info.updateremark", "POST", "/cgi-bin/user/info/updateremark", Authorization::access_token,
       Effect::idempotent, "user.info.updateremark", Millis(10'000), "设置用户备注名",
       "sources leave open whether the limit of 30 counts bytes or characters"});
  return row;
}

const Operation& CreateTag::operation() {
  static const Operation row = detail::make_operation<CreateTag>({"wechat.tags.create", "POST", "/cgi-bin/tags/create",
                                                                  Authorization::access_token, Effect::create,
                                                                  "tags.create", Millis(10'000), "创建标签"});
  return row;
}

const Operation& ListTags::operation() {
  static const Operation row =
      detail::make_operation<ListTags>({"wechat.tags.get", "GET", "/cgi-bin/tags/get", Authorization::access_token,
                                        Effect::read, "tags.get", Millis(10'000), "获取标签"});
  return row;
}

const Operation& RenameTag::operation() {
  static const Operation row = detail::make_operation<RenameTag>({"wechat.tags.update", "POST", "/cgi-bin/tags/update",
                                                                  Authorization::access_token, Effect::idempotent,
                                                                  "tags.update", Millis(10'000), "编辑标签"});
  return row;
}

const Operation& DeleteTag::operation() {
  static const Operation row = detail::make_operation<DeleteTag>({"wechat.tags.delete", "POST", "/cgi-bin/tags/delete",
                                                                  Authorization::access_token, Effect::idempotent,
                                                                  "tags.delete", Millis(10'000), "删除标签"});
  return row;
}

const Operation& TagUsers::operation() {
  static const Operation row = detail::make_operation<TagUsers>(
      {"wechat.tags.members.batchtagging", "POST", "/cgi-bin/tags/members/batchtagging", Authorization::access_token,
       Effect::idempotent, "tags.members.batchtagging", Millis(10'000), "批量为用户打标签"});
  return row;
}

const Operation& UntagUsers::operation() {
  static const Operation row = detail::make_operation<UntagUsers>(
      {"wechat.tags.members.batchuntagging", "POST", "/cgi-bin/tags/members/batchuntagging",
       Authorization::access_token, Effect::idempotent, "tags.members.batchuntagging", Millis(10'000),
       "批量为用户取消标签"});
  return row;
}

const Operation& GetUserTags::operation() {
  static const Operation row = detail::make_operation<GetUserTags>(
      {"wechat.tags.getidlist", "POST", "/cgi-bin/tags/getidlist", Authorization::access_token, Effect::read,
       "tags.getidlist", Millis(10'000), "获取用户身上的标签列表"});
  return row;
}

const Operation& ListTagMembers::operation() {
  static const Operation row = detail::make_operation<ListTagMembers>(
      {"wechat.user.tag.get", "POST", "/cgi-bin/user/tag/get", Authorization::access_token, Effect::read,
       "user.tag.get", Millis(30'000), "获取标签下粉丝列表"});
  return row;
}

const Operation& ListBlacklist::operation() {
  static const Operation row = detail::make_operation<ListBlacklist>(
      {"wechat.tags.members.getblacklist", "POST", "/cgi-bin/tags/members/getblacklist", Authorization::access_token,
       Effect::read, "tags.members.getblacklist", Millis(30'000), "获取公众号的黑名单列表"});
  return row;
}

const Operation& BlacklistUsers::operation() {
  static const Operation row = detail::make_operation<BlacklistUsers>(
      {"wechat.tags.members.batchblacklist", "POST", "/cgi-bin/tags/members/batchblacklist",
       Authorization::access_token, Effect::idempotent, "tags.members.batchblacklist", Millis(10'000), "拉黑用户"});
  return row;
}

const Operation& UnblacklistUsers::operation() {
  static const Operation row = detail::make_operation<UnblacklistUsers>(
      {"wechat.tags.members.batchunblacklist", "POST", "/cgi-bin/tags/members/batchunblacklist",
       Authorization::access_token, Effect::idempotent, "tags.members.batchunblacklist", Millis(10'000),
       "取消拉黑用户"});
  return row;
}

std::vector<const Operation*> user_operations() {
  return {&GetUser::operation(),       &GetUsers::operation(),       &ListFollowers::operation(),
          &SetRemark::operation(),     &CreateTag::operation(),      &ListTags::operation(),
          &RenameTag::operation(),     &DeleteTag::operation(),      &TagUsers::operation(),
          &UntagUsers::operation(),    &GetUserTags::operation(),    &ListTagMembers::operation(),
          &ListBlacklist::operation(), &BlacklistUsers::operation(), &UnblacklistUsers::operation()};
}

}  // namespace wechat
KEFU_END_NAMESPACE
