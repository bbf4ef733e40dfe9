#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/content.hpp>
#include <kefu/channel/webhook.hpp>

#include <array>

KEFU_BEGIN_NAMESPACE

std::string_view to_string(ContentKind kind) noexcept {
  constexpr std::array<std::string_view, kContentKinds> names{"text",     "image", "voice", "video", "file",
                                                              "location", "link",  "music", "menu",  "mini_program",
                                                              "product",  "order", "raw"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view to_string(Facet facet) noexcept {
  constexpr std::array<std::string_view, kFacets> names{"messenger",      "push_receiver", "poller",   "media_library",
                                                        "agent_sessions", "transcripts",   "profiles", "outreach"};
  return names[static_cast<std::size_t>(facet)];
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
  return names[static_cast<std::size_t>(ability)];
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
  return names[static_cast<std::size_t>(fault)];
}

KEFU_END_NAMESPACE
