#include "channel/inbox/poll_right.hpp"

#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr int kPollRecordVersion = 2;
/// Timers and clocks of processes differ by so much.
constexpr std::int64_t kEarly = 20;

struct StoredRight {
  PollRecord record;
  StagedStore::Slot slot = 0;
};

Result<StoredRight> read_right(StagedStore& view, const std::string& key) {
  auto slot = view.at(key);
  if (!slot) return slot.error();
  StoredRight right;
  right.slot = *slot;
  const StoreEntry* entry = view.entry(*slot);
  if (entry == nullptr) return right;
  if (auto record = PollRecord::parse(entry->value)) right.record = std::move(*record);
  return right;
}

Result<void> write_right(StagedStore::Draft& draft, const StoredRight& right) {
  draft.put(right.slot) = right.record.text();
  return draft.stage(Durability::relaxed);
}

}  // namespace

std::string PollRecord::text() const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("v").integer(kPollRecordVersion).key("o").string(session);
  json.key("next").integer(next).key("ended").integer(ended).key("first").integer(first);
  if (read != 0) json.key("read").integer(read);
  if (woken) json.key("woken").boolean(true);
  if (!token.empty()) json.key("token").string(token);
  json.end_object();
  return out;
}

std::optional<PollRecord> PollRecord::parse(std::string_view text) {
  const Document document = Document::json(text, ReadLimits());
  if (!document || document.root()["v"].integer() != kPollRecordVersion) return std::nullopt;
  const Value root = document.root();
  PollRecord record;
  record.session = root["o"].text();
  record.next = root["next"].integer().value_or(0);
  record.ended = root["ended"].integer().value_or(0);
  record.first = root["first"].integer().value_or(0);
  record.read = root["read"].integer().value_or(0);
  record.woken = root["woken"].boolean().value_or(false);
  record.token = root["token"].text();
  return record;
}

Result<PollRight> take_poll_right(StagedStore& view, const std::string& session, const EventSteps& steps,
                                  const std::string& key, std::int64_t now, const std::optional<std::string>& wake) {
  auto right = read_right(view, key);
  if (!right) return right.error();
  PollRecord& record = right->record;
  PollRight taken;
  taken.read = record.read;
  StagedStore::Draft draft = view.draft();
  if (!record.session.empty() && record.session != session) {
    auto over = steps.demand_over(view, draft, record.session);
    if (!over) return over.error();
    if (!*over) {
      const bool is_told = !wake || (record.woken && (wake->empty() || record.token == *wake));
      if (is_told) return taken;
      record.woken = true;
      record.token = *wake;
      auto written = write_right(draft, *right);
      if (!written) return written.error();
      return taken;
    }
  } else if (record.session.empty() && !wake && !record.woken && now + kEarly < record.next &&
             now + kClocksDiffer >= record.ended) {
    taken.wait = Millis(record.next - now);
    return taken;
  }
  if (record.first == 0) record.first = now;
  taken.token = wake && !wake->empty() ? *wake : record.token;
  record.session = session;
  record.woken = false;
  record.token.clear();
  auto written = write_right(draft, *right);
  if (!written) return written.error();
  taken.is_ours = true;
  taken.first = record.first;
  return taken;
}

Result<PollRight> end_poll_right(StagedStore& view, const std::string& session, const EventSteps& steps,
                                 const std::string& key, std::int64_t now, Millis pause, DrainEnd end) {
  auto right = read_right(view, key);
  if (!right) return right.error();
  PollRight ended;
  PollRecord& record = right->record;
  if (record.session != session) return ended;
  if (end == DrainEnd::done) {
    record.read = now;
    ended.again = std::exchange(record.woken, false);
    ended.token = std::exchange(record.token, std::string());
  }
  ended.is_ours = ended.again;
  if (!ended.again) record.session.clear();
  record.next = now + pause.count();
  record.ended = now;
  StagedStore::Draft draft = view.draft();
  if (end == DrainEnd::left) {
    if (auto told = steps.tell_free(view, draft, session); !told) return told.error();
  }
  auto written = write_right(draft, *right);
  if (!written) return written.error();
  return ended;
}

}  // namespace detail
KEFU_END_NAMESPACE
