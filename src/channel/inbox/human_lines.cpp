#include "channel/inbox/human_lines.hpp"

#include <kefu/channel/inbound.hpp>

#include <algorithm>
#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr int kHumanVersion = 2;
/// A poll may come late, and what it brings of ours must be known again.
constexpr std::chrono::hours kHumanKept{24};

/// The platform's clock and ours differ by no more, and a message is there no later after it was begun.
constexpr std::int64_t kOwnEarly = 60'000;
constexpr std::int64_t kOwnLate = 300'000;

std::string without_blanks_of(std::string_view text) {
  std::string words;
  words.reserve(text.size());
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') words += c;
  return words;
}

/// What a platform writes in a picture's place: nothing, its address, a mark in brackets.
bool is_no_talk(std::string_view words) {
  constexpr std::string_view kMarks = "[<{#";
  return words.empty() || kMarks.find(words.front()) != std::string_view::npos ||
         words.find("://") != std::string_view::npos;
}

/// The whole, or the part of a text that was split.
bool is_part(std::string_view part, const std::string& whole) {
  constexpr std::size_t kLongPart = 64;
  if (part.empty() || part.size() > whole.size()) return false;
  if (whole.compare(0, part.size(), part) == 0) return true;
  if (whole.compare(whole.size() - part.size(), part.size(), part) == 0) return true;
  return part.size() >= kLongPart && whole.find(part) != std::string::npos;
}

bool comes_back(const OwnLine& own, std::string_view words, std::int64_t at) {
  if (own.words.empty()) return is_no_talk(words) && own.said - kOwnEarly <= at && at <= own.said + kOwnLate;
  return is_part(words, own.words) || (own.goes_on && words.find(own.words) != std::string_view::npos);
}

}  // namespace

OwnLine OwnLine::of(const Content& content, std::int64_t now) {
  constexpr std::size_t kLongestKept = 32'768;
  OwnLine line(now);
  std::string_view words;
  if (const auto* text = std::get_if<TextContent>(&content)) words = text->body;
  if (const auto* menu = std::get_if<MenuContent>(&content)) words = menu->head, line.goes_on = true;
  if (const auto* link = std::get_if<LinkContent>(&content)) words = link->title, line.goes_on = true;
  line.words = without_blanks_of(words.substr(0, kLongestKept));
  return line;
}

bool HumanRecord::is_human(std::string_view line, std::int64_t at) const {
  if (at <= forgotten) return false;
  const std::string words = without_blanks_of(line);
  return std::none_of(ours.begin(), ours.end(), [&](const OwnLine& own) { return comes_back(own, words, at); });
}

void HumanRecord::add_own(OwnLine line) {
  constexpr std::size_t kMostKeptLines = 64;
  constexpr std::size_t kMostKept = 65'536;
  // A message that is repeated is one line.
  const bool is_repeat = !ours.empty() && !line.words.empty() && ours.back().words == line.words;
  if (!is_repeat) ours.push_back(std::move(line));
  std::size_t bytes = 0;
  for (const OwnLine& own : ours) bytes += own.words.size();
  while (ours.size() > kMostKeptLines || bytes > kMostKept) {
    bytes -= ours.front().words.size();
    ours.erase(ours.begin());
    // It was there before the next one was begun: a customer is answered one message after the other.
    forgotten = std::max(forgotten, ours.front().said + kOwnEarly);
  }
}

std::string HumanRecord::text() const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("v").integer(kHumanVersion).key("at").integer(spoke);
  if (forgotten != 0) json.key("gone").integer(forgotten);
  json.key("own").begin_array();
  for (const OwnLine& own : ours) {
    json.begin_object().key("at").integer(own.said).key("w").string(own.words);
    if (own.goes_on) json.key("more").boolean(true);
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

std::optional<HumanRecord> HumanRecord::parse(std::string_view text) {
  const Document document = Document::json(text, ReadLimits());
  if (!document || document.root()["v"].integer() != kHumanVersion) return std::nullopt;
  const Value root = document.root();
  HumanRecord record;
  record.spoke = root["at"].integer().value_or(0);
  record.forgotten = root["gone"].integer().value_or(0);
  for (const Value own : root["own"].items()) {
    OwnLine& line = record.ours.emplace_back(own["at"].integer().value_or(0), std::string(own["w"].text()));
    line.goes_on = own["more"].boolean().value_or(false);
  }
  return record;
}

namespace {

struct StoredHuman {
  HumanRecord record;
  StagedStore::Slot slot = 0;
};

Result<StoredHuman> read_human(StagedStore& view, const HeldEvent& held) {
  auto slot = view.at(held.account->keys.human(held.lane));
  if (!slot) return slot.error();
  StoredHuman human;
  human.slot = *slot;
  const StoreEntry* entry = view.entry(*slot);
  if (entry == nullptr) return human;
  if (auto record = HumanRecord::parse(entry->value)) human.record = std::move(*record);
  return human;
}

}  // namespace

Result<void> note_human(StagedStore& view, StagedStore::Draft& draft, const HeldEvent& held) {
  const InboundEvent& event = *held.event;
  const auto* spoke = std::get_if<AgentSpoke>(&event.payload);
  if (spoke == nullptr || event.customer.id.empty()) return {};
  auto human = read_human(view, held);
  if (!human) return human.error();
  // A line from the future would silence us until then.
  const std::int64_t at = std::min(unix_millis(event.platform_time), unix_millis(event.received_time) + kOwnLate);
  if (at <= human->record.spoke || !human->record.is_human(spoke->body, at)) return {};
  human->record.spoke = at;
  draft.put(human->slot, kHumanKept) = human->record.text();
  return {};
}

Result<void> note_own(StagedStore& view, StagedStore::Draft& draft, const HeldEvent& held, const Content& said,
                      std::int64_t now) {
  auto human = read_human(view, held);
  if (!human) return human.error();
  human->record.add_own(OwnLine::of(said, now));
  draft.put(human->slot, kHumanKept) = human->record.text();
  return {};
}

Result<bool> human_spoke(StagedStore& view, const HeldEvent& held, std::int64_t asked) {
  auto human = read_human(view, held);
  if (!human) return human.error();
  return human->record.spoke > asked;
}

}  // namespace detail
KEFU_END_NAMESPACE
