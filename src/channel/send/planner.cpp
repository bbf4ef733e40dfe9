#include "channel/send/planner.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/enum_name.hpp"
#include "core/async/wait.hpp"
#include "core/call/answers.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr Millis kPlanTimeout{5'000};
using Way = SendAlternative::Way;

/// Past the window: what the account could do about it.
std::vector<SendAlternative> ways_past_window(const Capabilities& account, int left) {
  std::vector<SendAlternative> ways;
  if (left > 0) ways.emplace_back(Way::fewer_messages, fmt::format("send at most {} messages: shorten the text", left));
  if (account.has(Facet::outreach) && account.can(Ability::subscription_message))
    ways.emplace_back(Way::subscription_message,
                      "a subscription message (Outreach), if the customer consented to one and has not used it up");
  if (account.has(Facet::outreach) && account.can(Ability::template_message))
    ways.emplace_back(Way::template_message,
                      "a template message (Outreach) about a matter of the customer's own; no marketing");
  ways.emplace_back(Way::wait_for_contact, "wait until the customer writes: that opens the window again");
  return ways;
}

void refuse(SendPlan& plan, Error error) {
  plan.allowed = false;
  plan.refusal = std::move(error);
}

/// The plan before the window is looked at.
SendPlan plan_of(const PlannedMessage& planned) {
  SendPlan plan;
  if (!planned.message) {
    refuse(plan, planned.message.error());
    if (planned.with_changes && *planned.with_changes) {
      SendAlternative way(Way::allow_changes, "allow the changes below (Message::allow)");
      way.changes = (*planned.with_changes)->changes;
      plan.alternatives.push_back(std::move(way));
    }
    return plan;
  }
  plan.messages = planned.message->parts->count();
  plan.changes = planned.message->changes;
  plan.allowed = true;
  for (std::size_t part = 0; part < plan.messages && plan.allowed; ++part)
    if (auto checked = planned.message->parts->check(part); !checked) refuse(plan, checked.error());
  return plan;
}

void apply(SendPlan& plan, const ReplyWindow& window, const Capabilities& account) {
  if (!window.known) {
    plan.certain = false;
    return;
  }
  const bool open = window.closed_because.empty();
  plan.budget = window.messages_left;
  plan.until = window.closes;
  if (open && window.messages_left >= static_cast<int>(plan.messages)) return;
  const std::string why = open ? fmt::format("the message needs {} messages, and the reply window holds {}",
                                             plan.messages, window.messages_left)
                               : fmt::format("the reply window is closed: {}", window.closed_because);
  refuse(plan, Error(ErrorKind::window_closed, why));
  plan.alternatives = ways_past_window(account, *plan.budget);
}

/// One look at the ledger under way. Loop only. Dropped, its promise answers.
class Planning final : public std::enable_shared_from_this<Planning> {
 public:
  Planning(std::shared_ptr<RuntimeCore> runtime, SendPlan plan, std::shared_ptr<const Capabilities> account,
           Promise<SendPlan> promise, CancelToken caller, MonoTime deadline)
      : runtime_(std::move(runtime)),
        plan_(std::move(plan)),
        account_(std::move(account)),
        wait_(runtime_->scheduler, deadline, std::move(caller), promise.cancelled()),
        promise_(std::move(promise)) {}

  void look(WindowGate& gate, std::string customer) {
    if (const auto end = wait_.over(runtime_->clock->mono())) return ended(*end);
    wait_.hear(weak_from_this());
    gate.look(std::move(customer),
              [self = shared_from_this()](const Result<ReplyWindow>& window) { self->looked(window); });
  }

  void ended(Wait::End end) {
    if (end == Wait::End::cancelled) return finish(Error(ErrorKind::cancelled, "cancelled: nothing was sent"));
    finish(Error(ErrorKind::timeout, "the store did not tell in time how the reply window stands"));
  }

 private:
  void looked(const Result<ReplyWindow>& window) {
    if (!window) return finish(window.error());
    apply(plan_, *window, *account_);
    finish(std::move(plan_));
  }
  void finish(Result<SendPlan> result) {
    if (wait_.close()) promise_.answer(std::move(result));
  }

  const std::shared_ptr<RuntimeCore> runtime_;
  SendPlan plan_;
  const std::shared_ptr<const Capabilities> account_;
  Wait wait_;
  Promise<SendPlan> promise_;
};

}  // namespace

Pending<SendPlan> plan_send(const std::shared_ptr<RuntimeCore>& runtime, PlannedMessage planned, CallOptions options) {
  if (auto refusal = runtime->refusal()) return answered<SendPlan>(runtime, *std::move(refusal));
  SendPlan plan = plan_of(planned);
  if (!plan.allowed || !planned.window || planned.message->customer.empty())
    return answered<SendPlan>(runtime, std::move(plan));
  const auto deadline = deadline_of(*runtime, options, kPlanTimeout);
  if (!deadline) return answered<SendPlan>(runtime, deadline.error());
  Promise<SendPlan> promise(runtime);
  auto pending = promise.pending();
  auto planning = std::make_shared<Planning>(runtime, std::move(plan), std::move(planned.account), std::move(promise),
                                             std::move(options.cancel), *deadline);
  runtime->scheduler->post(
      [planning, window = planned.window, customer = planned.message->customer] { planning->look(*window, customer); });
  return pending;
}

}  // namespace detail

std::string_view to_string(SendAlternative::Way way) noexcept {
  constexpr std::array<std::string_view, 5> names{"allow_changes", "fewer_messages", "subscription_message",
                                                  "template_message", "wait_for_contact"};
  return detail::name_in(names, way);
}

KEFU_END_NAMESPACE
