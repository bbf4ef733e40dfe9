#include "wechat/component/authorizer.hpp"

#include <fmt/format.h>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kMostMerchantsListed = 1000;

Error bad_merchant(std::string why) { return Error(ErrorKind::bad_argument, std::move(why)); }

Merchant described(const ComponentKeys& keys, const StoreItem& item) {
  if (const auto grant = ComponentGrant::read(item.second.value)) return grant->describe();
  Merchant unreadable;
  unreadable.id = detail::unescaped_merchant(std::string_view(item.first).substr(keys.grants_prefix().size()));
  unreadable.state = Merchant::State::needs_authorization;
  unreadable.why = "the stored grant cannot be read";
  return unreadable;
}

}  // namespace

Error unknown_authorizer(const std::string& id) {
  return Error(ErrorKind::not_found, fmt::format("the merchant {} has not authorized the platform", id));
}

Pending<Merchant> ComponentAuthorizer::merchant(std::string id) {
  Promise<Merchant> promise(runtime_);
  auto pending = promise.pending();
  if (auto complaint = detail::check_merchant_name(id)) {
    promise.answer(bad_merchant(*std::move(complaint)));
    return pending;
  }
  runtime_->with_store<StoredComponentGrant>(
      detail::Affinity(records_.keys.grant(id)),
      [key = records_.keys.grant(id)](Store& store) { return find_grant(store, key); },
      [promise = std::move(promise), id](Result<StoredComponentGrant> found) mutable {
        if (!found) return promise.answer(found.error());
        if (!found->grant) return promise.answer(unknown_authorizer(id));
        promise.answer(found->grant->describe());
      });
  return pending;
}

Pending<std::vector<Merchant>> ComponentAuthorizer::merchants(std::string after, std::size_t limit) {
  using Page = std::vector<Merchant>;
  Promise<Page> promise(runtime_);
  auto pending = promise.pending();
  std::optional<std::string> complaint;
  if (!after.empty()) complaint = detail::check_merchant_name(after);
  if (!complaint && (limit < 1 || limit > kMostMerchantsListed))
    complaint = fmt::format("limit is {}, allowed are 1 to {}", limit, kMostMerchantsListed);
  if (complaint) {
    promise.answer(bad_merchant(*std::move(complaint)));
    return pending;
  }
  const std::string prefix = records_.keys.grants_prefix();
  runtime_->with_store<Page>(
      detail::Affinity(prefix),
      [prefix, keys = records_.keys, from = after.empty() ? std::string() : records_.keys.grant(after),
       limit](Store& store) mutable -> Result<Page> {
        for (Page page;;) {
          auto items = store.list(prefix, from, limit - page.size());
          if (!items) return items.error();
          for (const StoreItem& item : items->items) page.push_back(described(keys, item));
          if (items->next.empty() || page.size() >= limit) return page;
          from = std::move(items->next);
        }
      },
      [promise = std::move(promise)](Result<Page> page) mutable { promise.answer(std::move(page)); });
  return pending;
}

Pending<void> ComponentAuthorizer::forget(std::string merchant) {
  Promise<void> promise(runtime_);
  auto pending = promise.pending();
  if (auto complaint = detail::check_merchant_name(merchant)) {
    promise.answer(bad_merchant(*std::move(complaint)));
    return pending;
  }
  runtime_->with_store<bool>(
      detail::Affinity(records_.keys.grant(merchant)),
      [records = records_, merchant](Store& store) { return remove_merchant(store, records, merchant); },
      [promise = std::move(promise), merchant](Result<bool> removed) mutable {
        if (!removed) return promise.answer(removed.error());
        if (!*removed) return promise.answer(unknown_authorizer(merchant));
        promise.answer(Result<void>());
      });
  return pending;
}

}  // namespace wechat
KEFU_END_NAMESPACE
