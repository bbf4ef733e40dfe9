#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Followers of official accounts: who they are, remarks, tags, the blacklist (wechat-messages 11). Mini programs have
// none of these. Operations are values; any thread.

/// A follower. The platform gives neither nickname nor picture, sex or place since 2021-12-27.
struct UserInfo {
  UserInfo() {}
  bool subscribed = false;  ///< subscribe; false: nothing else but the openid is there.
  std::string openid;
  std::string union_id;             ///< unionid: common to the accounts of one open-platform account; empty if unbound.
  std::string language;             ///< No longer sent according to the page.
  std::int64_t subscribe_time = 0;  ///< Seconds since 1970; the last one.
  std::string remark;
  std::int64_t group_id = 0;          ///< groupid
  std::vector<std::int64_t> tag_ids;  ///< tagid_list
  std::string subscribe_scene;        ///< "ADD_SCENE_QR_CODE", "ADD_SCENE_SEARCH"...
  std::string qr_scene;
  std::string qr_scene_text;  ///< qr_scene_str
  std::string raw;            ///< The platform's own JSON.
};

/// One follower.
///
/// Effect: read. Codes: 40003. Page: 获取用户基本信息.
struct KEFU_EXPORT GetUser {
  using Response = UserInfo;
  static const Operation& operation();
  explicit GetUser(std::string openid_, std::string language_ = "zh_CN")
      : openid(std::move(openid_)), language(std::move(language_)) {}
  std::string openid;
  std::string language;  ///< lang: "zh_CN", "zh_TW", "en".
};

struct UserInfoList {
  UserInfoList() {}
  std::vector<UserInfo> users;  ///< user_info_list
};
/// Up to 100 followers.
///
/// Effect: read. Checked here: 1 to 100 openids. Page: 批量获取用户基本信息.
struct KEFU_EXPORT GetUsers {
  using Response = UserInfoList;
  static const Operation& operation();
  explicit GetUsers(std::vector<std::string> openids_, std::string language_ = "zh_CN")
      : openids(std::move(openids_)), language(std::move(language_)) {}
  std::vector<std::string> openids;
  std::string language;
};

/// A page of openids. To walk them all, ask again with `next_openid` until a page is `last`.
struct OpenIdPage {
  OpenIdPage() {}
  std::int64_t total = 0;  ///< Of followers and the blacklist; a tag's page has none.
  std::int64_t count = 0;
  std::vector<std::string> openids;  ///< data.openid
  std::string next_openid;           ///< The last one of this page.
  bool last() const { return openids.empty() || next_openid.empty(); }
};
/// A page of up to 10,000 followers. 500 calls a day.
///
/// Effect: read. Page: 获取用户列表.
struct KEFU_EXPORT ListFollowers {
  using Response = OpenIdPage;
  static const Operation& operation();
  explicit ListFollowers(std::string after = {}) : next_openid(std::move(after)) {}
  std::string next_openid;  ///< Empty: from the start.
};

/// Sets the remark that the account's own staff sees. Empty removes it.
///
/// Effect: idempotent. Checked here: less than 30 characters. 10,000 calls a day. Page: 设置用户备注名.
struct KEFU_EXPORT SetRemark {
  using Response = NoContent;
  static const Operation& operation();
  SetRemark(std::string openid_, std::string remark_) : openid(std::move(openid_)), remark(std::move(remark_)) {}
  std::string openid;
  std::string remark;
};

// --- Tags: up to 100 of an account, up to 20 of a follower. 0, 1 and 2 belong to the system. ---

struct Tag {
  Tag() {}
  std::int64_t id = 0;
  std::string name;
  std::int64_t count = 0;  ///< Followers that have it; in lists only.
};
struct CreatedTag {
  CreatedTag() {}
  Tag tag;
};
/// Makes a tag.
///
/// Effect: create. Checked here: the name is up to 30 bytes. Codes: 45056 (too many), 45157 (in use), 45158.
/// Page: 创建标签.
struct KEFU_EXPORT CreateTag {
  using Response = CreatedTag;
  static const Operation& operation();
  explicit CreateTag(std::string name_) : name(std::move(name_)) {}
  std::string name;
};

