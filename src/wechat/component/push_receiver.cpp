#include "core/async/enum_name.hpp"
#include "core/text/wipe.hpp"

#include <kefu/wechat/component_push.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

PushConfig config_of(const ComponentPushConfig& config, PushFreshness freshness) {
  PushConfig push(config.component_app_id, config.keys);
  push.previous = config.previous;
  push.format = PushFormat::xml;
  push.freshness = freshness;
  return push;
}

/// The same 403 for every fault: the sender learns nothing (CBK-5).
void refuse(OpenedComponentPush& opened, PushFault fault, std::string detail) {
  opened.outcome = OpenedComponentPush::Outcome::refused;
  opened.push = ComponentPush();
  opened.answer = WebhookResponse(403, {});
  opened.fault = fault;
  opened.detail = std::move(detail);
}

/// What the envelope's receiver said, with the message read as one of the component's.
OpenedComponentPush opened_as(OpenedPush envelope) {
  OpenedComponentPush opened;
  opened.answer = std::move(envelope.answer);
  opened.detail = std::move(envelope.detail);
  switch (envelope.outcome) {
    case OpenedPush::Outcome::url_check:
      opened.outcome = OpenedComponentPush::Outcome::url_check;
      return opened;
    case OpenedPush::Outcome::event:
      break;
    default:
      refuse(opened, envelope.fault.value_or(PushFault::bad_message), std::move(opened.detail));
      return opened;
  }
  auto push = read_component_push(envelope.event.raw);
  detail::wipe(envelope.event.raw);
  if (!push) {
    refuse(opened, PushFault::bad_message, push.error().message());
    return opened;
  }
  opened.outcome = OpenedComponentPush::Outcome::event;
  opened.push = *std::move(push);
  return opened;
}

}  // namespace

std::string_view to_string(OpenedComponentPush::Outcome outcome) noexcept {
  return detail::name_in<3>({"event", "url_check", "refused"}, outcome);
}

Result<ComponentPushReceiver> ComponentPushReceiver::create(ComponentPushConfig config) {
  auto strict = make_push_receiver(config_of(config, config.freshness));
  if (!strict) return strict.error();
  PushFreshness of_any_age = config.freshness;
  if (of_any_age.mode == PushFreshness::Mode::enforce) of_any_age.mode = PushFreshness::Mode::log_only;
  auto lenient = make_push_receiver(config_of(config, of_any_age));
  if (!lenient) return lenient.error();
  return ComponentPushReceiver(*std::move(strict), *std::move(lenient));
}

OpenedComponentPush ComponentPushReceiver::open(const WebhookRequest& request, WallTime now) const {
  OpenedComponentPush opened = opened_as(strict_->open(request, now));
  if (opened.fault != PushFault::stale) return opened;
  OpenedComponentPush late = opened_as(of_any_age_->open(request, now));
  return std::holds_alternative<ComponentTicket>(late.push.body) ? late : opened;
}

}  // namespace wechat
KEFU_END_NAMESPACE
