// A long history: memory, records and calls stay bounded.
#include "jd/polling/poller.hpp"
#include "jd/polling/source.hpp"
#include "unit/jd/polling/world.hpp"

#include <fmt/format.h>

namespace {

using namespace std::chrono_literals;
using kefu::jd::PolledItem;
using kefu::jd::PollItems;
using kefu::jd::PollPage;
using kefu::jd::PollSource;
using kefu::jd::PollUnit;
using kefu::jd::PollWindow;
using kefu_test::PollProcess;
using kefu_test::PollWorld;

/// What a poller of this process' shop needs, without a limit of calls.
kefu::jd::PollParts parts_of(PollProcess& process) {
  kefu::jd::PollParts parts;
  parts.runtime = kefu::detail::core_of(process.runtime);
  parts.shop = "shop";
  parts.settings = process.world.settings;
  parts.budget = std::make_shared<kefu::jd::CallBudget>(parts.runtime, "app-key", 0, 0.5,
                                                        std::make_shared<kefu::jd::CallStop>(parts.runtime, "app-key"));
  parts.customers = std::make_shared<kefu::jd::CustomerBook>(parts.runtime, parts.shop);
  return parts;
}

/// 10 000 customers of one day with 3 messages each, made up when they are read.
class LongHistory final : public PollSource {
 public:
  static constexpr int kSessions = 10'000;
  static constexpr int kLines = 3;
  static constexpr int kPage = 50;
  explicit LongHistory(kefu::WallTime from) : from_(from) {}
  std::string_view name() const override { return kefu::jd::poll_stream::kChat; }
  void list(const PollWindow& window, std::size_t, int page, const kefu::CancelToken&, Done<PollPage> done) override {
    ++calls;
    PollPage answer;
    for (int i = (page - 1) * kPage; i < std::min(page * kPage, kSessions); ++i) {
      if (at(i) + 1min < window.from) continue;
      PollUnit unit;
      unit.name = fmt::format("s{}", i);
      unit.must_read = true;
      unit.customer = kefu::jd::BuyerIds(fmt::format("c{}", i));
      unit.service_id = i;
      unit.once = kefu::jd::seen_mark(unit.name);
      answer.units.push_back(unit);
    }
    answer.print = std::to_string(page);
    answer.is_last = page * kPage >= kSessions;
    done(std::move(answer));
  }
  void read(const PollUnit& unit, const PollWindow&, int, const kefu::CancelToken&, Done<PollItems> done) override {
    ++calls;
    PollItems answer;
    for (int i = 0; i < kLines; ++i) {
      PolledItem item;
      item.stream = name();
      item.kind = PolledItem::Kind::customer_text;
      item.customer = unit.customer;
      item.scope = unit.name;
      item.thread = "sid:" + unit.name;
      item.time = at(static_cast<int>(unit.service_id)) + i * 1s;
      item.text = fmt::format("{}-{}", unit.name, i);
      item.identity = kefu::jd::chat_identity(unit.name, item.time, false, item.text);
      answer.items.push_back(item);
    }
    done(std::move(answer));
  }
  int calls = 0;

 private:
  kefu::WallTime at(int session) const { return from_ + session * 5s; }
  const kefu::WallTime from_;
};

struct Reader {
  Reader(PollWorld& world, kefu::WallTime from) : process(world) {
    auto source = std::make_unique<LongHistory>(from);
    history = source.get();
    stream = std::make_shared<kefu::jd::PollStream>(parts_of(process), std::move(source));
  }
  /// One batch, taken; false when there is no more.
  bool step(std::set<std::string>& texts) {
    std::optional<kefu::jd::StreamBatch> batch;
    stream->run({}, false, [&](kefu::Result<kefu::jd::StreamBatch> result) {
      REQUIRE(result);
      batch = *std::move(result);
    });
    while (!batch && process.world.time->help() == kefu::Scheduler::Help::worked) {
    }
    REQUIRE(batch);
    CHECK(batch->events.size() <= kefu::Poller::kMaxEvents);
    CHECK(batch->cursor.size() <= kefu::Poller::kMaxCursorWrites);
    for (const auto& write : batch->cursor)
      if (write.value) largest = std::max(largest, write.value->size());
    for (const auto& event : batch->events) CHECK(texts.insert(PollProcess::text_of(event)).second);
    auto outcome = process.store->commit(batch->cursor, kefu::Durability::full);
    REQUIRE(outcome);
    REQUIRE(outcome->committed);
    return batch->more;
  }
  PollProcess process;
  LongHistory* history = nullptr;
  std::shared_ptr<kefu::jd::PollStream> stream;
  std::size_t largest = 0;
};

std::size_t cursor_bytes(PollWorld& world) {
  std::size_t bytes = 0;
  const auto entries = world.store->list("kefu/2/default/jd/poll/", "", 1000);
  REQUIRE(entries);
  for (const auto& [key, entry] : entries->items) bytes += key.size() + entry.value.size();
  return bytes;
}

}  // namespace

