#pragma once

#include "support/fake_channel.hpp"
#include "support/faulty_store.hpp"
#include "support/process_loop.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

using namespace std::chrono_literals;
using kefu::Inbox;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::Millis;
using kefu::TextContent;
using kefu::WebhookResponse;
using kefu::sandbox::SimulatedTime;

/// Time and store that several processes share.
struct World {
  std::shared_ptr<SimulatedTime> time = std::make_shared<SimulatedTime>();
  std::shared_ptr<FaultyStore> store = std::make_shared<FaultyStore>(std::make_shared<kefu::MemoryStore>(time));
};

/// A request whose answer may come later.
struct Request {
  bool is_answered() const { return status != 0; }
  int status = 0;
  std::string body;
};
using RequestPtr = std::shared_ptr<Request>;

/// One process: its runtime, its account and its Inbox. The handler keeps every turn, unless it has something to say.
struct Shop {
  explicit Shop(World& w, InboxOptions options = {}) : world(w), runtime(make_runtime(w)) {
    channel = std::make_shared<FakeChannel>(runtime);
    auto created = Inbox::create(
        runtime, channel,
        [this](kefu::InboundEvent event, InboxTurn turn) {
          handled.push_back(event.event_id);
          if (on_event) return on_event(std::move(event), std::move(turn));
          turns.push_back(std::move(turn));
        },
        options);
    REQUIRE(created);
    inbox = std::make_unique<Inbox>(std::move(*created));
  }
  ~Shop() { turns.clear(); }
  static kefu::Runtime make_runtime(World& w, std::shared_ptr<kefu::Observer> observer = nullptr) {
    kefu::RuntimeOptions options;
    options.observer = std::move(observer);
    options.clock = w.time;
    options.scheduler = std::make_shared<ProcessLoop>(w.time);
    options.store = w.store;
    options.transport = std::make_shared<kefu::sandbox::ScriptedTransport>(w.time);
    auto runtime = kefu::Runtime::create(std::move(options));
    REQUIRE(runtime);
    return std::move(*runtime);
  }

  RequestPtr push(const std::string& body) {
    auto request = std::make_shared<Request>();
    inbox->handle(kefu::WebhookRequest("POST", "/", "", body)).then([request](kefu::Result<WebhookResponse> response) {
      request->status = response ? response->status : -1;
      request->body = response ? response->body : response.error().message();
    });
    world.time->run_ready();
    return request;
  }
  InboxTurn turn(std::size_t i = 0) {
    REQUIRE(turns.size() > i);
    return turns[i];
  }
  void pass(Millis by) { world.time->advance(by); }
  std::vector<kefu::DeadLetter> dead() {
    auto letters = inbox->dead_letters().get();
    REQUIRE(letters);
    return *letters;
  }
  std::vector<kefu::Message> sent() const { return channel->fake_messenger->sent(); }

  World& world;
  kefu::Runtime runtime;
  std::shared_ptr<FakeChannel> channel;
  std::unique_ptr<Inbox> inbox;
  std::vector<std::string> handled;
  std::vector<InboxTurn> turns;
  Inbox::Handler on_event;
};

/// "e2" of a customer whose "e1" the owner has just answered comes to two processes, one after the other: the first one
/// stores it, the owner handles it.
inline std::pair<RequestPtr, RequestPtr> push_at_both(Shop& owner, Shop& first, Shop& second) {
  owner.push("e1|c1|before");
  auto stored = first.push("e2|c1|hi");
  auto repeat = second.push("e2|c1|hi");
  owner.turn(0).answer(TextContent("first"));
  return {std::move(stored), std::move(repeat)};
}

inline std::string text_of(const kefu::Message& message) { return std::get<TextContent>(message.content).body; }

inline kefu::Error failure(kefu::ErrorKind kind, kefu::Delivery delivery, std::size_t parts = 0) {
  kefu::ErrorDetails details;
  details.message = "scripted";
  details.parts_delivered = parts;
  return kefu::Error(kind, delivery, std::move(details));
}

inline InboxOptions three_tries() {
  InboxOptions options;
  options.tries = 3;
  return options;
}

}  // namespace kefu_test
