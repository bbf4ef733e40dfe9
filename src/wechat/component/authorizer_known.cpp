#include "wechat/component/authorizer.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

Error bad_merchant(std::string why) { return Error(ErrorKind::bad_argument, std::move(why)); }

}  // namespace

Pending<Merchant> ComponentAuthorizer::merchant(std::string id) { return known_.merchant(std::move(id)); }
Pending<std::vector<Merchant>> ComponentAuthorizer::merchants(std::string after, std::size_t limit) {
  return known_.merchants(std::move(after), limit);
}

void ComponentAuthorizer::on_event(MoveFunction<void(const MerchantEvent&)> listener) {
  events_->listen(std::move(listener));
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

// --- options (B10) ---------------------------------------------------------------------------------------------------

Pending<std::string> ComponentAuthorizer::option(std::string merchant, std::string name, CallOptions options) {
  Promise<std::string> promise(runtime_);
  auto pending = promise.pending();
  if (auto complaint = detail::check_merchant_name(merchant)) {
    promise.answer(bad_merchant(*std::move(complaint)));
    return pending;
  }
  const CancelToken dropped = promise.cancelled();
  find_account(merchant, options,
               [self = shared_from_this(), promise = std::move(promise), name = std::move(name), options,
                dropped](const Result<ComponentGrant>& grant) mutable {
                 if (!grant) return promise.answer(grant.error());
                 GetAuthorizerOption request(grant->app_id, std::move(name));
                 request.component_app_id = self->config_->component_app_id;
                 self->client_.start(std::move(request), std::move(options), dropped,
                                     [promise = std::move(promise)](Result<AuthorizerOption> answer) mutable {
                                       if (!answer) return promise.answer(answer.error());
                                       promise.answer(std::move(answer->value));
                                     });
               });
  return pending;
}

Pending<void> ComponentAuthorizer::set_option(std::string merchant, std::string name, std::string value,
                                              CallOptions options) {
  Promise<void> promise(runtime_);
  auto pending = promise.pending();
  if (auto complaint = detail::check_merchant_name(merchant)) {
    promise.answer(bad_merchant(*std::move(complaint)));
    return pending;
  }
  const CancelToken dropped = promise.cancelled();
  find_account(merchant, options,
               [self = shared_from_this(), promise = std::move(promise), name = std::move(name),
                value = std::move(value), options, dropped](const Result<ComponentGrant>& grant) mutable {
                 if (!grant) return promise.answer(grant.error());
                 SetAuthorizerOption request(grant->app_id, std::move(name), std::move(value));
                 request.component_app_id = self->config_->component_app_id;
                 self->client_.start(std::move(request), std::move(options), dropped,
                                     [promise = std::move(promise)](const Result<NoContent>& answer) mutable {
                                       if (!answer) return promise.answer(answer.error());
                                       promise.answer(Result<void>());
                                     });
               });
  return pending;
}

}  // namespace wechat
KEFU_END_NAMESPACE
