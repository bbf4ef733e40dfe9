#pragma once

#include "support/jd_twin_world.hpp"

#include <kefu/core/store.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// A shop that is polled by hand.
struct PolledShop : JdTwinWorld {
  explicit PolledShop(std::int64_t calls = 10'000'000)
      : kept(std::make_shared<kefu::MemoryStore>(time)), calls_per_day(calls) {
    restart_here();
    settings = shop_config();
    open();
  }
  void open() { polled = shop(settings); }
  /// As a host's process that ended and began anew.
  void begin_anew() {
    polled.reset();
    restart_here();
    open();
  }
  /// The application with its own number of calls a day.
  void restart_here() {
    restart(kept);
    auto config = app_config();
    config.calls_per_day = calls_per_day;
    auto made = kefu::jd::App::create(*runtime, config);
    REQUIRE(made);
    app = std::make_unique<kefu::jd::App>(*std::move(made));
  }
  kefu::Result<kefu::PollBatch> poll() { return polled->poller()->poll().get(); }
  /// One poll whose batch is accepted; what came is kept.
  kefu::Result<kefu::PollBatch> take() {
    auto batch = poll();
    if (!batch) return batch;
    CHECK(batch->events.size() <= kefu::Poller::kMaxEvents);
    largest_writes = std::max(largest_writes, batch->cursor.size());
    for (const auto& write : batch->cursor)
      if (write.value) largest_value = std::max(largest_value, write.value->size());
    if (!batch->cursor.empty()) REQUIRE(polled->poller()->accept(batch->cursor).get());
    for (const auto& event : batch->events) {
      CHECK(ids.insert(event.event_id).second);
      events.push_back(event);
    }
    return batch;
  }
  /// Polls until nothing waits.
  kefu::PollBatch drain() {
    for (int i = 0; i < 20'000; ++i) {
      auto batch = take();
      REQUIRE_MESSAGE(batch.has_value(), (batch ? "" : batch.error().to_string()));
      if (!batch->more) return *std::move(batch);
    }
    FAIL("it never ends");
    return {};
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> found;
    for (const auto& event : events)
      if (const auto* text = std::get_if<kefu::ReceivedText>(&event.payload)) found.push_back(text->body);
    return found;
  }
  template <class Payload>
  std::vector<Payload> all() const {
    std::vector<Payload> found;
    for (const auto& event : events)
      if (const auto* one = std::get_if<Payload>(&event.payload)) found.push_back(*one);
    return found;
  }

  const std::shared_ptr<kefu::Store> kept;
  const std::int64_t calls_per_day;
  kefu::jd::ShopConfig settings{kTwinJdShop};
  std::shared_ptr<kefu::jd::Shop> polled;
  std::vector<kefu::InboundEvent> events;
  std::set<std::string> ids;
  std::size_t largest_writes = 0;
  std::size_t largest_value = 0;
};

}  // namespace kefu_test
