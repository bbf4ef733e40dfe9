// One of several processes that share an Inbox.
//   inbox_child <store file> <log file> <lease ms> <answer within ms> [<events to poll>]
// A line of standard input is a push ("<event id>|<customer>|<text>", see FakeReceiver). Standard output says
// "ready", "answer <event id> <status> <body>" and "sent <event id> <text>". The log file, which all processes append
// to, says "begin <event id> <customer>" and "end <event id> <customer>" around each handling.
//
// With events to poll it is no push platform: event number i is "e<i>|c<i % 5>|...", mostly "quick".
//
// The text says what the handler does: "quick" answers at once, "slow" after 250 ms, "hold" never.
#include "core/async/runtime_core.hpp"
#include "support/fake_poller.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/stores/sqlite.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <mutex>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

/// One write, so that lines of several processes do not mix and a kill leaves no half of one.
void write_line(int file, std::string text) {
  text += '\n';
  if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::_Exit(9);
}
void say(std::string text) { write_line(STDOUT_FILENO, std::move(text)); }

/// Says what it sends; all of it arrives.
class LoudMessenger final : public kefu::Messenger {
 public:
  explicit LoudMessenger(std::shared_ptr<kefu::Messenger> inner) : inner_(std::move(inner)) {}
  kefu::Pending<kefu::Receipt> send(kefu::Message message, kefu::CallOptions options) override {
    say(fmt::format("sent {} {}", message.idempotency_key, std::get<kefu::TextContent>(message.content).body));
    return inner_->send(std::move(message), options);
  }
  kefu::Pending<kefu::SendPlan> plan(kefu::Message message, kefu::CallOptions options) override {
    return inner_->plan(std::move(message), options);
  }
  kefu::Pending<void> typing(kefu::Address to, bool on, kefu::CallOptions options) override {
    return inner_->typing(std::move(to), on, options);
  }

 private:
  const std::shared_ptr<kefu::Messenger> inner_;
};

class LoudChannel final : public kefu::Channel {
 public:
  LoudChannel(const kefu::Runtime& runtime, std::size_t to_poll)
      : base_(runtime), messenger_(std::make_shared<LoudMessenger>(base_.messenger())) {
    if (to_poll == 0) return;
    auto poller = std::make_shared<kefu_test::FakePoller>(runtime, [to_poll](std::size_t i) {
      return i < to_poll
                 ? std::optional<std::string>(fmt::format("e{}|c{}|{}", i, i % 5, i / 5 % 10 == 3 ? "slow" : "quick"))
                 : std::nullopt;
    });
    poller->pause = kefu::Millis(20);
    base_.source = std::move(poller);
    base_.receiver = nullptr;
  }
  const std::string& id() const override { return base_.id(); }
  const std::string& platform() const override { return base_.platform(); }
  const kefu::Capabilities& capabilities() const override { return base_.capabilities(); }
  std::shared_ptr<kefu::Messenger> messenger() const override { return messenger_; }
  std::shared_ptr<kefu::PushReceiver> push_receiver() const override { return base_.push_receiver(); }
  std::shared_ptr<kefu::Poller> poller() const override { return base_.poller(); }

 private:
  kefu_test::FakeChannel base_;
  const std::shared_ptr<kefu::Messenger> messenger_;
};

/// Handles events as their text says.
class Handler {
 public:
  Handler(const kefu::Runtime& runtime, int log) : core_(kefu::detail::core_of(runtime)), log_(log) {}

  void operator()(const kefu::InboundEvent& event, kefu::InboxTurn turn) {
    write_line(log_, fmt::format("begin {} {}", event.event_id, event.customer.id));
    const std::string& text = std::get<kefu::ReceivedText>(event.payload).body;
    auto finish = [log = log_, id = event.event_id, customer = event.customer.id, turn] {
      write_line(log, fmt::format("end {} {}", id, customer));
      turn.answer(kefu::TextContent("re:" + id));
    };
    if (text == "hold") {
      static std::mutex mutex;
      static std::vector<kefu::InboxTurn> held;
      const std::lock_guard lock(mutex);
      held.push_back(turn);
    } else if (text == "slow") {
      core_->scheduler->run_at(core_->clock->mono() + kefu::Millis(250), std::move(finish));
    } else {
      finish();
    }
  }

 private:
  const std::shared_ptr<kefu::detail::RuntimeCore> core_;
  const int log_;
};

[[noreturn]] void fail(const kefu::Error& error) {
  say("failed " + error.to_string());
  std::_Exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) return 2;
  kefu::SqliteOptions file(argv[1]);
  file.busy_timeout = kefu::Millis(60'000);
  auto store = kefu::SqliteStore::open(file);
  if (!store) fail(store.error());
  const int log = ::open(argv[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (log < 0) return 3;

  kefu::RuntimeOptions options;
  options.store = *store;
  options.multi_instance = true;
  auto runtime = kefu::Runtime::create(std::move(options));
  if (!runtime) fail(runtime.error());
  kefu::InboxOptions inbox_options;
  inbox_options.lease = kefu::Millis(std::atoi(argv[3]));
  inbox_options.sweep = kefu::Millis(100);
  inbox_options.answer_within = kefu::Millis(std::atoi(argv[4]));
  const std::size_t to_poll = argc == 6 ? static_cast<std::size_t>(std::atoi(argv[5])) : 0;
  say("ready");
  auto inbox = kefu::Inbox::create(*runtime, std::make_shared<LoudChannel>(*runtime, to_poll), Handler(*runtime, log),
                                   inbox_options);
  if (!inbox) fail(inbox.error());
  for (std::string push; std::getline(std::cin, push);) {
    const std::string id = push.substr(0, push.find('|'));
    inbox->handle(kefu::WebhookRequest("POST", "/", "", push)).then([id](kefu::Result<kefu::WebhookResponse> response) {
      if (response) say(fmt::format("answer {} {} {}", id, response->status, response->body));
    });
  }
  return 0;
}
