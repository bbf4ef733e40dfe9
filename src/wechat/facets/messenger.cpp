#include "wechat/facets/messenger.hpp"

#include "channel/send/planner.hpp"
#include "core/call/answers.hpp"
#include "wechat/facets/message_part.hpp"
#include "wechat/operations/custom_message_json.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The parts of one message as calls of the customer-message API.
class AccountMessenger::Parts final : public detail::MessageParts {
  // Before its uses, which want to know what it returns.
  template <class Use>
  auto with_operation(std::size_t part, Use use) const {
    if (business_path_) return use(BusinessMessagePart(customer_, business_, speaker_, parts_[part]));
    return use(MessagePart(customer_, business_, speaker_, parts_[part]));
  }

 public:
  /// `business_send`: on the path of sub-merchants, if the session has one.
  Parts(ApiClient client, std::string customer, std::string business, bool business_send, Speaker speaker,
        std::vector<CustomMessage> parts)
      : client_(std::move(client)),
        customer_(std::move(customer)),
        business_(std::move(business)),
        business_path_(business_send && !business_.empty()),
        speaker_(std::move(speaker)),
        parts_(std::move(parts)) {}

  std::size_t count() const override { return parts_.size(); }
  Result<void> check(std::size_t part) const override {
    return with_operation(part, [](auto op) {
      HttpRequest unsent;
      return op.operation().encode(&op, unsent);
    });
  }
  void send(std::size_t part, CallOptions options, CancelToken unwanted, Sent sent) override {
    with_operation(part, [&](auto op) {
      client_.start(op, std::move(options), std::move(unwanted),
                    [sent = std::move(sent)](Result<NoContent> result) mutable {
                      sent(result ? Result<std::string>(std::string()) : Result<std::string>(result.error()));
                    });
    });
  }

 private:
  const ApiClient client_;
  const std::string customer_;
  const std::string business_;
  const bool business_path_;
  const Speaker speaker_;
  const std::vector<CustomMessage> parts_;
};

AccountMessenger::AccountMessenger(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client,
                                   std::shared_ptr<detail::WindowGate> window, const AccountConfig& config,
                                   std::shared_ptr<const Capabilities> capabilities)
    : runtime_(std::move(runtime)),
      client_(std::move(client)),
      account_(config.app_id),
      kind_(config.kind),
      business_typing_(config.business_typing),
      business_send_(config.business_send),
      capabilities_(std::move(capabilities)),
      lanes_(std::make_shared<detail::SendLanes>(runtime_, std::move(window))) {}

Pending<Receipt> AccountMessenger::send(Message message, CallOptions options) {
  return lanes_->send(prepare(std::move(message)), options);
}

Pending<SendPlan> AccountMessenger::plan(Message message, CallOptions options) {
  if (auto removed = lanes_->refusal()) return detail::answered<SendPlan>(runtime_, *std::move(removed));
  auto planned = detail::planned(message, capabilities_, [this](Message one) { return prepare(std::move(one)); });
  planned.window = lanes_->window();
  return detail::plan_send(runtime_, std::move(planned), std::move(options));
}

void AccountMessenger::close() { lanes_->close(); }

Pending<void> AccountMessenger::typing(Address to, bool on, CallOptions options) {
  Promise<void> promise(runtime_);
  auto pending = promise.pending();
  if (auto checked = check_address(to); !checked) {
    promise.answer(checked.error());
    return pending;
  }
  auto unwanted = promise.cancelled();
  auto done = [promise = std::move(promise)](Result<NoContent> result) mutable {
    promise.answer(result ? Result<void>() : Result<void>(result.error()));
  };
  const std::string business = business_of(to);
  const auto start = [&](auto op) {
    op.business_id = business;
    client_.start(std::move(op), std::move(options), std::move(unwanted), std::move(done));
  };
  if (!business.empty() || (business_typing_ && kind_ == AccountKind::mini_program))
    start(SetBusinessTyping(to.customer.id, on));
  else
    start(SetTyping(to.customer.id, on));
  return pending;
}

Result<void> AccountMessenger::check_address(const Address& to) const {
  if (!to.account.empty() && to.account != account_)
    return Error(ErrorKind::bad_argument,
                 fmt::format("to.account is {}, this messenger belongs to {}", to.account, account_));
  if (to.customer.id.empty()) return Error(ErrorKind::bad_argument, "to.customer.id is empty: it is the openid");
  return {};
}

/// A session of a sub-merchant is answered in place: only mini programs have such.
std::string AccountMessenger::business_of(const Address& to) const {
  return kind_ == AccountKind::mini_program ? to.thread : std::string();
}

/// Everything that can be refused without asking anybody.
Result<detail::OutgoingMessage> AccountMessenger::prepare(Message message) const {
  if (auto checked = check_address(message.to); !checked) return checked.error();
  if (message.idempotency_key.size() > 64)
    return Error(ErrorKind::bad_argument,
                 fmt::format("idempotency_key has {} bytes, the limit is 64", message.idempotency_key.size()));
  std::vector<Change> changes;
  if (kind_ == AccountKind::mini_program && !message.speaker.agent.empty()) {
    if (!message.allow.simplify)
      return Error(ErrorKind::unsupported,
                   "speaker.agent: mini programs cannot show an agent; leave it empty or allow simplifying");
    message.speaker.agent.clear();
    changes.emplace_back("sent without the agent's name: mini programs cannot show it");
  }
  auto adapted = adapt(*capabilities_, std::move(message.content), message.allow);
  if (!adapted) return adapted.error();
  for (Change& change : adapted->changes) changes.push_back(std::move(change));

  std::vector<CustomMessage> parts;
  for (Content& part : adapted->parts) {
    const std::string_view kind = to_string(part);
    if (auto* card = std::get_if<MiniProgramContent>(&part);
        card != nullptr && card->app_id.empty() && kind_ == AccountKind::mini_program)
      card->app_id = account_;
    auto custom = custom_message_of(std::move(part), kind_ == AccountKind::mini_program);
    if (!custom)
      return Error(ErrorKind::unsupported, fmt::format("the customer-message API has no type for content {}", kind));
    parts.push_back(*std::move(custom));
  }
  std::string& customer = message.to.customer.id;
  detail::OutgoingMessage outgoing(customer,
                                   std::make_unique<Parts>(client_, customer, business_of(message.to), business_send_,
                                                           std::move(message.speaker), std::move(parts)));
  outgoing.customer = std::move(customer);
  outgoing.changes = std::move(changes);
  return outgoing;
}

}  // namespace wechat
KEFU_END_NAMESPACE
