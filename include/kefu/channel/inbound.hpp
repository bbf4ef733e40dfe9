#pragma once

#include <kefu/channel/message.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/time.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

KEFU_BEGIN_NAMESPACE

/// What came from a customer or about one. Fields that the platform did not send are empty.

struct ReceivedText {
  explicit ReceivedText(std::string b = {}, std::string m = {}) : body(std::move(b)), menu_id(std::move(m)) {}
  std::string body;
  std::string menu_id;  ///< Id of the tapped MenuContent item; empty if the customer typed the words.
};

/// A picture, voice, video or file; fetch it by `media_id` through the MediaLibrary.
struct ReceivedMedia {
  enum class Kind : unsigned char { image, voice, video, short_video, file };
  explicit ReceivedMedia(Kind k = Kind::image, std::string id = {}) : kind(k), media_id(std::move(id)) {}
  Kind kind;
  std::string media_id;
  std::string thumb_media_id;
  std::string url;         ///< Untrusted and short-lived; never fetched by itself.
  std::string format;      ///< Voice: "amr", "speex".
  std::string transcript;  ///< Voice, where the platform recognised it.
  std::string name;        ///< File.
};

struct ReceivedLocation {
  ReceivedLocation(double lat = 0, double lon = 0) : latitude(lat), longitude(lon) {}
  double latitude;
  double longitude;
  double scale = 0;
  std::string label;
};

struct ReceivedLink {
  explicit ReceivedLink(std::string u = {}) : url(std::move(u)) {}
  std::string title;
  std::string description;
  std::string url;
};

struct ReceivedMiniProgram {
  explicit ReceivedMiniProgram(std::string a = {}) : app_id(std::move(a)) {}
  std::string title;
  std::string app_id;
  std::string page_path;
  std::string thumb_url;
  std::string thumb_media_id;
};

/// The customer tapped an account menu of the kind that reports (not a MenuContent, whose answer is a ReceivedText).
struct MenuTapped {
  explicit MenuTapped(std::string k = {}) : key(std::move(k)) {}
  std::string key;
  std::string scan_result;  ///< Menus that scan a code.
};

struct Followed {
  explicit Followed(std::string s = {}) : scene(std::move(s)) {}
  std::string scene;  ///< Value of the QR code that led here, without the platform's prefix; empty if none.
};
/// The platform asks that the customer's data be deleted.
struct Unfollowed {
  Unfollowed() {}
};
struct Scanned {
  explicit Scanned(std::string s = {}) : scene(std::move(s)) {}
  std::string scene;
};

/// The customer opened the customer-service conversation.
struct SessionEntered {
  explicit SessionEntered(std::string s = {}) : source(std::move(s)) {}
  std::string source;
};

/// A session with a human agent began, ended or moved.
struct AgentSessionChanged {
  enum class What : unsigned char { created, closed, switched };
  explicit AgentSessionChanged(What w = What::created, std::string a = {}) : what(w), agent(std::move(a)) {}
  What what;
  std::string agent;
  std::string previous_agent;
  std::string close_type;
};

/// What became of a message that was sent past the window (template, subscription).
struct DeliveryReported {
  explicit DeliveryReported(std::string id = {}) : message_id(std::move(id)) {}
  std::string message_id;
  std::string status;  ///< The platform's word.
  bool delivered = false;
};

/// A customer rated the service.
struct CustomerRated {
  explicit CustomerRated(std::string a = {}, int s = 0) : agent(std::move(a)), score(s) {}
  std::string agent;
  int score;  ///< As the platform writes it; its scale is the platform's, or a setting where that is not public.
  std::string comment;
};

/// A ticket of the platform (after-sale service order) is new or changed.
struct TicketChanged {
  explicit TicketChanged(std::string t = {}, std::string s = {}) : ticket_id(std::move(t)), status(std::move(s)) {}
  std::string ticket_id;
  std::string status;  ///< The platform's number or word.
  std::string status_text;
  std::string order_id;
  std::optional<WallTime> due;  ///< The platform's own deadline, where it names one.
};

/// An agent wrote to the customer on the platform's own console.
struct AgentSpoke {
  explicit AgentSpoke(std::string a = {}, std::string b = {}) : agent(std::move(a)), body(std::move(b)) {}
  std::string agent;
  std::string body;
};

/// Anything else: `name` is the platform's event or message type; the platform's room has the typed form, `raw` has
/// all.
struct PlatformEvent {
  explicit PlatformEvent(std::string n = {}) : name(std::move(n)) {}
  std::string name;
};

/// What an event tells. Later versions add alternatives at the end, as for Content.
using InboundPayload =
    std::variant<PlatformEvent, ReceivedText, ReceivedMedia, ReceivedLocation, ReceivedLink, ReceivedMiniProgram,
                 MenuTapped, Followed, Unfollowed, Scanned, SessionEntered, AgentSessionChanged, DeliveryReported,
                 CustomerRated, TicketChanged, AgentSpoke KEFU_LATER_KIND>;
/// "text", "media", "platform_event"...; "unknown" for no alternative of this version.
KEFU_EXPORT std::string_view to_string(const InboundPayload& payload) noexcept;
KEFU_EXPORT std::string_view to_string(ReceivedMedia::Kind kind) noexcept;
KEFU_EXPORT std::string_view to_string(AgentSessionChanged::What what) noexcept;

/// One thing that happened, from a push or a poll.
struct InboundEvent {
  InboundEvent() {}
  std::string platform;    ///< "wechat", "jd".
  std::string account;     ///< The account's id (app id).
  CustomerId customer;     ///< Empty for events that concern no customer.
  std::string thread;      ///< Goes into Address.thread of the answer.
  std::string message_id;  ///< The platform's; empty for events that have none.
  /// The same for every repeat of this event and for no other event (DED-2); at most 128 bytes of printable ASCII.
  std::string event_id;
  WallTime platform_time;  ///< When the platform says it happened.
  WallTime received_time;
  InboundPayload payload;
  /// The platform's text (XML or JSON), decrypted; what no field holds is here.
  std::string raw;
  /// Name of the window trigger this event is, if any (see ReplyRules): "message", "menu", "follow", "scan", "enter",
  /// "unclear" (nobody knows what it gives).
  std::string trigger;
  /// It happened before this account was served here (see InboxOptions::history_age): an answer would come too late.
  bool history = false;

  /// The address that answers this event.
  Address sender() const { return Address(account, customer, thread); }
};

KEFU_END_NAMESPACE
