#pragma once

#include <kefu/channel/content.hpp>
#include <kefu/channel/message.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// What an account can do with one kind of content.
struct ContentRule {
  ContentRule() {}
  bool supported = false;
  /// Kind it may become (and the caller allows it) when it is not supported or has too many items: `link` or `text`.
  /// What has no URL becomes text instead of a link. Absent: no way.
  std::optional<ContentKind> becomes;
  std::size_t max_bytes = 0;  ///< Of text.body and raw.json, UTF-8; 0: no limit known.
  std::size_t max_items = 0;  ///< Of a menu; 0: no limit known.
  std::string reason;         ///< Why not, where not supported: what is missing and who can change it.
};

/// The facets an account may hand out.
enum class Facet : unsigned char {
  messenger,
  push_receiver,
  poller,
  media_library,
  agent_sessions,
  transcripts,
  profiles,
  outreach
};
inline constexpr std::size_t kFacets = 8;
KEFU_EXPORT std::string_view to_string(Facet facet) noexcept;

/// What only some accounts that have a facet can do.
enum class Ability : unsigned char {
  typing,                ///< Messenger::typing
  agents,                ///< AgentSessions::agents
  list_sessions,         ///< AgentSessions::sessions
  find_session,          ///< AgentSessions::session_of
  open_session,          ///< AgentSessions::open
  close_session,         ///< AgentSessions::close
  waiting,               ///< AgentSessions::waiting
  search_transcript,     ///< TranscriptQuery::words
  permanent_media,       ///< MediaUpload::permanent
  high_quality_voice,    ///< MediaDownload::high_quality
  subscription_message,  ///< OutreachBy::subscription
  template_message       ///< OutreachBy::template_notice
};
inline constexpr std::size_t kAbilities = 12;
KEFU_EXPORT std::string_view to_string(Ability ability) noexcept;

/// What an account can do, as a value: printable, comparable, testable without a network.
struct Capabilities {
  Capabilities() {}
  std::string platform;      ///< "wechat".
  std::string account_kind;  ///< "official_account.service", "mini_program".
  std::array<ContentRule, kContentKinds> content;
  /// Per facet: empty if the account has it, else why not.
  std::array<std::string, kFacets> missing;
  /// Per ability: empty if the account has it, else why not.
  std::array<std::string, kAbilities> cannot;
  /// How long the platform takes messages with the same Message::idempotency_key for one, from the first on; zero: it
  /// knows no such keys, so a message whose fate is unknown is not repeated.
  std::chrono::seconds key_memory{0};

  bool has(Facet facet) const { return missing[static_cast<std::size_t>(facet)].empty(); }
  bool can(Ability ability) const { return cannot[static_cast<std::size_t>(ability)].empty(); }
  /// Empty if the account has it.
  const std::string& why_not(Facet facet) const { return missing[static_cast<std::size_t>(facet)]; }
  const std::string& why_not(Ability ability) const { return cannot[static_cast<std::size_t>(ability)]; }
  std::string& missing_why(Facet facet) { return missing[static_cast<std::size_t>(facet)]; }
  std::string& cannot_why(Ability ability) { return cannot[static_cast<std::size_t>(ability)]; }

  const ContentRule& rule(ContentKind kind) const { return content[static_cast<std::size_t>(kind)]; }
  ContentRule& rule(ContentKind kind) { return content[static_cast<std::size_t>(kind)]; }
};

/// A message made to fit an account.
struct Adapted {
  Adapted() {}
  std::vector<Content> parts;  ///< At least one, in order; each is one message to the platform.
  std::vector<Change> changes;
};

/// Makes `content` fit before anything is sent, changing only what `allow` allows (MSG-1, MSG-2). Long text is cut at
/// code-point, emoji-cluster and link borders. At most 20 parts.
///
/// Checked here: the kind, the number of items, and size and encoding of text; the fields a platform demands of a kind
/// are checked where its message is written. Errors: `bad_argument` naming the field, its size and the limit;
/// `unsupported` naming the kind, the reason, and what `allow` would make of it. Thread safety: a pure function.
KEFU_EXPORT Result<Adapted> adapt(const Capabilities& account, Content content, const Adaptation& allow);

/// Cuts UTF-8 text into parts of at most `max_bytes` at borders that keep code points, emoji clusters and `<a>`
/// elements whole, preferring line ends, then blanks and punctuation, where that leaves a part more than half full. The
/// parts joined are the text. A cluster or link larger than `max_bytes` gives an empty list; `max_bytes` 0 cuts
/// nothing.
KEFU_EXPORT std::vector<std::string_view> split_text(std::string_view text, std::size_t max_bytes);

KEFU_END_NAMESPACE