struct TagList {
  TagList() {}
  std::vector<Tag> tags;
};
/// All tags.
///
/// Effect: read. Page: 获取标签.
struct KEFU_EXPORT ListTags {
  using Response = TagList;
  static const Operation& operation();
  ListTags() {}
};

/// Renames a tag.
///
/// Effect: idempotent. Checked here: not a tag of the system, the name up to 30 bytes. Page: 编辑标签.
struct KEFU_EXPORT RenameTag {
  using Response = NoContent;
  static const Operation& operation();
  RenameTag(std::int64_t id_, std::string name_) : id(id_), name(std::move(name_)) {}
  std::int64_t id;
  std::string name;
};

/// Removes a tag, and takes it off its followers.
///
/// Effect: idempotent. Checked here: not a tag of the system. Codes: 45057 (over 100,000 followers). Page: 删除标签.
struct KEFU_EXPORT DeleteTag {
  using Response = NoContent;
  static const Operation& operation();
  explicit DeleteTag(std::int64_t id_) : id(id_) {}
  std::int64_t id;
};

/// Tags up to 50 followers.
///
/// Effect: idempotent. Codes: 45059 (a follower has 20 tags), 45159 (no such tag), 49003. Page: 批量为用户打标签.
struct KEFU_EXPORT TagUsers {
  using Response = NoContent;
  static const Operation& operation();
  TagUsers(std::int64_t id, std::vector<std::string> openids_) : tag_id(id), openids(std::move(openids_)) {}
  std::int64_t tag_id;
  std::vector<std::string> openids;
};

/// Takes a tag off up to 50 followers.
///
/// Effect: idempotent. Page: 批量为用户取消标签.
struct KEFU_EXPORT UntagUsers {
  using Response = NoContent;
  static const Operation& operation();
  UntagUsers(std::int64_t id, std::vector<std::string> openids_) : tag_id(id), openids(std::move(openids_)) {}
  std::int64_t tag_id;
  std::vector<std::string> openids;
};

struct UserTags {
  UserTags() {}
  std::vector<std::int64_t> tag_ids;  ///< tagid_list
};
/// The tags of a follower.
///
/// Effect: read. Page: 获取用户身上的标签列表.
struct KEFU_EXPORT GetUserTags {
  using Response = UserTags;
  static const Operation& operation();
  explicit GetUserTags(std::string openid_) : openid(std::move(openid_)) {}
  std::string openid;
};

/// A page of the followers that have a tag.
///
/// Effect: read. Page: 获取标签下粉丝列表.
struct KEFU_EXPORT ListTagMembers {
  using Response = OpenIdPage;
  static const Operation& operation();
  explicit ListTagMembers(std::int64_t id, std::string after = {}) : tag_id(id), next_openid(std::move(after)) {}
  std::int64_t tag_id;
  std::string next_openid;
};

// --- Blacklist ---

/// A page of the blacklist: up to 1,000 by the current page, 10,000 by older ones.
///
/// Effect: read. Page: 获取公众号的黑名单列表.
struct KEFU_EXPORT ListBlacklist {
  using Response = OpenIdPage;
  static const Operation& operation();
  explicit ListBlacklist(std::string after = {}) : begin_openid(std::move(after)) {}
  std::string begin_openid;
};

/// Puts up to 20 followers on the blacklist: their messages no longer arrive, and none reach them (43019).
///
/// Effect: idempotent. Page: 拉黑用户.
struct KEFU_EXPORT BlacklistUsers {
  using Response = NoContent;
  static const Operation& operation();
  explicit BlacklistUsers(std::vector<std::string> openids_) : openids(std::move(openids_)) {}
  std::vector<std::string> openids;
};

/// Takes up to 20 people off the blacklist.
///
/// Effect: idempotent. Page: 取消拉黑用户.
struct KEFU_EXPORT UnblacklistUsers {
  using Response = NoContent;
  static const Operation& operation();
  explicit UnblacklistUsers(std::vector<std::string> openids_) : openids(std::move(openids_)) {}
  std::vector<std::string> openids;
};

}  // namespace wechat
KEFU_END_NAMESPACE
