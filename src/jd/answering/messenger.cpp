#include "jd/answering/messenger.hpp"

#include "channel/send/planner.hpp"
#include "core/call/answers.hpp"
#include "jd/answering/access_id.hpp"
#include "jd/answering/capabilities.hpp"

#include <kefu/jd/after_sale.hpp>
#include <kefu/jd/buyer.hpp>

#include <fmt/format.h>

#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::size_t kMaxKeyBytes = 64;

/// The lane keeps the order of one customer's messages; who is not known is known by the thread.
std::string lane_of(const Address& to) { return to.customer.id.empty() ? to.thread : to.customer.id; }

Result<DongDongPart> as_push(Content content) {
  DongDongPart part;
  if (auto* text = std::get_if<TextContent>(&content)) {
    part.body = std::move(text->body);
    return part;
  }
  auto* image = std::get_if<ImageContent>(&content);
  if (image == nullptr) return Error(ErrorKind::unsupported, "DongDong takes texts and pictures only");
  if (image->url.empty())
    return Error(ErrorKind::bad_argument, "image.url is empty: JD knows no media ids, a picture is sent by its URL");
  part.kind = DongDongPart::Kind::picture;
  part.body = std::move(image->url);
  return part;
}

}  // namespace

/// A message as pushes into one session.
class ShopMessenger::SessionParts final : public detail::MessageParts {
 public:
  SessionParts(std::shared_ptr<DongDongPush> dongdong, std::vector<DongDongPart> parts)
      : dongdong_(std::move(dongdong)), parts_(std::move(parts)) {}

  std::size_t count() const override { return parts_.size(); }
  void send(std::size_t part, CallOptions options, CancelToken unwanted, Sent sent) override {
    dongdong_->push(parts_[part], std::move(options), std::move(unwanted), std::move(sent));
  }

 private:
  const std::shared_ptr<DongDongPush> dongdong_;
  const std::vector<DongDongPart> parts_;
};

/// A message as replies on one after-sale order.
class ShopMessenger::AfterSaleParts final : public detail::MessageParts {
 public:
  AfterSaleParts(ApiClient client, const AfterSaleDesk& desk, AfterSaleThread thread, std::vector<std::string> texts)
      : client_(std::move(client)),
        by_(desk.bu_id, desk.operate_pin, desk.operate_nick),
        thread_(thread),
        texts_(std::move(texts)) {}

  std::size_t count() const override { return texts_.size(); }
  void send(std::size_t part, CallOptions options, CancelToken unwanted, Sent sent) override {
    ReplyUnsolvedMessage op(thread_.service_id, thread_.order_id, texts_[part]);
    op.by = by_;
    client_.start(std::move(op), std::move(options), std::move(unwanted),
                  [sent = std::move(sent)](Result<AfterSaleDone> result) mutable {
                    sent(result ? Result<std::string>(std::string()) : Result<std::string>(result.error()));
                  });
  }

 private:
  const ApiClient client_;
  const Operator by_;
  const AfterSaleThread thread_;
  const std::vector<std::string> texts_;
};

ShopMessenger::ShopMessenger(const std::shared_ptr<detail::RuntimeCore>& runtime, ApiClient client,
                             std::shared_ptr<const ShopConfig> config, std::shared_ptr<CustomerBook> customers,
                             std::shared_ptr<detail::WindowGate> window)
    : runtime_(runtime),
      client_(std::move(client)),
      config_(std::move(config)),
      customers_(std::move(customers)),
      in_sessions_(shared_capabilities_of(*runtime_, *config_)),
      on_orders_(shared_after_sale_capabilities(*runtime_, *config_)),
      dongdong_(config_->dongdong
                    ? std::make_shared<DongDongPush>(runtime_, client_,
                                                     std::shared_ptr<const DongDongGrant>(config_, &*config_->dongdong))
                    : nullptr),
      lanes_(std::make_shared<detail::SendLanes>(runtime_, std::move(window))) {}

/// What `go_on` gives for the customer that is meant, in what is then left of the time.
template <class T>
Pending<T> ShopMessenger::for_customer(const CustomerId& named, CallOptions options,
                                       MoveFunction<Pending<T>(const CustomerId&, const CallOptions&)> go_on) const {
  Promise<T> promise(runtime_);
  auto pending = promise.pending();
  const CallOptions whole = options;
  auto unwanted = promise.cancelled();
  auto found = [clock = runtime_->clock, asked = runtime_->clock->mono(), promise = std::move(promise),
                options = std::move(options), go_on = std::move(go_on)](Result<CustomerId> meant) mutable {
    if (!meant) return promise.answer(meant.error());
    if (options.timeout) *options.timeout -= std::chrono::duration_cast<Millis>(clock->mono() - asked);
    promise.answer(go_on(*meant, options));
  };
  customers_->find(named, whole, std::move(unwanted), std::move(found));
  return pending;
}

Pending<Receipt> ShopMessenger::send(Message message, CallOptions options) {
  const CustomerId named = message.to.customer;
  auto outgoing = prepare(std::move(message));
  if (!outgoing || named.id.empty()) return lanes_->send(std::move(outgoing), options);
  return for_customer<Receipt>(named, options,
                               [self = shared_from_this(), outgoing = *std::move(outgoing)](
                                   const CustomerId& meant, const CallOptions& rest) mutable {
                                 outgoing.name(meant.id);
                                 return self->lanes_->send(std::move(outgoing), rest);
                               });
}

