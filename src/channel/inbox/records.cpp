#include "channel/inbox/records.hpp"

#include "channel/content/content_json.hpp"

#include <algorithm>
#include <array>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr int kRecordVersion = 2;
constexpr std::array<std::string_view, 4> kStates{"work", "answered", "done", "dead"};

std::optional<EventRecord::State> read_state(std::string_view word) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == word) return static_cast<EventRecord::State>(i);
  }
  return std::nullopt;
}

Document read_record(std::string_view text) {
  ReadLimits limits;
  limits.depth = 8;
  Document document = Document::json(text, limits);
  return document && document.root()["v"].integer() == kRecordVersion ? std::move(document) : Document();
}

bool is_usual(const AnswerOptions& how) {
  return how.speaker.kind == Speaker::Kind::bot && how.speaker.agent.empty() && !how.speaker.ai_generated &&
         how.idempotency_key.empty() && !how.allow;
}

/// What is not as usual.
void write_options(JsonWriter& json, const AnswerOptions& how) {
  json.begin_object();
  if (how.speaker.kind != Speaker::Kind::bot) json.key("who").integer(static_cast<int>(how.speaker.kind));
  if (!how.speaker.agent.empty()) json.key("agent").string(how.speaker.agent);
  if (how.speaker.ai_generated) json.key("ai").boolean(true);
  if (!how.idempotency_key.empty()) json.key("key").string(how.idempotency_key);
  if (how.allow) json.key("split").boolean(how.allow->split_text).key("simplify").boolean(how.allow->simplify);
  json.end_object();
}

AnswerOptions read_options(Value value) {
  AnswerOptions how;
  if (const Value who = value["who"]) how.speaker.kind = static_cast<Speaker::Kind>(who.small_integer());
  how.speaker.agent = value["agent"].text();
  how.speaker.ai_generated = value["ai"].boolean().value_or(false);
  how.idempotency_key = value["key"].text();
  if (const auto split = value["split"].boolean()) {
    how.allow.emplace();
    how.allow->split_text = *split;
    how.allow->simplify = value["simplify"].boolean().value_or(false);
  }
  return how;
}

int small(Value value) { return std::max(0, value.small_integer()); }

}  // namespace

std::string EventRecord::text() const {
  std::string out;
  write(out);
  return out;
}

void EventRecord::write(std::string& out, const EventProgress& now) const {
  const bool is_over = now.over();
  out.reserve((is_over ? 0 : raw.size() + raw.size() / 8) + (now.answer ? 320 : 160));
  JsonWriter json(out);
  json.begin_object().key("v").integer(kRecordVersion);
  json.key("s").string(kStates[static_cast<std::size_t>(now.state)]).key("at").integer(received);
  if (!is_over) json.key("asked").integer(asked).key("until").integer(claim_until).key("by").string(accepted_by);
  json.key("n").integer(now.tries);
  if (acknowledged && !is_over) json.key("ack").integer(static_cast<std::int64_t>(*acknowledged));
  if (is_history) json.key("old").boolean(true);
  if (!now.why.empty()) json.key("why").string(now.why);
  if (!trace.empty()) json.key("trace").string(trace);
  if (now.answer) write_answer(json.key("a"), *now.answer);
  if (now.answer && !is_over && !is_usual(now.how)) write_options(json.key("how"), now.how);
  if (now.delivery && !is_over) now.delivery->write(json.key("out"));
  if (!raw.empty() && !is_over) json.key("raw").string(raw);
  json.end_object();
}

std::optional<EventRecord> EventRecord::parse(std::string_view text) {
  const Document document = read_record(text);
  const Value root = document.root();
  const auto state = read_state(root["s"].text());
  if (!state) return std::nullopt;
  EventRecord record;
  record.state = *state;
  record.received = root["at"].integer().value_or(0);
  record.asked = root["asked"].integer().value_or(0);
  record.claim_until = root["until"].integer().value_or(0);
  record.accepted_by = root["by"].text();
  record.tries = small(root["n"]);
  if (const auto over = root["ack"].integer()) record.acknowledged = static_cast<std::uint64_t>(*over);
  record.is_history = root["old"].boolean().value_or(false);
  record.why = root["why"].text();
  record.trace = root["trace"].text();
  if (root["a"]) record.answer = read_answer(root["a"]);
  record.how = read_options(root["how"]);
  if (root["out"]) record.delivery = OutboxRecord::read(root["out"]);
  record.raw = root["raw"].text();
  return record;
}

void LaneRecord::write(std::string& out) const {
  JsonWriter json(out);
  json.begin_object().key("v").integer(kRecordVersion).key("o").string(owner).key("q").begin_array();
  for (const std::string& event : events) json.string(event);
  json.end_array().end_object();
}

std::optional<LaneRecord> LaneRecord::parse(std::string_view text) {
  const Document document = read_record(text);
  if (!document) return std::nullopt;
  if (document.root()["q"].kind() != Value::Kind::array) return std::nullopt;
  LaneRecord record;
  record.owner = document.root()["o"].text();
  for (const Value event : document.root()["q"].items()) record.events.emplace_back(event.text());
  return record;
}

std::string DeadRecord::text() const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("v").integer(kRecordVersion).key("at").integer(received).key("n").integer(tries);
  json.key("why").string(why).key("raw").string(raw).end_object();
  return out;
}

std::optional<DeadRecord> DeadRecord::parse(std::string_view text) {
  const Document document = read_record(text);
  if (!document) return std::nullopt;
  DeadRecord record;
  record.received = document.root()["at"].integer().value_or(0);
  record.tries = small(document.root()["n"]);
  record.why = document.root()["why"].text();
  record.raw = document.root()["raw"].text();
  return record;
}

}  // namespace detail
KEFU_END_NAMESPACE
