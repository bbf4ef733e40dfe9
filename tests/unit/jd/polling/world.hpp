#pragma once

#include "jd/polling/poller.hpp"
#include "jd/polling/source.hpp"
#include "support/faulty_store.hpp"
#include "support/process_loop.hpp"
#include "support/simulated_core.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/jd/thread.hpp>
#include <kefu/jd/time.hpp>
#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

using namespace std::chrono_literals;
using kefu::Millis;
using kefu::PollBatch;
using kefu::WallTime;
using kefu::jd::PolledItem;
using kefu::jd::PollItems;
using kefu::jd::PollPage;
using kefu::jd::PollSource;
using kefu::jd::PollUnit;
using kefu::jd::PollWindow;

/// A platform's chats as its lists show them: by day (GMT+8), in pages, late where a line says so.
struct FakeChats {
  struct Line {
    std::string customer;
    std::string sid;
    WallTime time;
    WallTime visible;
    std::string content;
    bool from_waiter = false;
  };
  struct Session {
    std::string customer;
    std::string sid;
    WallTime begin;
    std::optional<WallTime> end;
  };
  std::vector<Session> sessions;
  std::vector<Line> lines;
  int page_size = 5;
  bool newest_first = false;
  int list_calls = 0;
  int read_calls = 0;
  Millis clock_error{0};             ///< The platform's clock minus ours.
  std::deque<kefu::Error> failures;  ///< Of the next calls.
  std::set<std::string> unreadable;  ///< Customers whose log is refused.
  std::function<void()> on_call = [] {};

  void say(const std::string& customer, const std::string& sid, WallTime time, const std::string& content,
           Millis late = 0ms) {
    lines.push_back(Line{customer, sid, time, time + late, content, false});
  }
};

class FakeChatSource final : public PollSource {
 public:
  FakeChatSource(std::shared_ptr<FakeChats> chats, std::shared_ptr<const kefu::Clock> clock)
      : chats_(std::move(chats)), clock_(std::move(clock)) {}
  std::string_view name() const override { return kefu::jd::poll_stream::kChat; }
  bool lists_by_begin() const override { return true; }

  void list(const PollWindow& window, std::size_t, int page, const kefu::CancelToken&, Done<PollPage> done) override {
    ++chats_->list_calls;
    chats_->on_call();
    if (auto error = failure()) return done(*error);
    CHECK(window.to - window.from <= std::chrono::hours(24 * 7));
    CHECK(window.from >= clock_->wall() - std::chrono::hours(24 * 90));
    std::vector<const FakeChats::Session*> found;
    for (const auto& session : chats_->sessions) {
      if (session.begin <= now() && in_days(session.begin, window)) found.push_back(&session);
    }
    if (chats_->newest_first) std::reverse(found.begin(), found.end());
    PollPage answer;
    const auto size = static_cast<std::size_t>(chats_->page_size);
    const std::size_t first = static_cast<std::size_t>(page - 1) * size;
    for (std::size_t i = first; i < std::min(found.size(), first + size); ++i) {
      const auto& session = *found[i];
      answer.print += session.sid;
      const bool is_open = !session.end || *session.end > now();
      if (is_open) answer.open_days.push_back(kefu::jd::start_of_day(session.begin));
      PollUnit one = unit(session.customer, session.sid);
      one.entry = kefu::jd::seen_mark(session.sid + (is_open ? " open" : " ended"));
      if (!is_open) one.ended = session.end;
      answer.units.push_back(std::move(one));
    }
    answer.is_last = first + size >= found.size();
    done(std::move(answer));
  }

  void read(const PollUnit& unit, const PollWindow& window, int page, const kefu::CancelToken&,
            Done<PollItems> done) override {
    ++chats_->read_calls;
    chats_->on_call();
    if (auto error = failure()) return done(*error);
    if (chats_->unreadable.count(unit.customer.pin) != 0)
      return done(kefu::Error(kefu::ErrorKind::internal, "unknown code 4711"));
    PollItems answer;
    std::size_t skip = static_cast<std::size_t>(page - 1) * static_cast<std::size_t>(chats_->page_size);
    std::vector<const FakeChats::Line*> found;
    for (const auto& line : chats_->lines) {
      if (line.customer == unit.customer.pin && line.visible <= now() && in_days(line.time, window))
        found.push_back(&line);
    }
    std::stable_sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->time < b->time; });
    if (chats_->newest_first) std::reverse(found.begin(), found.end());
    answer.is_last = true;
    for (const auto* line : found) {
      if (skip > 0) {
        --skip;
        continue;
      }
      if (answer.items.size() == static_cast<std::size_t>(chats_->page_size)) {
        answer.is_last = false;
        break;
      }
      answer.newest = std::max(answer.newest.value_or(line->time), line->time);
      answer.items.push_back(item(*line));
    }
    done(std::move(answer));
  }

 private:
  WallTime now() const { return clock_->wall() + chats_->clock_error; }
  std::optional<kefu::Error> failure() {
    if (chats_->failures.empty()) return std::nullopt;
    kefu::Error error = chats_->failures.front();
    chats_->failures.pop_front();
    return error;
  }
  static bool in_days(WallTime time, const PollWindow& window) {
    return time >= kefu::jd::start_of_day(window.from) &&
           time < kefu::jd::start_of_day(window.to) + std::chrono::hours(24);
  }
  static PollUnit unit(const std::string& customer, const std::string& sid) {
    PollUnit unit;
    unit.name = sid;
    unit.must_read = true;
    unit.customer = kefu::jd::BuyerIds(customer);
    unit.scope = sid;
    unit.once = kefu::jd::seen_mark(customer);
    return unit;
  }
  static PolledItem item(const FakeChats::Line& line) {
    PolledItem item;
    item.stream = kefu::jd::poll_stream::kChat;
    item.kind = line.from_waiter ? PolledItem::Kind::agent_text : PolledItem::Kind::customer_text;
    item.identity = kefu::jd::chat_identity(line.sid, line.time, line.from_waiter, line.content);
    item.customer = kefu::jd::BuyerIds(line.customer);
    item.scope = line.sid;
    item.thread = kefu::jd::thread_of(kefu::jd::SessionThread(line.sid));
    item.time = line.time;
    item.text = line.content;
    item.raw = "{\"content\":\"" + line.content + "\"}";
    return item;
  }

  const std::shared_ptr<FakeChats> chats_;
  const std::shared_ptr<const kefu::Clock> clock_;
};

