#include "wechat/facets/profiles.hpp"

#include "core/call/answers.hpp"

#include <kefu/wechat/users.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

Profile profile_of(UserInfo user) {
  Profile profile;
  profile.ids.emplace_back("openid", user.openid);
  if (!user.union_id.empty()) profile.ids.emplace_back("unionid", user.union_id);
  profile.customer = CustomerId(std::move(user.openid), std::move(user.union_id));
  profile.language = std::move(user.language);
  profile.remark = std::move(user.remark);
  for (const std::int64_t tag : user.tag_ids) profile.tags.push_back(std::to_string(tag));
  profile.follows = user.subscribed;
  if (user.subscribe_time > 0) profile.follows_since = from_unix_seconds(user.subscribe_time);
  profile.raw = std::move(user.raw);
  return profile;
}

}  // namespace

Pending<Profile> AccountProfiles::look_up(CustomerId customer, CallOptions options) {
  if (customer.id.empty())
    return detail::answered<Profile>(runtime_,
                                     Error(ErrorKind::bad_argument, "customer.id is empty: it is the openid"));
  return detail::mapped<Profile>(runtime_, client_, GetUser(std::move(customer.id)), std::move(options), profile_of);
}

}  // namespace wechat
KEFU_END_NAMESPACE
