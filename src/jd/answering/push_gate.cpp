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
CustomerId customer_in(detail::Value receiver) {
  const BuyerIds ids(std::string(receiver["toPin"].text()), std::string(receiver["open_id_buyer"].text()),
                     std::string(receiver["xid_buyer"].text()));
  CustomerId customer = customer_of(ids, {});
  return buyer_of(customer) ? std::move(customer) : CustomerId();
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

ShopPlatform::Gate push_gate(std::shared_ptr<detail::WindowGate> window, std::shared_ptr<CustomerBook> customers) {
  return [window = std::move(window), customers = std::move(customers)](
             const OperationInfo& info, const HttpRequest& request, detail::Platform::Gated done) {
    const ChatPushRow* const push = chat_push(info.path);
    if (push == nullptr || is_of_messenger(info)) return done(std::unique_ptr<detail::Platform::Permit>());
    const auto body = detail::Document::json(request.body);
    CustomerId customer = customer_in(*push->receiver == 0 ? body.root() : body.root()[push->receiver]);
    if (customer.id.empty()) return done(std::unique_ptr<detail::Platform::Permit>());
    customers->find(std::move(customer), CallOptions(), CancelToken(),
                    [window, done = std::move(done)](Result<CustomerId> meant) mutable {
                      if (!meant) return done(meant.error());
                      detail::take_message(*window, std::move(meant->id), std::move(done));
                    });
  };
}

}  // namespace jd
KEFU_END_NAMESPACE