/// What outlives the processes.
struct PollWorld {
  std::shared_ptr<kefu::sandbox::SimulatedTime> time = std::make_shared<kefu::sandbox::SimulatedTime>();
  std::shared_ptr<kefu::MemoryStore> store = std::make_shared<kefu::MemoryStore>(time);
  std::shared_ptr<FakeChats> chats = std::make_shared<FakeChats>();
  kefu::jd::PollingSettings settings;
  std::int64_t calls_per_day = 0;

  WallTime now() const { return time->wall(); }
  /// The texts that were taken, in the order of commits.
  std::vector<std::string> taken;
};

/// One process that polls and keeps what it gets in the same store.
struct PollProcess {
  explicit PollProcess(PollWorld& w, const std::string& shop = "shop")
      : world(w), store(std::make_shared<FaultyStore>(w.store)), runtime(make_runtime()) {
    kefu::jd::PollParts parts;
    parts.runtime = kefu::detail::core_of(runtime);
    parts.shop = shop;
    parts.settings = w.settings;
    parts.budget = budget = std::make_shared<kefu::jd::CallBudget>(
        kefu::detail::core_of(runtime), "app-key", w.calls_per_day, 0.5,
        std::make_shared<kefu::jd::CallStop>(kefu::detail::core_of(runtime), "app-key"));
    parts.customers = customers = std::make_shared<kefu::jd::CustomerBook>(parts.runtime, shop);
    std::vector<std::unique_ptr<PollSource>> sources;
    sources.push_back(std::make_unique<FakeChatSource>(w.chats, w.time));
    poller = std::make_shared<kefu::jd::ShopPoller>(std::move(parts), std::move(sources));
  }
  ~PollProcess() { runtime.stop(); }

  kefu::Runtime make_runtime() {
    kefu::RuntimeOptions options;
    options.clock = world.time;
    options.scheduler = std::make_shared<ProcessLoop>(world.time);
    options.store = store;
    options.observer = observer;
    options.transport = std::make_shared<kefu::sandbox::ScriptedTransport>(world.time);
    auto made = kefu::Runtime::create(std::move(options));
    REQUIRE(made);
    return std::move(*made);
  }

  kefu::Result<PollBatch> poll() { return poller->poll({}).get(); }

  /// Commits events and cursor at once. False: the process is dead, or another one took the batch.
  bool take(const PollBatch& batch) {
    std::vector<kefu::StoreWrite> writes = batch.cursor;
    for (const auto& event : batch.events) writes.push_back(kefu::StoreWrite::put("taken/" + event.event_id, "", 0));
    auto outcome = store->commit(writes, kefu::Durability::full);
    const bool is_done = outcome ? outcome->committed : is_taken(batch);
    if (is_done) {
      for (const auto& event : batch.events) world.taken.push_back(text_of(event));
    } else if (outcome) {
      // The cursor, not an event: no event comes twice.
      CHECK(outcome->conflict < batch.cursor.size());
    }
    return outcome && outcome->committed;
  }
  bool is_taken(const PollBatch& batch) {
    return !batch.events.empty() && world.store->get("taken/" + batch.events[0].event_id).value().has_value();
  }
  static std::string text_of(const kefu::InboundEvent& event) {
    if (const auto* text = std::get_if<kefu::ReceivedText>(&event.payload)) return text->body;
    return "?";
  }
  /// Polls and takes until nothing waits; answers the batch that said so.
  PollBatch drain(int most = 10'000) {
    for (int i = 0; i < most; ++i) {
      auto batch = poll();
      REQUIRE_MESSAGE(batch.has_value(), (batch ? "" : batch.error().to_string()));
      CHECK(batch->events.size() <= kefu::Poller::kMaxEvents);
      CHECK(batch->cursor.size() <= kefu::Poller::kMaxCursorWrites);
      take(*batch);
      if (!batch->more) return *batch;
    }
    FAIL("it never ends");
    return {};
  }
  void pass(Millis by) { world.time->advance(by); }

  PollWorld& world;
  std::shared_ptr<RecordingObserver> observer = std::make_shared<RecordingObserver>();
  std::shared_ptr<FaultyStore> store;
  kefu::Runtime runtime;
  std::shared_ptr<kefu::jd::CallBudget> budget;
  std::shared_ptr<kefu::jd::CustomerBook> customers;
  std::shared_ptr<kefu::jd::ShopPoller> poller;
};

}  // namespace kefu_test