Pending<SendPlan> ShopMessenger::plan(Message message, CallOptions options) {
  if (auto removed = lanes_->refusal()) return detail::answered<SendPlan>(runtime_, *std::move(removed));
  const CustomerId named = message.to.customer;
  return for_customer<SendPlan>(
      named, std::move(options),
      [self = shared_from_this(), message = std::move(message)](const CustomerId& meant, const CallOptions& rest) {
        const auto prepare = [&](Message one) {
          auto outgoing = self->prepare(std::move(one));
          if (outgoing && !meant.id.empty()) outgoing->name(meant.id);
          return outgoing;
        };
        auto planned = detail::planned(message, self->in_sessions_, prepare);
        planned.window = self->lanes_->window();
        return detail::plan_send(self->runtime_, std::move(planned), rest);
      });
}

Pending<void> ShopMessenger::typing(Address, bool, CallOptions) {
  Promise<void> promise(runtime_);
  auto pending = promise.pending();
  promise.answer(Error(ErrorKind::unsupported, in_sessions_->cannot[static_cast<std::size_t>(Ability::typing)]));
  return pending;
}

void ShopMessenger::close() { lanes_->close(); }

const Capabilities& ShopMessenger::capabilities_at(const Address& to) const {
  const auto thread = read_thread(to.thread);
  return thread && std::holds_alternative<AfterSaleThread>(*thread) ? *on_orders_ : *in_sessions_;
}

/// Everything that can be refused without asking anybody.
Result<detail::OutgoingMessage> ShopMessenger::prepare(Message message) const {
  const Address& to = message.to;
  if (!to.account.empty() && to.account != config_->shop)
    return Error(ErrorKind::bad_argument,
                 fmt::format("to.account is {}, this messenger belongs to {}", to.account, config_->shop));
  if (message.idempotency_key.size() > kMaxKeyBytes)
    return Error(ErrorKind::bad_argument, fmt::format("idempotency_key has {} bytes, the limit is {}",
                                                      message.idempotency_key.size(), kMaxKeyBytes));
  if (to.thread.empty())
    return Error(ErrorKind::bad_argument,
                 "to.thread is empty, so there is no open session: a customer can be answered only in a session the "
                 "customer opened (\"sid:<sid>\") or on an after-sale order (\"asc:<serviceId>:<orderId>\"); take "
                 "InboundEvent::sender()");
  const auto thread = read_thread(to.thread);
  if (!thread) return thread.error();
  if (const auto* session = std::get_if<SessionThread>(&*thread)) return to_session(*session, std::move(message));
  return to_service_order(std::get<AfterSaleThread>(*thread), std::move(message));
}

Result<detail::OutgoingMessage> ShopMessenger::to_session(const SessionThread& thread, Message message) const {
  if (!config_->dongdong)
    return Error(ErrorKind::unsupported,
                 "to.thread is a DongDong session, and answers there need ShopConfig::dongdong: a grant that JD's "
                 "DongDong team gives on application");
  auto buyer = buyer_of(message.to.customer);
  if (!buyer) return buyer.error();
  if (buyer->empty())
    return Error(ErrorKind::bad_argument, "to.customer.id is empty: DongDong needs the buyer's xid, open_id or pin");
  auto adapted = adapt(*in_sessions_, std::move(message.content), message.allow);
  if (!adapted) return adapted.error();

  const std::string& speaker = message.speaker.agent.empty() ? config_->dongdong->from_pin : message.speaker.agent;
  std::vector<DongDongPart> parts;
  for (Content& content : adapted->parts) {
    auto part = as_push(std::move(content));
    if (!part) return part.error();
    part->from_pin = speaker;
    part->to = *buyer;
    part->sid = thread.sid;
    if (message.idempotency_key.empty()) {
      auto random = random_access_id();
      if (!random) return random.error();
      part->access_id = *std::move(random);
    } else {
      AccessIdSource source;
      source.key = message.idempotency_key;
      source.aspid = config_->dongdong->aspid;
      source.thread = message.to.thread;
      source.customer = message.to.customer.id;
      source.speaker = speaker;
      source.part = parts.size();
      source.content = part->body;
      part->access_id = access_id_of(source);
    }
    parts.push_back(*std::move(part));
  }
  detail::OutgoingMessage outgoing(lane_of(message.to), std::make_unique<SessionParts>(dongdong_, std::move(parts)));
  outgoing.customer = std::move(message.to.customer.id);
  outgoing.changes = std::move(adapted->changes);
  return outgoing;
}

/// The order says who is meant: a customer known by a masked pin alone can be answered here.
Result<detail::OutgoingMessage> ShopMessenger::to_service_order(const AfterSaleThread& thread, Message message) const {
  if (!config_->after_sale)
    return Error(ErrorKind::unsupported,
                 "to.thread is an after-sale order, and answers there need ShopConfig::after_sale: the merchant "
                 "number and who acts");
  std::vector<Change> changes;
  if (!message.speaker.agent.empty() && message.speaker.agent != config_->after_sale->operate_pin) {
    if (!message.allow.simplify)
      return Error(ErrorKind::unsupported,
                   "speaker.agent: after-sale replies are signed by ShopConfig::after_sale; leave it empty or allow "
                   "simplifying");
    changes.emplace_back("sent without the agent's name: after-sale replies are signed by ShopConfig::after_sale");
  }
  auto adapted = adapt(*on_orders_, std::move(message.content), message.allow);
  if (!adapted) return adapted.error();
  for (Change& change : adapted->changes) changes.push_back(std::move(change));

  std::vector<std::string> texts;
  for (Content& part : adapted->parts) {
    auto* text = std::get_if<TextContent>(&part);
    if (text == nullptr) return Error(ErrorKind::unsupported, "after-sale replies are text");
    texts.push_back(std::move(text->body));
  }
  detail::OutgoingMessage outgoing(
      lane_of(message.to), std::make_unique<AfterSaleParts>(client_, *config_->after_sale, thread, std::move(texts)));
  outgoing.changes = std::move(changes);
  return outgoing;
}

}  // namespace jd
KEFU_END_NAMESPACE
