#include "core/crypto/crypto.hpp"
#include "wechat/push/reading.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kMaxEventId = 128;

/// Feeds names and texts of a document to a digest, each with its length, so that no two documents feed the same.
class EventDigest {
 public:
  void add(std::string_view text) { text_.append(std::to_string(text.size())).append(1, ':').append(text); }
  void add(detail::Value value) {
    add(std::to_string(static_cast<int>(value.kind() == detail::Value::Kind::object)));
    if (value.size() == 0) return add(value.text());
    for (const auto& member : value) {
      add(member.name);
      add(member.value);
    }
  }
  /// 32 hex digits.
  std::string short_hex() const { return detail::digest(detail::DigestKind::sha256, text_).hex().substr(0, 32); }

 private:
  std::string text_;
};

constexpr std::array<bool, 256> make_id_characters() {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    table[c] = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-' ||
               c == '@' || c == '.';
  }
  return table;
}
constexpr std::array<bool, 256> kIdCharacters = make_id_characters();

bool plain_id(std::string_view text) noexcept {
  bool plain = true;
  for (const char c : text) plain &= kIdCharacters[static_cast<unsigned char>(c)];
  return plain;
}

/// DED-2: account, sender and message id; of events account, sender, time and a digest of everything else. The platform
/// repeats a push with the same message text, while query, prefix and ciphertext may be new.
std::string event_identity(const PushHead& head, detail::Value root, std::string_view account) {
  std::string id;
  if (!head.message_id.empty()) {
    id.reserve(account.size() + head.from.size() + head.message_id.size() + 4);
    id.append(account).append("/").append(head.from).append("/m").append(head.message_id);
    if (id.size() <= kMaxEventId && plain_id(account) && plain_id(head.from) && plain_id(head.message_id)) return id;
    EventDigest digest;
    for (const std::string_view part : {account, std::string_view(head.from), std::string_view(head.message_id)}) {
      digest.add(part);
    }
    return "m/" + digest.short_hex();
  }
  EventDigest digest;
  digest.add(account);
  digest.add(root);
  id.append(account).append("/").append(head.from).append("/e").append(std::to_string(head.create_time)).append("/");
  if (id.size() + 32 > kMaxEventId || !plain_id(account) || !plain_id(head.from)) id = "e/";
  return id.append(digest.short_hex());
}

/// What a push is to the channel. Moves out of the push what it can.
class ChannelMapping {
 public:
  ChannelMapping(const PushHead& head, InboundEvent& event) : head_(head), event_(event) {}

