#include "core/async/enum_name.hpp"

#include <kefu/channel/authorizer.hpp>
#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/content.hpp>
#include <kefu/channel/inbound.hpp>
#include <kefu/channel/message.hpp>
#include <kefu/channel/outreach.hpp>
#include <kefu/channel/transcripts.hpp>
#include <kefu/channel/webhook.hpp>

#include <array>

KEFU_BEGIN_NAMESPACE

std::string_view to_string(ContentKind kind) noexcept {
  constexpr std::array<std::string_view, kContentKinds> names{"text",     "image", "voice", "video", "file",
                                                              "location", "link",  "music", "menu",  "mini_program",
                                                              "product",  "order", "raw"};
  return detail::name_in(names, kind);
}

std::string_view to_string(Facet facet) noexcept {
  constexpr std::array<std::string_view, kFacets> names{"messenger",      "push_receiver", "poller",   "media_library",
                                                        "agent_sessions", "transcripts",   "profiles", "outreach"};
  return detail::name_in(names, facet);
}

std::string_view to_string(Ability ability) noexcept {
  constexpr std::array<std::string_view, kAbilities> names{"typing",
                                                           "agents",
                                                           "list_sessions",
                                                           "find_session",
                                                           "open_session",
                                                           "close_session",
                                                           "waiting",
                                                           "search_transcript",
                                                           "permanent_media",
                                                           "high_quality_voice",
                                                           "subscription_message",
                                                           "template_message"};
  return detail::name_in(names, ability);
}

std::string_view to_string(PushFault fault) noexcept {
  constexpr std::array<std::string_view, 15> names{"bad-method",
                                                   "bad-query",
                                                   "bad-timestamp",
                                                   "bad-nonce",
                                                   "stale",
                                                   "bad-signature",
                                                   "too-large",
                                                   "bad-envelope",
                                                   "bad-key",
                                                   "bad-base64",
                                                   "bad-ciphertext-length",
                                                   "bad-padding",
                                                   "bad-length-field",
                                                   "wrong-receiver",
                                                   "bad-message"};
  return detail::name_in(names, fault);
}

std::string_view to_string(const InboundPayload& payload) noexcept {
  // A kind that a test adds has no name here, as one of a later version has none in a host's older library.
  constexpr std::array<std::string_view, 16> names{"platform_event",
                                                   "text",
                                                   "media",
                                                   "location",
                                                   "link",
                                                   "mini_program",
                                                   "menu_tapped",
                                                   "followed",
                                                   "unfollowed",
                                                   "scanned",
                                                   "session_entered",
                                                   "agent_session_changed",
                                                   "delivery_reported",
                                                   "customer_rated",
                                                   "ticket_changed",
                                                   "agent_spoke"};
  return detail::name_in(names, payload.index());
}

std::string_view to_string(const PassiveReply& reply) noexcept {
  constexpr std::array<std::string_view, 3> names{"no_reply", "content", "transfer_to_agent"};
  return detail::name_in(names, reply.index());
}

std::string_view to_string(ReceivedMedia::Kind kind) noexcept {
  return detail::name_in<5>({"image", "voice", "video", "short_video", "file"}, kind);
}

std::string_view to_string(AgentSessionChanged::What what) noexcept {
  return detail::name_in<3>({"created", "closed", "switched"}, what);
}

std::string_view to_string(Merchant::State state) noexcept {
  return detail::name_in<4>({"pending", "active", "needs_authorization", "withdrawn"}, state);
}

std::string_view to_string(MerchantEvent::Kind kind) noexcept {
  return detail::name_in<4>({"authorized", "updated", "withdrawn", "needs_authorization"}, kind);
}

std::string_view to_string(Speaker::Kind kind) noexcept { return detail::name_in<3>({"system", "bot", "agent"}, kind); }

std::string_view to_string(OutreachBy by) noexcept {
  return detail::name_in<2>({"subscription", "template_notice"}, by);
}

std::string_view to_string(TranscriptEntry::From from) noexcept {
  return detail::name_in<3>({"customer", "agent", "system"}, from);
}

bool PushReceiver::can_carry(const PassiveReply&) const { return true; }
void PushReceiver::recognize(InboundEvent event, MoveFunction<void(Result<InboundEvent>)> done) const {
  done(std::move(event));
}

std::string_view to_string(OpenedPush::Outcome outcome) noexcept {
  return detail::name_in<4>({"event", "url_check", "refused", "wake"}, outcome);
}

KEFU_END_NAMESPACE
