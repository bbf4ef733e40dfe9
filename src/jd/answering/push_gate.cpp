#include "jd/answering/push_gate.hpp"

#include "channel/window/call_gate.hpp"
#include "core/text/document.hpp"
#include "jd/answering/session_push.hpp"

#include <kefu/jd/buyer.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

bool is_of_messenger(const OperationInfo& info) {
  return &info == &SessionPush<PushChatText>::operation().info ||
         &info == &SessionPush<PushChatImage>::operation().info;
}

/// Empty for whoever has no window: a masked pin names nobody.
std::string customer_in(detail::Value receiver) {
  const BuyerIds ids(std::string(receiver["toPin"].text()), std::string(receiver["open_id_buyer"].text()),
                     std::string(receiver["xid_buyer"].text()));
  CustomerId customer = customer_of(ids, {});
  return buyer_of(customer) ? std::move(customer.id) : std::string();
}

/// The rows that push a chat message to a customer, and the member of their business JSON that names the customer;
/// empty: it is the JSON itself.
struct ChatPushRow {
  const Operation* row;
  const char* receiver;
};
const ChatPushRow* chat_push(std::string_view path) {
  static const ChatPushRow rows[] = {
      {&PushChatText::operation(), ""}, {&PushChatImage::operation(), ""}, {&PushChatMessage::operation(), "param2"}};
  const auto found = std::find_if(std::begin(rows), std::end(rows),
                                  [path](const ChatPushRow& each) { return each.row->info.path == path; });
  return found == std::end(rows) ? nullptr : found;
}

}  // namespace

ShopPlatform::Gate push_gate(std::shared_ptr<detail::WindowGate> window) {
  return [window = std::move(window)](const OperationInfo& info, const HttpRequest& request,
                                      detail::Platform::Gated done) {
    const ChatPushRow* const push = chat_push(info.path);
    if (push == nullptr || is_of_messenger(info)) return done(std::unique_ptr<detail::Platform::Permit>());
    const auto body = detail::Document::json(request.body);
    std::string customer = customer_in(*push->receiver == 0 ? body.root() : body.root()[push->receiver]);
    if (customer.empty()) return done(std::unique_ptr<detail::Platform::Permit>());
    detail::take_message(*window, std::move(customer), std::move(done));
  };
}

}  // namespace jd
KEFU_END_NAMESPACE
