// The input is the clear text of a push, XML or JSON.
#include "fuzz/expect.hpp"

#include <kefu/wechat/events.hpp>
#include <kefu/wechat/push.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

using kefu::OpenedPush;
using kefu::Secret;
using namespace kefu::wechat;

namespace {

constexpr char kToken[] = "kefuTestTok3n";
constexpr char kTime[] = "1735689600";
constexpr char kNonce[] = "987654321";

/// Plain mode: what is fuzzed here lies behind the cipher.
std::shared_ptr<kefu::PushReceiver> make_plain_receiver() {
  PushConfig config("wx1234567890abcdef", PushKeys(Secret(kToken)));
  config.mode = PushMode::plain;
  return kefu::wechat::make_push_receiver(std::move(config)).value();
}

std::string signed_query() {
  const auto crypto = PushCrypto::create(PushKeys(Secret(kToken)), {}, "").value();
  return std::string("timestamp=") + kTime + "&nonce=" + kNonce +
         "&signature=" + crypto.sign(kTime, kNonce, {}).value();
}

bool is_known_trigger(const std::string& trigger) {
  const std::string_view known[] = {"", "message", "menu", "follow", "scan", "enter", "unclear"};
  return std::find(std::begin(known), std::end(known), trigger) != std::end(known);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto receiver = make_plain_receiver();
  static const std::string query = signed_query();
  const auto now = kefu::from_unix_seconds(1735689600);
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const OpenedPush opened = receiver->open(kefu::WebhookRequest("POST", "/", query, message), now);
  if (opened.outcome != OpenedPush::Outcome::event) {
    expect(opened.outcome == OpenedPush::Outcome::refused &&
               (opened.fault == kefu::PushFault::bad_message || opened.fault == kefu::PushFault::too_large),
           "an authentic message is read or called unreadable");
    return 0;
  }
  const kefu::InboundEvent& event = opened.event;
  expect(event.raw == message, "raw is the message");
  expect(is_known_trigger(event.trigger), "a trigger of the rules");
  expect(!event.event_id.empty() && event.event_id.size() <= 128, "an event id has 1 to 128 bytes");
  expect(std::all_of(event.event_id.begin(), event.event_id.end(), [](char c) { return c > ' ' && c < '\x7f'; }),
         "an event id is printable");
  const auto again = receiver->reopen(event.raw, now);
  expect(again && again->event_id == event.event_id && again->payload.index() == event.payload.index(),
         "an event that was stored is the same event");
  const auto push = read_push(event);
  expect(push.has_value(), "what was opened has a typed form");
  expect(push->head.event.empty() || event.message_id.empty() || push->head.message_id == event.message_id,
         "ids agree");
  // Whatever was said can be answered, and the answer is read again.
  const auto reply = receiver->reply(*opened.context, kefu::Content(kefu::TextContent(event.event_id + "]]>")), now);
  expect(reply.has_value() == !push->head.from.empty(), "who spoke can be answered");
  if (reply) {
    const auto document = kefu::detail::Document::xml(reply->body);
    const auto json = kefu::detail::Document::json(reply->body);
    expect(document || json, "an answer can be read");
  }
  return 0;
}
