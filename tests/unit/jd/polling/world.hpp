#pragma once

#include "support/faulty_store.hpp"
#include "support/jd_twin_world.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/jd/time.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
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

/// What outlives the processes: JD's twin, the store, and what was said and taken.
struct PollWorld {
  PollWorld() {
    settings.agents = {kTwinAgent};
    settings.page_size = 5;
    settings.evaluations = false;
  }

  WallTime now() const { return time->wall(); }
  void advance(Millis by) const { time->advance(by); }

  /// A session that begins now and ends by itself.
  void open_chat(const std::string& customer, const std::string& sid, Millis length = std::chrono::hours(1)) {
    twin.buyer_does("open", R"({"sid":")" + sid + R"("})", customer);
    time->run_at(time->mono() + length,
                 [this, customer, sid] { twin.buyer_does("end", R"({"sid":")" + sid + R"("})", customer); });
  }
  /// What the customer says at a moment of the platform's; lists show it `late` after it.
  void say(const std::string& customer, const std::string& sid, WallTime at, const std::string& content,
           Millis late = 0ms) {
    const auto shown = std::chrono::duration_cast<std::chrono::seconds>(at + late - now());
    twin.buyer_does("write",
                    R"({"sid":")" + sid + R"(","content":")" + content + R"(","time":)" +
                        std::to_string(kefu::unix_seconds(at)) + R"(,"late_s":)" +
                        std::to_string(std::max<std::int64_t>(shown.count(), 0)) + "}",
                    customer);
    said.push_back(content);
  }
  std::uint64_t calls() const { return twin.sandbox.calls(); }

  JdTwinWorld twin;
  const std::shared_ptr<kefu::sandbox::SimulatedTime> time = twin.time;
  std::shared_ptr<kefu::MemoryStore> store = std::make_shared<kefu::MemoryStore>(time);
  kefu::jd::PollingSettings settings;
  std::set<std::string> unreadable;  ///< Customers whose log the platform refuses.
  std::vector<std::string> said;
  std::vector<std::string> taken;  ///< The texts that were taken, in the order of commits.
};

/// The way to the twin, which refuses some customers' logs as a back end out of order does.
class PollWire final : public kefu::Transport {
 public:
  PollWire(const PollWorld& world, std::shared_ptr<kefu::Transport> inner) : world_(world), inner_(std::move(inner)) {}
  void send(kefu::HttpRequest request, kefu::MonoTime deadline, kefu::CancelToken cancel,
            kefu::MoveFunction<void(kefu::HttpOutcome)> done) override {
    if (!is_refused(request)) return inner_->send(std::move(request), deadline, std::move(cancel), std::move(done));
    kefu::HttpReply reply;
    reply.status = 200;
    reply.body = R"({"error_response":{"code":"4711","zh_desc":"x","en_desc":"x"}})";
    world_.time->post([done = std::move(done), reply = std::move(reply)]() mutable { done(std::move(reply)); });
  }

 private:
  bool is_refused(const kefu::HttpRequest& request) const {
    if (request.body.find("im.pop.chatlog.get") == std::string::npos) return false;
    return std::any_of(world_.unreadable.begin(), world_.unreadable.end(), [&](const std::string& customer) {
      return request.body.find("%22" + customer + "%22") != std::string::npos;
    });
  }

  const PollWorld& world_;
  const std::shared_ptr<kefu::Transport> inner_;
};

/// One process that polls and keeps what it gets in the same store.
struct PollProcess {
  explicit PollProcess(PollWorld& w)
      : world(w), store(std::make_shared<FaultyStore>(w.store)), runtime(make_runtime()) {
    auto config = JdTwinWorld::app_config();
    config.calls_per_day = 1'000'000'000;
    auto made = kefu::jd::App::create(runtime, config);
    REQUIRE(made);
    app = std::make_unique<kefu::jd::App>(*std::move(made));
    kefu::jd::ShopConfig shop_config(kTwinJdShop);
    shop_config.token_source = std::make_shared<JdTwinWorld::TwinTokens>(w.twin.sandbox, kTwinJdShop);
    shop_config.polling = w.settings;
    auto opened = kefu::jd::Shop::create(*app, std::move(shop_config));
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().to_string()));
    poller = (*opened)->poller();
  }
  ~PollProcess() { runtime.stop(); }

  kefu::Runtime make_runtime() {
    kefu::RuntimeOptions options;
    options.clock = world.time;
    options.scheduler = std::make_shared<ProcessLoop>(world.time);
    options.store = store;
    options.observer = observer;
    options.transport = std::make_shared<PollWire>(world, world.twin.sandbox.transport(world.time));
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
  void pass(Millis by) { world.advance(by); }

  PollWorld& world;
  std::shared_ptr<RecordingObserver> observer = std::make_shared<RecordingObserver>();
  std::shared_ptr<FaultyStore> store;
  kefu::Runtime runtime;
  std::unique_ptr<kefu::jd::App> app;
  std::shared_ptr<kefu::Poller> poller;
};

}  // namespace kefu_test
