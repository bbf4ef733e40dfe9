#include "jd/polling/events.hpp"

#include "core/crypto/crypto.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <kefu/jd/thread.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

using ItemKind = PolledItem::Kind;

constexpr int kEventVersion = 1;
/// An event is part of one value of the store, where each of its quotes may take two bytes; its text stands in `item`
/// once more.
constexpr std::size_t kLargestEvent = 440 * 1024;
constexpr std::size_t kLargestItem = 128 * 1024;
constexpr std::size_t kLargestText = 256 * 1024;
constexpr std::array<std::string_view, 5> kKindNames{"other", "customer", "agent", "rating", "ticket"};

std::optional<ItemKind> read_kind(std::string_view name) {
  for (std::size_t i = 0; i < kKindNames.size(); ++i)
    if (kKindNames[i] == name) return static_cast<ItemKind>(i);
  return std::nullopt;
}

bool is_after_sale(std::string_view thread) {
  const auto read = read_thread(thread);
  return read && std::holds_alternative<AfterSaleThread>(*read);
}

/// At most `size` bytes, without half a code point at the end.
std::string_view cut(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

void put(detail::JsonWriter& json, std::string_view name, std::string_view text) {
  if (!text.empty()) json.key(name).string(text);
}

std::string event_text(const PolledItem& item, std::string_view event_id, std::size_t most_text = kLargestText) {
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object().key("kefu").integer(kEventVersion).key("id").string(event_id);
  put(json, "stream", item.stream);
  put(json, "name", item.name);
  put(json, "kind", kKindNames[static_cast<std::size_t>(item.kind)]);
  if (item.time) json.key("at").integer(unix_millis(*item.time));
  put(json, "pin", item.customer.pin);
  put(json, "open_id", item.customer.open_id);
  put(json, "xid", item.customer.xid);
  put(json, "scope", item.scope);
  put(json, "thread", item.thread);
  put(json, "message_id", item.message_id);
  put(json, "agent", item.agent);
  put(json, "text", cut(item.text, most_text));
  if (item.kind == ItemKind::rating) json.key("score").integer(item.score);
  put(json, "ticket", item.ticket);
  put(json, "status", item.status);
  put(json, "status_text", item.status_text);
  put(json, "order", item.order);
  if (item.due) json.key("due").integer(unix_millis(*item.due));
  if (!item.raw.empty() && item.raw.size() <= kLargestItem) json.key("item").raw(item.raw);
  json.end_object();
  return out;
}

InboundPayload read_payload(detail::Value root, ItemKind kind) {
  const auto text = [&](std::string_view name) { return std::string(root[name].text()); };
  switch (kind) {
    case ItemKind::customer_text:
      return ReceivedText(text("text"));
    case ItemKind::agent_text:
      return AgentSpoke(text("agent"), text("text"));
    case ItemKind::rating: {
      CustomerRated rated(text("agent"), root["score"].small_integer());
      rated.comment = text("text");
      return rated;
    }
    case ItemKind::ticket: {
      TicketChanged changed(text("ticket"), text("status"));
      changed.status_text = text("status_text");
      changed.order_id = text("order");
      if (const auto due = root["due"].integer(); due && *due > 0 && *due <= kLatestTime)
        changed.due = from_unix_millis(*due);
      return changed;
    }
    case ItemKind::other:
      break;
  }
  return PlatformEvent(root["name"] ? text("name") : text("stream"));
}

bool is_event_id(std::string_view id) {
  if (id.size() < 3 || id.size() > 128 || id.substr(0, 3) != "jd:") return false;
  for (const char c : id)
    if (c <= ' ' || c > '~') return false;
  return true;
}

/// The customer of the names, under the id by which the shop knows the buyer.
CustomerId named_in(detail::Value root, CustomerId named) {
  const std::string_view id = root["who"].text();
  if (id.empty() || id == named.id) return named;
  CustomerId customer(std::string(id), named.union_id);
  named.aliases.insert(named.aliases.begin(), named.id);
  for (std::string& name : named.aliases)
    if (name != id) customer.aliases.push_back(std::move(name));
  return customer;
}

Error not_ours(std::string_view what) {
  return Error(ErrorKind::bad_argument, fmt::format("raw is no event that a JD shop stored: {}", what));
}

}  // namespace

