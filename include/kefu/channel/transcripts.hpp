#pragma once

#include <kefu/channel/message.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// One line of a recorded conversation.
struct TranscriptEntry {
  enum class From : unsigned char { customer, agent, system };
  TranscriptEntry() {}
  WallTime time;
  From from = From::customer;
  CustomerId customer;
  std::string agent;
  std::string thread;  ///< As in Address.
  std::string text;    ///< Empty for what is no text.
  std::string type;    ///< The platform's word or number for what it is; empty where it does not say.
  std::string raw;     ///< The platform's own JSON of this line.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(TranscriptEntry::From from) noexcept;

/// Which part of the record is wanted.
struct TranscriptQuery {
  TranscriptQuery(WallTime f, WallTime t) : from(f), to(t) {}
  WallTime from;           ///< Inclusive.
  WallTime to;             ///< Exclusive.
  CustomerId customer;     ///< Empty: all, where the platform can.
  std::string agent;       ///< Empty: all.
  std::string words;       ///< Only lines that hold these words, where the account can (Ability::search_transcript).
  std::size_t limit = 50;  ///< Most entries of a page.
  std::string page;        ///< TranscriptPage::next of the page before; empty: the first.
};

struct TranscriptPage {
  TranscriptPage() {}
  std::vector<TranscriptEntry> entries;  ///< Oldest first.
  std::string next;                      ///< Give it to the next query; empty: this was the last page.
};

/// Facet: the platform's record of conversations.
///
/// Thread safety: all members may be called from any thread. Lifetime: as for every facet.
class KEFU_EXPORT Transcripts {
 public:
  virtual ~Transcripts() = default;
  /// Errors: `bad_argument` naming what the platform does not take (period, age, missing customer).
  virtual Pending<TranscriptPage> read(TranscriptQuery query, CallOptions options = {}) = 0;
};

KEFU_END_NAMESPACE
