#pragma once

#include "channel/send/lanes.hpp"
#include "core/async/runtime_core.hpp"
#include "jd/answering/dongdong_push.hpp"
#include "jd/customers/customer_book.hpp"

#include <kefu/channel/channel.hpp>
#include <kefu/core/client.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/jd/thread.hpp>

#include <memory>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Answers customers of one shop: in DongDong sessions (with a DongDongGrant) and on after-sale orders (with an
/// AfterSaleDesk); Address::thread says where. By whichever name a customer is called, order and window are the
/// customer's (CustomerBook). Order, windows and parts: see SendLanes; repeats: see DongDongPush.
/// After-sale replies have no repeat key and are never repeated on doubt; they take no reply window.
///
/// Thread safety: all members may be called from any thread.
class ShopMessenger final : public Messenger, public std::enable_shared_from_this<ShopMessenger> {
 public:
  /// `window` is null where the shop has no ShopConfig::reply_rules.
  ShopMessenger(const std::shared_ptr<detail::RuntimeCore>& runtime, ApiClient client,
                std::shared_ptr<const ShopConfig> config, std::shared_ptr<CustomerBook> customers,
                std::shared_ptr<detail::WindowGate> window);

  Pending<Receipt> send(Message message, CallOptions options) override;
  Pending<SendPlan> plan(Message message, CallOptions options) override;
  Pending<void> typing(Address to, bool on, CallOptions options) override;

  /// The shop was closed: messages that wait, and all later ones, answer `cancelled`.
  void close();
  /// Of sessions, or of after-sale orders where the thread is one.
  const Capabilities& capabilities_at(const Address& to) const;

 private:
  class SessionParts;
  class AfterSaleParts;

  template <class T>
  Pending<T> for_customer(const CustomerId& named, CallOptions options,
                          MoveFunction<Pending<T>(const CustomerId&, const CallOptions&)> go_on) const;
  Result<detail::OutgoingMessage> prepare(Message message) const;
  Result<detail::OutgoingMessage> to_session(const SessionThread& thread, Message message) const;
  Result<detail::OutgoingMessage> to_service_order(const AfterSaleThread& thread, Message message) const;

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const std::shared_ptr<const ShopConfig> config_;
  const std::shared_ptr<CustomerBook> customers_;
  const std::shared_ptr<const Capabilities> in_sessions_;
  const std::shared_ptr<const Capabilities> on_orders_;
  const std::shared_ptr<DongDongPush> dongdong_;  ///< Null without a grant.
  const std::shared_ptr<detail::SendLanes> lanes_;
};

}  // namespace jd
KEFU_END_NAMESPACE