std::string identity_of(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text.append(std::to_string(part.size())).append(":").append(part);
  return text;
}

std::string chat_identity(std::string_view sid, std::optional<WallTime> time, bool from_waiter,
                          std::string_view content) {
  const std::string second = time ? std::to_string(unix_seconds(*time)) : std::string();
  return identity_of({sid, second, from_waiter ? "w" : "c", content});
}

std::string polled_event_id(const PolledItem& item, int ordinal) {
  const std::string text = identity_of({item.stream, item.identity, std::to_string(ordinal)});
  const std::string hex = detail::digest(detail::DigestKind::sha256, text).hex();
  return fmt::format("jd:{}:{}", item.stream, std::string_view(hex).substr(0, 40));
}

std::uint64_t seen_mark(std::string_view event_id) {
  const detail::Digest hash = detail::digest(detail::DigestKind::sha256, event_id);
  std::uint64_t mark = 0;
  for (std::size_t i = 0; i < 8; ++i) mark = mark << 8 | hash.bytes[i];
  return mark;
}

InboundEvent make_event(std::string_view shop, const PolledItem& item, int ordinal, WallTime received) {
  const std::string id = polled_event_id(item, ordinal);
  const auto made = [&](const PolledItem& from, std::size_t most_text) -> std::optional<InboundEvent> {
    std::string text = event_text(from, id, most_text);
    if (text.size() > kLargestEvent) return std::nullopt;
    auto event = reopen_event(shop, text, received);
    return event ? std::optional<InboundEvent>(*std::move(event)) : std::nullopt;
  };
  if (auto event = made(item, kLargestText)) return *std::move(event);
  // What the platform sent as the item is unreadable here, or it is too large.
  PolledItem plain = item;
  plain.raw.clear();
  for (std::size_t most = kLargestText; most >= 1024; most /= 4)
    if (auto event = made(plain, most)) return *std::move(event);
  // Names of this size are nobody's: it is told that there was something.
  PolledItem bare;
  bare.stream = item.stream;
  bare.time = item.time;
  return made(bare, 0).value_or(InboundEvent());
}

void name_customer(InboundEvent& event, CustomerId customer) {
  const std::size_t end = event.raw.rfind('}');
  if (customer.id != event.customer.id && end != std::string::npos) {
    std::string member;
    detail::JsonWriter(member).string(customer.id);
    event.raw.insert(end, ",\"who\":" + member);
  }
  event.customer = std::move(customer);
}

Result<InboundEvent> reopen_event(std::string_view shop, std::string_view raw, WallTime received) {
  const detail::Document document = detail::Document::json(raw);
  if (!document) return not_ours(to_string(document.fault()));
  const detail::Value root = document.root();
  if (root["kefu"].integer() != kEventVersion) return not_ours("its version is unknown");
  const auto kind = read_kind(root["kind"].text());
  if (!kind) return not_ours("its kind is unknown");
  if (!is_event_id(root["id"].text())) return not_ours("its event id is none of JD's");
  InboundEvent event;
  event.platform = "jd";
  event.account = shop;
  const BuyerIds ids(std::string(root["pin"].text()), std::string(root["open_id"].text()),
                     std::string(root["xid"].text()));
  event.customer = named_in(root, customer_of(ids, root["scope"].text()));
  event.thread = root["thread"].text();
  event.message_id = root["message_id"].text();
  event.event_id = root["id"].text();
  event.received_time = received;
  const auto at = root["at"].integer();
  event.platform_time = at && *at >= 0 && *at <= kLatestTime ? from_unix_millis(*at) : received;
  event.payload = read_payload(root, *kind);
  // Windows are about sessions: what was asked on an after-sale order opens none.
  if (*kind == ItemKind::customer_text) event.trigger = is_after_sale(event.thread) ? "after_sale" : "message";
  event.raw = raw;
  return event;
}

}  // namespace jd
KEFU_END_NAMESPACE