TEST_CASE("JD-6: 10 000 sessions are caught up with in bounded records and calls, also with restarts in between") {
  for (const int lives : {1, 4}) {
    CAPTURE(lives);
    PollWorld world;
    const auto from = world.now() - std::chrono::hours(24);
    world.settings.look_back = std::chrono::hours(25);
    std::set<std::string> texts;
    int calls = 0;
    bool more = true;
    for (int life = 1; more; ++life) {
      Reader reader(world, from);
      for (int batches = 0; more && (life >= lives || batches < 150); ++batches) more = reader.step(texts);
      calls += reader.history->calls;
      CHECK(reader.largest <= 64 * 1024);
      // The marks of everything would be 30 000 times 11 bytes in one record; they are in segments of bounded number.
      CHECK(cursor_bytes(world) <= (kefu::jd::SeenItems::kMaxSegments + 2) * 32 * 1024);
    }
    CHECK(texts.size() == LongHistory::kSessions * LongHistory::kLines);
    // Every session once, every page once; a restart repeats a page at most, and the day's lists in a last round.
    constexpr int kPages = LongHistory::kSessions / LongHistory::kPage;
    CHECK(calls <= LongHistory::kSessions + kPages + (lives > 1 ? kPages + 1 : 0) + (lives - 1) * 51);
    // What lies behind the overlap is forgotten as time goes by.
    world.time->advance(24h);
    Reader later(world, from);
    for (int i = 0; i < 30; ++i) {
      later.step(texts);
      world.time->advance(5min);
    }
    CHECK(cursor_bytes(world) <= 4 * 32 * 1024);
  }
}

TEST_CASE("JD-6: marks are bounded: the oldest segment goes when there are too many") {
  kefu::jd::SeenItems seen;
  std::size_t gone = 0;
  for (std::uint64_t i = 1; i <= 100'000; ++i) {
    seen.add(i, kefu::from_unix_seconds(static_cast<std::int64_t>(i)));
    if (seen.must_seal()) seen.seal();
    while (seen.take_old(kefu::WallTime())) ++gone;
    CHECK(seen.size() <= (kefu::jd::SeenItems::kMaxSegments + 1) * kefu::jd::SeenItems::kSegment);
  }
  CHECK(gone > 0);
  CHECK(seen.has(100'000));
  CHECK_FALSE(seen.has(1));
}

TEST_CASE("JD-6: a cursor's record reads back as it was, and what is damaged does not") {
  kefu::jd::StreamCursor cursor;
  cursor.start = kefu::from_unix_seconds(1'700'000'000);
  cursor.position = kefu::from_unix_seconds(1'700'100'000);
  cursor.window = PollWindow{kefu::from_unix_seconds(1'700'099'000), kefu::from_unix_seconds(1'700'101'000)};
  cursor.agent = 2;
  cursor.page = 7;
  cursor.floor = kefu::from_unix_seconds(1'700'098'000);
  cursor.open_days = {kefu::from_unix_seconds(1'699'000'000), kefu::from_unix_seconds(1'699'900'000)};
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    cursor.seen.add(i * 0x9E3779B97F4A7C15ULL, cursor.position);
    if (cursor.seen.must_seal()) cursor.seen.seal();
  }
  const std::string text = cursor.text();
  const auto read = kefu::jd::StreamCursor::parse(text);
  REQUIRE(read);
  CHECK(read->text() == text);
  CHECK(read->open_days == cursor.open_days);
  CHECK(read->floor == cursor.floor);
  CHECK(read->window->to == cursor.window->to);
  CHECK(read->seen.sealed().size() == 1);
  // What the next version put there stays when this one writes the cursor again.
  const auto next = kefu::jd::StreamCursor::parse(R"({"v":3,"at":1,"shards":[[1,"a"],{"b":2}]})");
  REQUIRE(next);
  CHECK(next->text().find(R"("shards":[[1,"a"],{"b":2}]})") != std::string::npos);
  for (const char* damaged : {"", "{}", "[]", "{\"v\":4,\"at\":1}", "{\"v\":1}", "{\"v\":1,\"at\":1,\"seen\":\"%%\"}",
                              "{\"v\":1,\"at\":1,\"seen\":\"AAAA\"}"}) {
    CAPTURE(damaged);
    CHECK_FALSE(kefu::jd::StreamCursor::parse(damaged));
  }
}

namespace {

/// Entries of what is so now, without times, two to a page; some leave the list while it is read.
class ShrinkingList final : public PollSource {
 public:
  std::string_view name() const override { return kefu::jd::poll_stream::kUnsolved; }
  bool shows_state() const override { return true; }
  void list(const PollWindow&, std::size_t, int page, const kefu::CancelToken&, Done<PollPage> done) override {
    PollPage answer;
    const std::size_t first = static_cast<std::size_t>(page - 1) * 2;
    PollUnit& unit = answer.units.emplace_back();
    for (std::size_t i = first; i < std::min(entries.size(), first + 2); ++i) {
      PolledItem item;
      item.stream = name();
      item.kind = PolledItem::Kind::customer_text;
      item.identity = item.text = entries[i];
      item.customer = kefu::jd::BuyerIds("pin");
      unit.items.push_back(item);
      answer.print += entries[i];
    }
    answer.total = static_cast<std::int64_t>(entries.size());
    answer.is_last = first + 2 >= entries.size();
    // The first entry goes: what stood on the next page now stands on this one.
    if (page == 1 && leaving > 0) {
      --leaving;
      entries.erase(entries.begin());
    }
    done(std::move(answer));
  }
  void read(const PollUnit&, const PollWindow&, int, const kefu::CancelToken&, Done<PollItems> done) override {
    done(PollItems());
  }
  std::vector<std::string> entries{"a", "b", "c", "d", "e", "f"};
  int leaving = 2;
};

}  // namespace

TEST_CASE("JD-6: entries that leave a list while it is read hide no others; untimed ones come once") {
  PollWorld world;
  PollProcess process(world);
  std::vector<std::unique_ptr<PollSource>> sources;
  sources.push_back(std::make_unique<ShrinkingList>());
  process.poller = std::make_shared<kefu::jd::ShopPoller>(parts_of(process), std::move(sources));
  for (int i = 0; i < 50; ++i) {
    process.drain();
    process.pass(30min);
  }
  CHECK(std::set<std::string>(world.taken.begin(), world.taken.end()) ==
        std::set<std::string>{"a", "b", "c", "d", "e", "f"});
  CHECK(world.taken.size() == 6);
}
