#include "channel/accounts/merchant_events.hpp"

#include "core/report/reporting.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr HostSeam kListener{"Authorizer::on_event"};

}  // namespace

void MerchantEvents::listen(Listener listener) {
  auto next = listener ? std::make_shared<Listener>(std::move(listener)) : nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  listener_.swap(next);  // what the old one owns ends after the lock
}

void MerchantEvents::tell(MerchantEvent::Kind kind, Merchant merchant) const {
  std::shared_ptr<Listener> listener;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    listener = listener_;
  }
  if (!listener) return;
  if (runtime_->callbacks_waiting.load(std::memory_order_relaxed) >= runtime_->most_callbacks) {
    if (runtime_->observer)
      log(*runtime_->observer, LogLevel::warning, log_event::kAuthorizationEventDropped,
          "callbacks wait in too great a number: the listener did not hear of this",
          {{"platform", platform_}, {"account", merchant.id}, {"event", std::string(to_string(kind))}});
    return;
  }
  MerchantEvent event;
  event.kind = kind;
  event.merchant = std::move(merchant);
  runtime_->run_callback([runtime = runtime_, listener = std::move(listener), event = std::move(event)] {
    static_cast<void>(call_host(runtime->observer.get(), kListener, [&] { (*listener)(event); }));
  });
}

}  // namespace detail
KEFU_END_NAMESPACE
