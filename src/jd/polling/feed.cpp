#include "jd/polling/feed.hpp"

#include "core/text/document.hpp"
#include "jd/polling/events.hpp"

#include <kefu/jd/thread.hpp>
#include <kefu/jd/time.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::size_t kMaxFeedBody = 1024 * 1024;
constexpr std::string_view kWaiterApp = "im.waiter";
constexpr std::string_view kCustomerApp = "im.customer";

OpenedPush refused_feed(PushFault fault, std::string why) {
  return OpenedPush(fault, std::move(why), WebhookResponse(400, "refused"));
}

BuyerIds feed_ids(detail::Value who) {
  const auto first = [who](std::string_view name, std::string_view other) {
    return std::string(who[name] ? who[name].text() : who[other].text());
  };
  return BuyerIds(first("pin", "userPin"), first("open_id_buyer", "open_id"), first("xid_buyer", "xid"));
}

std::optional<WallTime> feed_time(detail::Value root) {
  for (const std::string_view name : {"timestamp", "clientTime"})
    if (auto time = read_gateway_time(root[name].text())) return time;
  return std::nullopt;
}

}  // namespace

OpenedPush FeedReceiver::open(const WebhookRequest& request, WallTime now) const {
  if (request.method != "POST") return refused_feed(PushFault::bad_method, "the feed takes POST");
  if (request.body.size() > kMaxFeedBody) return refused_feed(PushFault::too_large, "the message is over 1 MiB");
  const detail::Document document = detail::Document::json(request.body);
  if (!document)
    return refused_feed(PushFault::bad_envelope, "the message " + std::string(to_string(document.fault())));
  const detail::Value root = document.root();
  const detail::Value body = root["body"];
  const bool from_waiter =
      root["from"]["app"].text() == kWaiterApp || (!root["from"]["app"] && root["to"]["app"].text() == kCustomerApp);

  PolledItem item;
  item.customer = feed_ids(from_waiter ? root["to"] : root["from"]);
  if (item.customer.empty())
    return refused_feed(PushFault::bad_message, "the customer's pin is missing: from.pin, or to.pin of an agent's");
  if (from_waiter) item.agent = root["from"]["pin"].text();
  item.message_id = root["id"].text();
  item.scope = body["chatinfo"]["sid"].text();
  if (!item.scope.empty()) item.thread = thread_of(SessionThread(item.scope));
  item.time = feed_time(root);
  item.text = body["content"].text();
  const std::string_view type = body["type"].text();
  const bool is_text = type == "text" && root["type"].text() == "chat_message";
  if (is_text) {
    item.kind = from_waiter ? PolledItem::Kind::agent_text : PolledItem::Kind::customer_text;
  } else {
    item.name = std::string(root["type"].text()).append(".").append(type);
  }
  if (polls_chats_ && is_text && item.time && !item.scope.empty()) {
    item.stream = poll_stream::kChat;
    item.identity = chat_identity(item.scope, item.time, from_waiter, item.text);
  } else {
    item.stream = poll_stream::kFeed;
    item.identity = item.message_id.empty() ? identity_of({"", request.body}) : identity_of({item.message_id});
  }
  item.raw = request.body;
  OpenedPush push(make_event(shop_, item, 0, now), nullptr);
  push.answer = acknowledge();
  return push;
}

Result<WebhookResponse> FeedReceiver::reply(const ReplyContext&, const PassiveReply& reply, WallTime) const {
  if (std::holds_alternative<NoReply>(reply)) return acknowledge();
  return Error(ErrorKind::unsupported,
               "a fed message cannot be answered in the request: send the answer through the Messenger");
}

void FeedReceiver::recognize(InboundEvent event, MoveFunction<void(Result<InboundEvent>)> done) const {
  std::vector<CustomerId> seen{event.customer};
  customers_->settle(std::move(seen), [event = std::move(event),
                                       done = std::move(done)](Result<std::vector<CustomerId>> customers) mutable {
    if (!customers) return done(customers.error());
    name_customer(event, std::move(customers->front()));
    done(std::move(event));
  });
}

Result<InboundEvent> FeedReceiver::reopen(std::string_view raw, WallTime received) const {
  return reopen_event(shop_, raw, received);
}

}  // namespace jd
KEFU_END_NAMESPACE
