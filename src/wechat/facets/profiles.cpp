#include "wechat/facets/profiles.hpp"

#include "core/call/answers.hpp"

#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/users.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

Profile ids_of(CustomerId customer) {
  Profile profile;
  profile.ids.emplace_back("openid", customer.id);
  if (!customer.union_id.empty()) profile.ids.emplace_back("unionid", customer.union_id);
  profile.customer = std::move(customer);
  return profile;
}

Profile profile_of(UserInfo user) {
  Profile profile = ids_of(CustomerId(std::move(user.openid), std::move(user.union_id)));
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
  if (kind_ == AccountKind::mini_program) return look_up_payer(std::move(customer), std::move(options));
  return detail::mapped<Profile>(runtime_, client_, GetUser(std::move(customer.id)), std::move(options), profile_of);
}

/// No payment lately, or no open-platform account: then the openid is all there is, which is no failure.
Pending<Profile> AccountProfiles::look_up_payer(CustomerId customer, CallOptions options) {
  if (!customer.union_id.empty()) return detail::answered<Profile>(runtime_, ids_of(std::move(customer)));
  if (auto refusal = runtime_->refuse_start()) return detail::answered<Profile>(runtime_, *std::move(refusal));
  Promise<Profile> promise(runtime_);
  auto pending = promise.pending();
  auto unwanted = promise.cancelled();
  GetPaidUnionId op(customer.id);
  client_.start(std::move(op), std::move(options), std::move(unwanted),
                [promise = std::move(promise), customer = std::move(customer)](Result<PaidUnionId> told) mutable {
                  if (!told && told.error().kind() != ErrorKind::not_found) return promise.answer(told.error());
                  if (told) customer.union_id = told->union_id;
                  promise.answer(ids_of(std::move(customer)));
                });
  return pending;
}

}  // namespace wechat
KEFU_END_NAMESPACE