  void operator()(TextPush& p) {
    // A tap on a menu message opens the small window only (2.5); the rules know better of mini programs.
    event_.trigger = p.menu_id.empty() ? "message" : "menu";
    event_.payload = ReceivedText(std::move(p.content), std::move(p.menu_id));
  }
  void operator()(ImagePush& p) {
    ReceivedMedia media(ReceivedMedia::Kind::image, std::move(p.media_id));
    media.url = std::move(p.picture_url);
    message(std::move(media));
  }
  void operator()(VoicePush& p) {
    ReceivedMedia media(ReceivedMedia::Kind::voice, std::move(p.media_id));
    media.format = std::move(p.format);
    media.transcript = std::move(p.recognition);
    message(std::move(media));
  }
  void operator()(VideoPush& p) {
    ReceivedMedia media(p.is_short ? ReceivedMedia::Kind::short_video : ReceivedMedia::Kind::video,
                        std::move(p.media_id));
    media.thumb_media_id = std::move(p.thumb_media_id);
    message(std::move(media));
  }
  void operator()(FilePush& p) {
    // Its FileKey is no media id: it cannot be downloaded.
    ReceivedMedia media(ReceivedMedia::Kind::file);
    media.name = std::move(p.title);
    message(std::move(media));
  }
  void operator()(LocationPush& p) {
    ReceivedLocation location(p.latitude, p.longitude);
    location.scale = p.scale;
    location.label = std::move(p.label);
    message(std::move(location));
  }
  void operator()(LinkPush& p) {
    ReceivedLink link(std::move(p.url));
    link.title = std::move(p.title);
    link.description = std::move(p.description);
    message(std::move(link));
  }
  void operator()(MiniProgramPagePush& p) {
    ReceivedMiniProgram card(std::move(p.app_id));
    card.title = std::move(p.title);
    card.page_path = std::move(p.page_path);
    card.thumb_url = std::move(p.thumb_url);
    card.thumb_media_id = std::move(p.thumb_media_id);
    message(std::move(card));
  }
  void operator()(SubscribeEvent& p) { set(Followed(p.scene()), "follow"); }
  void operator()(UnsubscribeEvent&) { set(Unfollowed()); }
  void operator()(ScanEvent& p) { set(Scanned(std::move(p.scene)), "scan"); }
  void operator()(ClickEvent& p) { set(MenuTapped(std::move(p.key)), "menu"); }
  void operator()(ScanCodeEvent& p) {
    MenuTapped tapped(std::move(p.key));
    tapped.scan_result = std::move(p.scan_result);
    set(std::move(tapped), "menu");
  }
  // These taps open no window: only the kinds above do (2.5).
  void operator()(PicturesChosenEvent& p) { set(MenuTapped(std::move(p.key))); }
  void operator()(LocationChosenEvent& p) { set(MenuTapped(std::move(p.key))); }
  void operator()(SessionEnteredEvent& p) { set(SessionEntered(std::move(p.session_from)), "enter"); }
  void operator()(TemplateSentEvent& p) { delivery(std::move(p.message_id), p.status, p.delivered()); }
  void operator()(SubscriptionSentEvent& p) {
    if (p.items.size() != 1) return other();
    auto& item = p.items.front();
    delivery(std::move(item.message_id), item.error_status, item.delivered());
  }
  void operator()(KfSessionCreatedEvent& p) {
    set(AgentSessionChanged(AgentSessionChanged::What::created, std::move(p.kf_account)));
  }
  void operator()(KfSessionClosedEvent& p) {
    AgentSessionChanged changed(AgentSessionChanged::What::closed, std::move(p.kf_account));
    changed.close_type = std::move(p.close_type);
    set(std::move(changed));
  }
  void operator()(KfSessionSwitchedEvent& p) {
    AgentSessionChanged changed(AgentSessionChanged::What::switched, std::move(p.to_kf_account));
    changed.previous_agent = std::move(p.from_kf_account);
    set(std::move(changed));
  }
  void operator()(UserAuthorizationEvent& p) {
    // The sender is the platform; the event names whom it concerns, or nobody.
    event_.customer.id = std::move(p.openid);
    other();
  }
  // Sent by an account of the platform's own (T19), they concern no customer.
  void operator()(MassSentEvent&) { without_customer(); }
  void operator()(MediaCheckEvent&) { without_customer(); }
  void operator()(PunishEvent&) { without_customer(); }
  void operator()(PublishFinishedEvent&) { without_customer(); }
  // In no list of triggers, though one source says that positions renew the window (2.5); a gap in 8.2.
  void operator()(LocationEvent&) { unclear(); }
  void operator()(CardSessionEnteredEvent&) { unclear(); }
  /// A kind that is newer than this library: a message of the customer all the same, or an event of any meaning.
  void operator()(UnknownPush&) {
    unclear();
    if (head_.event.empty() && !head_.message_id.empty()) event_.trigger = "message";
  }
  template <class Other>
  void operator()(Other&) {
    other();
  }

 private:
  void set(InboundPayload payload, std::string_view trigger = {}) {
    event_.payload = std::move(payload);
    event_.trigger.assign(trigger);
  }
  void message(InboundPayload payload) { set(std::move(payload), "message"); }
  void other() { event_.payload = PlatformEvent(head_.event.empty() ? head_.type : head_.event); }
  void unclear() {
    other();
    if (!event_.customer.id.empty()) event_.trigger = "unclear";
  }
  void without_customer() {
    event_.customer.id.clear();
    other();
  }
  void delivery(std::string message_id, const std::string& status, bool delivered) {
    DeliveryReported report(std::move(message_id));
    report.status = status;
    report.delivered = delivered;
    set(std::move(report));
  }

  const PushHead& head_;
  InboundEvent& event_;
};

}  // namespace

void fill_channel_event(Push&& push, detail::Value root, std::string_view account, WallTime received,
                        InboundEvent& event) {
  // The clock counts nanoseconds and ends in 2262: what lies beyond is no time.
  constexpr std::int64_t kLastSecond = 9'000'000'000;
  PushHead& head = push.head;
  event.platform = "wechat";
  event.account.assign(account);
  event.event_id = event_identity(head, root, account);
  event.received_time = received;
  event.platform_time =
      head.create_time > 0 && head.create_time <= kLastSecond ? from_unix_seconds(head.create_time) : received;
  event.customer.id = std::move(head.from);
  ChannelMapping mapping(head, event);
  std::visit(mapping, push.body);
  event.message_id = std::move(head.message_id);
  event.thread = std::move(head.business_id);
}

}  // namespace wechat
KEFU_END_NAMESPACE
