#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"
#include "wechat/operations/rows.hpp"

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
  v.rule("lang", language.empty() || language == "zh_CN" || language == "zh_TW" || language == "en",
         "must be zh_CN, zh_TW or en");
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
  v.value("remark", s.remark);  // the limit of 30 has no good source: the platform decides
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

// clang-format off
#define KEFU_USER_ROWS(ROW)                                                                                               \
  ROW(GetUser, get("/cgi-bin/user/info", kRead, "获取用户基本信息", kFollowers).from("11").limited("5,000,000 a day"))    \
  ROW(GetUsers, post("/cgi-bin/user/info/batchget", kRead, "批量获取用户基本信息", kFollowers).from("11"))                \
  ROW(ListFollowers, get("/cgi-bin/user/get", kRead, "获取用户列表", kFollowers).from("11")                               \
      .limited("500 a day").within(Millis(30'000)))                                                                       \
  ROW(SetRemark, post("/cgi-bin/user/info/updateremark", kIdempotent, "设置用户备注名", kFollowers).from("11")            \
      .limited("10,000 a day").doubted("sources leave open whether the limit of 30 counts bytes or characters"))          \
  ROW(CreateTag, post("/cgi-bin/tags/create", kCreate, "创建标签", kFollowers).from("11").limited("100 tags"))            \
  ROW(ListTags, get("/cgi-bin/tags/get", kRead, "获取标签", kFollowers).from("11"))                                       \
  ROW(RenameTag, post("/cgi-bin/tags/update", kIdempotent, "编辑标签", kFollowers).from("11"))                            \
  ROW(DeleteTag, post("/cgi-bin/tags/delete", kIdempotent, "删除标签", kFollowers).from("11"))                            \
  ROW(TagUsers, post("/cgi-bin/tags/members/batchtagging", kIdempotent, "批量为用户打标签", kFollowers).from("11"))       \
  ROW(UntagUsers, post("/cgi-bin/tags/members/batchuntagging", kIdempotent, "批量为用户取消标签", kFollowers).from("11")) \
  ROW(GetUserTags, post("/cgi-bin/tags/getidlist", kRead, "获取用户身上的标签列表", kFollowers).from("11"))               \
  ROW(ListTagMembers, post("/cgi-bin/user/tag/get", kRead, "获取标签下粉丝列表", kFollowers).from("11")                   \
      .within(Millis(30'000)))                                                                                            \
  ROW(ListBlacklist, post("/cgi-bin/tags/members/getblacklist", kRead, "获取公众号的黑名单列表", kFollowers).from("11")   \
      .within(Millis(30'000)))                                                                                            \
  ROW(BlacklistUsers, post("/cgi-bin/tags/members/batchblacklist", kIdempotent, "拉黑用户", kFollowers).from("11"))       \
  ROW(UnblacklistUsers, post("/cgi-bin/tags/members/batchunblacklist", kIdempotent, "取消拉黑用户",                       \
      kFollowers).from("11"))
// clang-format on
KEFU_WECHAT_FAMILY(user_rows, KEFU_USER_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
