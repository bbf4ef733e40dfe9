#include "jd/shop/profiles.hpp"

#include <kefu/jd/buyer.hpp>
#include <kefu/jd/identity.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

Profile profile_of(const BuyerIds& ids, std::string raw) {
  Profile profile;
  profile.customer = customer_of(ids, {});
  const auto add = [&](const char* name, const std::string& id) {
    if (!id.empty()) profile.ids.emplace_back(name, id);
  };
  add("pin", ids.pin);
  add("open_id", ids.open_id);
  add("xid", ids.xid);
  profile.raw = std::move(raw);
  return profile;
}

}  // namespace

Pending<Profile> ShopProfiles::look_up(CustomerId customer, CallOptions options) {
  Promise<Profile> promise(runtime_);
  auto pending = promise.pending();
  auto known = buyer_of(customer);
  if (known && (known->empty() || is_masked(known->pin)))
    known = Error(ErrorKind::bad_argument, "customer.id names nobody: give the xid, open_id or pin");
  if (!known || !known->xid.empty()) {
    promise.answer(known ? Result<Profile>(profile_of(*known, {})) : Result<Profile>(known.error()));
    return pending;
  }
  auto unwanted = promise.cancelled();
  auto done = [promise = std::move(promise), ids = *known](Result<ConvertedId> answer) mutable {
    if (!answer) return promise.answer(answer.error());
    if (answer->id.empty())
      return promise.answer(Error(ErrorKind::not_found, "JD knows no xid of this customer: the name may be outdated"));
    ids.xid = std::move(answer->id);
    promise.answer(profile_of(ids, std::move(answer->raw)));
  };
  if (!known->open_id.empty())
    client_.start(OpenIdToXid(app_->app_key, known->open_id), std::move(options), std::move(unwanted), std::move(done));
  else
    client_.start(PinToXid(app_->app_key, known->pin), std::move(options), std::move(unwanted), std::move(done));
  return pending;
}

}  // namespace jd
KEFU_END_NAMESPACE
