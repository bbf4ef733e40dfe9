#include "wechat/facets/outreach.hpp"

#include "core/call/answers.hpp"

#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/templates.hpp>

#include <fmt/format.h>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kLongestKey = 64;

Error unfit(std::string why) { return Error(ErrorKind::bad_argument, std::move(why)); }

TemplateValues values_of(std::vector<OutreachMessage::Field> fields) {
  TemplateValues values;
  values.reserve(fields.size());
  for (OutreachMessage::Field& field : fields) values.emplace_back(std::move(field.name), std::move(field.value));
  return values;
}

Receipt receipt_of(NotificationSent sent) {
  Receipt receipt;
  receipt.parts.push_back(std::move(sent.message_id));
  return receipt;
}

}  // namespace

std::optional<Error> AccountOutreach::refusal(const OutreachMessage& message) const {
  const bool notice = message.by == OutreachBy::template_notice;
  const Ability ability = notice ? Ability::template_message : Ability::subscription_message;
  if (!capabilities_->can(ability)) return Error(ErrorKind::unsupported, capabilities_->why_not(ability));
  if (message.customer.id.empty()) return unfit("customer.id is empty: it is the openid");
  if (message.template_id.empty()) return unfit("template_id is empty");
  if (message.fields.empty()) return unfit("fields is empty: a template wants its values");
  if (message.idempotency_key.size() > kLongestKey)
    return unfit(
        fmt::format("idempotency_key has {} bytes, the limit is {}", message.idempotency_key.size(), kLongestKey));
  const bool mini = kind_ == AccountKind::mini_program;
  if (mini && !(message.mini_program.empty() && message.mini_program_page.empty()))
    return unfit("mini_program is for official accounts: a mini program names a page of its own in page");
  if (message.mini_program.empty() && !message.mini_program_page.empty())
    return unfit("mini_program_page is set, but mini_program is not: name the app id");
  if (notice && !(message.language.empty() && message.mini_program_state.empty()))
    return unfit("template messages have neither language nor mini_program_state: leave them empty");
  return std::nullopt;
}

Pending<Receipt> AccountOutreach::send(OutreachMessage message, CallOptions options) {
  if (auto refused = refusal(message)) return detail::answered<Receipt>(runtime_, *std::move(refused));
  std::string& customer = message.customer.id;
  TemplateValues values = values_of(std::move(message.fields));
  MiniProgramTarget target(std::move(message.mini_program), std::move(message.mini_program_page));
  if (message.by == OutreachBy::template_notice) {
    SendTemplateMessage op(std::move(customer), std::move(message.template_id), std::move(values));
    op.url = std::move(message.page);
    op.mini_program = std::move(target);
    op.client_message_id = std::move(message.idempotency_key);
    return detail::mapped<Receipt>(runtime_, client_, std::move(op), std::move(options), receipt_of);
  }
  const auto finish = [&](auto op) {
    op.page = std::move(message.page);
    op.mini_program_state = std::move(message.mini_program_state);
    op.language = std::move(message.language);
    return detail::mapped<Receipt>(runtime_, client_, std::move(op), std::move(options), receipt_of);
  };
  if (kind_ == AccountKind::mini_program)
    return finish(SendSubscribeMessage(std::move(customer), std::move(message.template_id), std::move(values)));
  SendServiceSubscribeMessage op(std::move(customer), std::move(message.template_id), std::move(values));
  op.mini_program = std::move(target);
  return finish(std::move(op));
}

}  // namespace wechat
KEFU_END_NAMESPACE
