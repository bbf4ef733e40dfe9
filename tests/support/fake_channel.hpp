#pragma once

#include <kefu/channel/channel.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/runtime.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kefu_test {

/// A platform for tests. A push is "<event id>|<customer>|<text>", of an agent "agent: <text>"; "bad" is refused; GET
/// is the URL check. It answers with text and transfers only.
class FakeReceiver : public kefu::PushReceiver {
 public:
  explicit FakeReceiver(std::string account = "shop") : account_(std::move(account)) {}
  struct Context final : kefu::ReplyContext {
    explicit Context(std::string c) : customer(std::move(c)) {}
    std::string customer;
  };

  kefu::OpenedPush open(const kefu::WebhookRequest& request, kefu::WallTime now) const override {
    if (request.method == "GET") return kefu::OpenedPush(kefu::WebhookResponse(200, "echo"));
    auto event = reopen(request.body, now);
    if (!event) {
      return kefu::OpenedPush(kefu::PushFault::bad_signature, "not authentic", kefu::WebhookResponse(403, "refused"));
    }
    kefu::OpenedPush push(*event, std::make_shared<Context>(event->customer.id));
    push.answer = acknowledge();
    return push;
  }
  kefu::Result<kefu::WebhookResponse> reply(const kefu::ReplyContext& context, const kefu::PassiveReply& reply,
                                            kefu::WallTime) const override {
    const std::string to = " to " + static_cast<const Context&>(context).customer;
    if (const auto* content = std::get_if<kefu::Content>(&reply)) {
      const auto* text = std::get_if<kefu::TextContent>(content);
      if (text == nullptr) return kefu::Error(kefu::ErrorKind::unsupported, "no such passive reply");
      return kefu::WebhookResponse(200, text->body + to);
    }
    return kefu::WebhookResponse(200, "transfer" + to);
  }
  kefu::WebhookResponse acknowledge() const override { return kefu::WebhookResponse(200, "success"); }
  kefu::Result<kefu::InboundEvent> reopen(std::string_view raw, kefu::WallTime received) const override {
    const std::size_t first = raw.find('|');
    const std::size_t second = raw.find('|', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
      return kefu::Error(kefu::ErrorKind::bad_argument, "not a push");
    }
    kefu::InboundEvent event;
    event.platform = "fake";
    event.account = account_;
    event.event_id = raw.substr(0, first);
    event.customer.id = raw.substr(first + 1, second - first - 1);
    const std::string_view text = raw.substr(second + 1);
    constexpr std::string_view kAgent = "agent: ";
    if (text.substr(0, kAgent.size()) == kAgent) {
      event.payload = kefu::AgentSpoke("a", std::string(text.substr(kAgent.size())));
    } else {
      event.payload = kefu::ReceivedText(std::string(text));
      event.trigger = "message";
    }
    event.raw = raw;
    event.platform_time = event.received_time = received;
    return event;
  }

 private:
  const std::string account_;
};

/// Finds out whose event it is when it is told to.
class LateReceiver final : public FakeReceiver {
 public:
  void recognize(kefu::InboundEvent event,
                 kefu::MoveFunction<void(kefu::Result<kefu::InboundEvent>)> done) const override {
    if (!late) return done(std::move(event));
    found = [event = std::move(event), done = std::make_shared<decltype(done)>(std::move(done))] { (*done)(event); };
  }
  bool late = true;
  mutable std::function<void()> found;  ///< Empty until it is asked.
};

/// Remembers what it was asked to send and answers from a script; with an empty script everything arrives.
class FakeMessenger final : public kefu::Messenger {
 public:
  explicit FakeMessenger(const kefu::Runtime& runtime) : home_(runtime.home()) {}

  void fail(kefu::Error error) {
    const std::lock_guard lock(mutex_);
    script_.push_back(std::move(error));
  }
  std::vector<kefu::Message> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

  kefu::Pending<kefu::Receipt> send(kefu::Message message, kefu::CallOptions) override {
    kefu::Promise<kefu::Receipt> promise(home_);
    auto pending = promise.pending();
    kefu::Result<kefu::Receipt> result{kefu::Receipt()};
    {
      const std::lock_guard lock(mutex_);
      sent_.push_back(std::move(message));
      if (!script_.empty()) {
        result = script_.front();
        script_.pop_front();
      }
    }
    promise.answer(std::move(result));
    return pending;
  }
  kefu::Pending<kefu::SendPlan> plan(kefu::Message, kefu::CallOptions) override {
    kefu::Promise<kefu::SendPlan> promise(home_);
    auto pending = promise.pending();
    kefu::SendPlan plan;
    plan.allowed = true;
    plan.messages = 1;
    promise.answer(std::move(plan));
    return pending;
  }
  kefu::Pending<void> typing(kefu::Address, bool, kefu::CallOptions) override {
    kefu::Promise<void> promise(home_);
    auto pending = promise.pending();
    promise.answer(kefu::Result<void>());
    return pending;
  }

 private:
  const std::shared_ptr<kefu::detail::PendingHome> home_;
  mutable std::mutex mutex_;
  std::deque<kefu::Error> script_;
  std::vector<kefu::Message> sent_;
};

class FakeChannel final : public kefu::Channel {
 public:
  explicit FakeChannel(const kefu::Runtime& runtime, std::string id = "shop", std::string platform = "fake")
      : fake_messenger(std::make_shared<FakeMessenger>(runtime)),
        receiver(std::make_shared<FakeReceiver>(id)),
        id_(std::move(id)),
        platform_(std::move(platform)) {}
  const std::string& id() const override { return id_; }
  const std::string& platform() const override { return platform_; }
  const kefu::Capabilities& capabilities() const override { return abilities; }
  std::shared_ptr<kefu::Messenger> messenger() const override { return can_send ? fake_messenger : nullptr; }
  std::shared_ptr<kefu::PushReceiver> push_receiver() const override { return receiver; }
  std::shared_ptr<kefu::Poller> poller() const override { return source; }
  std::shared_ptr<kefu::ReplyLedger> reply_ledger() const override { return ledger; }
  std::shared_ptr<kefu::AgentSessions> agent_sessions() const override { return sessions; }

  kefu::Capabilities abilities;
  bool can_send = true;
  std::shared_ptr<FakeMessenger> fake_messenger;
  std::shared_ptr<kefu::PushReceiver> receiver;
  std::shared_ptr<kefu::Poller> source;
  std::shared_ptr<kefu::ReplyLedger> ledger;
  std::shared_ptr<kefu::AgentSessions> sessions;

 private:
  const std::string id_;
  const std::string platform_;
};

}  // namespace kefu_test
