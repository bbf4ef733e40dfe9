#include "jd/polling/cursor.hpp"

#include "core/crypto/crypto.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "jd/polling/events.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kCursorVersion = 2;
constexpr int kVersionWithOpenChats = 1;  // whose window began with them: it is read anew
constexpr std::size_t kMarkBytes = 8;

int small_of(detail::Value value) { return std::max(0, value.small_integer()); }

}  // namespace

void SeenItems::add(std::uint64_t mark, WallTime time) {
  if (!all_.insert(mark).second) return;
  open_.marks.push_back(mark);
  open_.newest = std::max(open_.newest, time);
}

const SeenItems::Segment& SeenItems::seal() {
  sealed_.push_back(std::move(open_));
  open_ = Segment();
  open_.serial = sealed_.back().serial + 1;
  return sealed_.back();
}

std::optional<SeenItems::Segment> SeenItems::take_old(WallTime horizon) {
  if (sealed_.empty() || (sealed_.size() <= kMaxSegments && sealed_.front().newest >= horizon)) return std::nullopt;
  Segment old = std::move(sealed_.front());
  sealed_.pop_front();
  for (const std::uint64_t mark : old.marks) all_.erase(mark);
  return old;
}

void SeenItems::restore(Segment open, std::deque<Segment> sealed) {
  open_ = std::move(open);
  sealed_ = std::move(sealed);
  all_.clear();
  for (const Segment& segment : sealed_) all_.insert(segment.marks.begin(), segment.marks.end());
  all_.insert(open_.marks.begin(), open_.marks.end());
}

std::string SeenItems::text(const std::vector<std::uint64_t>& marks) {
  std::string bytes;
  bytes.reserve(marks.size() * kMarkBytes);
  for (const std::uint64_t mark : marks)
    for (std::size_t i = 0; i < kMarkBytes; ++i) bytes += static_cast<char>(mark >> (8 * (kMarkBytes - 1 - i)) & 0xFF);
  return detail::base64(bytes);
}

std::optional<std::vector<std::uint64_t>> SeenItems::parse(std::string_view text) {
  const auto bytes = detail::base64_decoded(text, detail::Base64Mode::strict);
  if (!bytes || bytes->size() % kMarkBytes != 0) return std::nullopt;
  std::vector<std::uint64_t> marks(bytes->size() / kMarkBytes);
  for (std::size_t i = 0; i < bytes->size(); ++i)
    marks[i / kMarkBytes] = marks[i / kMarkBytes] << 8 | static_cast<unsigned char>((*bytes)[i]);
  return marks;
}

std::string StreamCursor::text() const {
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object().key("v").integer(kCursorVersion);
  json.key("start").integer(unix_millis(start)).key("at").integer(unix_millis(position));
  if (window) {
    json.key("from").integer(unix_millis(window->from)).key("to").integer(unix_millis(window->to));
    json.key("agent").integer(agent).key("page").integer(page);
  }
  if (floor) json.key("floor").integer(unix_millis(*floor));
  if (!open_days.empty()) {
    json.key("days").begin_array();
    for (const WallTime day : open_days) json.integer(unix_millis(day));
    json.end_array();
  }
  json.key("serial").unsigned_integer(seen.open().serial);
  json.key("newest").integer(unix_millis(seen.open().newest));
  json.key("seen").string(SeenItems::text(seen.open().marks));
  json.key("sealed").begin_array();
  for (const SeenItems::Segment& segment : seen.sealed()) {
    json.begin_array().unsigned_integer(segment.serial).integer(unix_millis(segment.newest)).end_array();
  }
  json.end_array();
  kept.write(json);
  json.end_object();
  return out;
}

std::optional<StreamCursor> StreamCursor::parse(std::string_view text) {
  const detail::Document document = detail::Document::json(text);
  const detail::Value root = document.root();
  const bool is_old = root["v"].integer() == kVersionWithOpenChats;
  if (!(is_old || detail::reads_version(root["v"], kCursorVersion)) || !root["at"].integer()) return std::nullopt;
  StreamCursor cursor;
  cursor.start = detail::stored_time(root["start"]);
  cursor.position = detail::stored_time(root["at"]);
  if (root["from"] && root["to"] && !is_old) {
    cursor.window = PollWindow{detail::stored_time(root["from"]), detail::stored_time(root["to"])};
    cursor.agent = small_of(root["agent"]);
    cursor.page = small_of(root["page"]);
  }
  if (root["floor"].integer()) cursor.floor = detail::stored_time(root["floor"]);
  for (const detail::Value day : root["days"].items())
    if (cursor.open_days.size() < kMaxOpenDays) cursor.open_days.push_back(detail::stored_time(day));
  SeenItems::Segment current;
  current.serial = static_cast<std::uint64_t>(small_of(root["serial"]));
  current.newest = detail::stored_time(root["newest"]);
  auto marks = SeenItems::parse(root["seen"].text());
  if (!marks || marks->size() > SeenItems::kSegment + 64) return std::nullopt;
  current.marks = *std::move(marks);
  std::deque<SeenItems::Segment> sealed;
  for (const detail::Value entry : root["sealed"].items()) {
    const auto parts = entry.items();
    if (parts.size() != 2 || sealed.size() > SeenItems::kMaxSegments) return std::nullopt;
    SeenItems::Segment& segment = sealed.emplace_back();
    segment.serial = static_cast<std::uint64_t>(small_of(parts[0]));
    segment.newest = detail::stored_time(parts[1]);
  }
  cursor.seen.restore(std::move(current), std::move(sealed));
  cursor.kept = detail::KeptMembers(root, {"v", "start", "at", "from", "to", "agent", "page", "floor", "days", "open",
                                           "still", "serial", "newest", "seen", "sealed"});
  return cursor;
}

}  // namespace jd
KEFU_END_NAMESPACE
