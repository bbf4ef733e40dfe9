// What a JD shop reads that others may have written: fed messages, stored events, cursors, marks.
#include "fuzz/expect.hpp"
#include "jd/polling/cursor.hpp"
#include "jd/polling/events.hpp"
#include "jd/polling/feed.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

void check_event(const kefu::InboundEvent& event, kefu::WallTime now) {
  expect(!event.event_id.empty() && event.event_id.size() <= 128, "an id within its limits");
  for (const char c : event.event_id) expect(c > ' ' && c <= '~', "an id of printable ASCII");
  const auto again = kefu::jd::reopen_event("shop", event.raw, now);
  expect(again.has_value(), "what was written is read");
  expect(again->event_id == event.event_id && again->payload.index() == event.payload.index(), "the same event");
  expect(again->customer.id == event.customer.id && again->thread == event.thread, "from the same customer");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const kefu::WallTime now = kefu::from_unix_seconds(1'717'201'800);
  for (const bool polls : {true, false}) {
    const kefu::jd::FeedReceiver feed("shop", polls, nullptr);
    const auto push = feed.open(kefu::WebhookRequest("POST", "/", "", text), now);
    if (push.outcome == kefu::OpenedPush::Outcome::event) check_event(push.event, now);
  }
  if (const auto event = kefu::jd::reopen_event("shop", text, now)) check_event(*event, now);
  if (const auto cursor = kefu::jd::StreamCursor::parse(text)) {
    // What was read is bounded, and reads back as itself.
    const std::string written = cursor->text();
    const auto again = kefu::jd::StreamCursor::parse(written);
    expect(again.has_value(), "what was written is read");
    expect(again->text() == written, "the same cursor");
    expect(cursor->open_days.size() <= kefu::jd::StreamCursor::kMaxOpenDays, "bounded");
  }
  if (const auto marks = kefu::jd::SeenItems::parse(text))
    expect(kefu::jd::SeenItems::text(*marks) == text, "the same marks");
  return 0;
}
