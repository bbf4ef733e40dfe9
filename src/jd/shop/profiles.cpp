#include "jd/shop/profiles.hpp"

#include <kefu/jd/buyer.hpp>
#include <kefu/jd/identity.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

Profile profile_of(CustomerId customer, std::string raw) {
  Profile profile;
  const auto add = [&](const char* name, const std::string& id) {
    if (!id.empty()) profile.ids.emplace_back(name, id);
  };
  if (const auto ids = buyer_of(customer)) {
    add("pin", ids->pin);
    add("open_id", ids->open_id);
    add("xid", ids->xid);
  }
  profile.customer = std::move(customer);
  profile.raw = std::move(raw);
  return profile;
}

/// The platform told a name: it is remembered with the others.
void remember(CustomerBook& customers, const CustomerId& customer, ConvertedId told, Promise<Profile> promise) {
  if (told.id.empty())
    return promise.answer(Error(ErrorKind::not_found, "JD knows no xid of this customer: the name may be outdated"));
  CustomerId named = customer;
  named.union_id = told.id;
  named.aliases.push_back(customer_of(BuyerIds({}, {}, told.id), {}).id);
  std::vector<CustomerId> seen{named};
  customers.settle(std::move(seen), [named, raw = std::move(told.raw),
                                     promise = std::move(promise)](Result<std::vector<CustomerId>> settled) mutable {
    promise.answer(profile_of(settled ? std::move(settled->front()) : std::move(named), std::move(raw)));
  });
}

}  // namespace

Pending<Profile> ShopProfiles::look_up(CustomerId customer, CallOptions options) {
  Promise<Profile> promise(runtime_);
  auto pending = promise.pending();
  auto known = buyer_of(customer);
  if (known && (known->empty() || is_masked(known->pin)))
    known = Error(ErrorKind::bad_argument, "customer.id names nobody: give the xid, open_id or pin");
  if (!known) {
    promise.answer(known.error());
    return pending;
  }
  const CallOptions whole = options;
  auto unwanted = promise.cancelled();
  auto found = [self = shared_from_this(), asked = runtime_->clock->mono(), promise = std::move(promise),
                options = std::move(options), has_xid = !known->xid.empty()](Result<CustomerId> meant) mutable {
    if (!meant) return promise.answer(meant.error());
    if (has_xid) return promise.answer(profile_of(*std::move(meant), {}));
    if (options.timeout) *options.timeout -= std::chrono::duration_cast<Millis>(self->runtime_->clock->mono() - asked);
    self->ask(*std::move(meant), std::move(options), std::move(promise));
  };
  customers_->find(std::move(customer), whole, std::move(unwanted), std::move(found));
  return pending;
}

void ShopProfiles::ask(CustomerId customer, CallOptions options, Promise<Profile> promise) const {
  const auto ids = buyer_of(customer);
  if (!ids) return promise.answer(ids.error());
  auto unwanted = promise.cancelled();
  auto done = [customers = customers_, customer = std::move(customer),
               promise = std::move(promise)](Result<ConvertedId> answer) mutable {
    if (!answer) return promise.answer(answer.error());
    remember(*customers, customer, *std::move(answer), std::move(promise));
  };
  if (ids->pin.empty())
    client_.start(OpenIdToXid(app_->app_key, ids->open_id), std::move(options), std::move(unwanted), std::move(done));
  else
    client_.start(PinToXid(app_->app_key, ids->pin), std::move(options), std::move(unwanted), std::move(done));
}

}  // namespace jd
KEFU_END_NAMESPACE
