#pragma once

#include "support/fake_poller.hpp"
#include "unit/channel/inbox/shop.hpp"

#include <map>
#include <optional>
#include <set>

namespace kefu_test {

/// The receiver of an application whose one URL serves many accounts: a push is "<account>!<as of FakeReceiver>", or
/// "<account>!wake!<token>".
class AppReceiver final : public kefu::PushReceiver {
 public:
  kefu::OpenedPush open(const kefu::WebhookRequest& request, kefu::WallTime now) const override {
    const std::size_t mark = request.body.find('!');
    if (mark == std::string_view::npos)
      return kefu::OpenedPush(kefu::PushFault::bad_envelope, "no account", kefu::WebhookResponse(403, "refused"));
    const std::string_view rest = request.body.substr(mark + 1);
    constexpr std::string_view kWake = "wake!";
    if (rest.substr(0, kWake.size()) == kWake) {
      kefu::PollWake wake(std::string(request.body.substr(0, mark)), std::string(rest.substr(kWake.size())));
      return kefu::OpenedPush(std::move(wake), acknowledge());
    }
    const FakeReceiver of_account{std::string(request.body.substr(0, mark))};
    return of_account.open(kefu::WebhookRequest(request.method, {}, {}, rest), now);
  }
  kefu::Result<kefu::WebhookResponse> reply(const kefu::ReplyContext& context, const kefu::PassiveReply& reply,
                                            kefu::WallTime now) const override {
    return FakeReceiver().reply(context, reply, now);
  }
  kefu::WebhookResponse acknowledge() const override { return kefu::WebhookResponse(200, "success"); }
  kefu::Result<kefu::InboundEvent> reopen(std::string_view, kefu::WallTime) const override {
    return kefu::Error(kefu::ErrorKind::bad_argument, "an application has no events of its own");
  }
};

/// One process with an Inbox of many accounts, which its resolver makes when they are first asked for. The handler
/// keeps every turn, unless it has something to say.
struct Mall {
  using Asked = kefu::Pending<std::shared_ptr<kefu::Channel>>;

  explicit Mall(World& w, InboxOptions options = {}, std::shared_ptr<kefu::Observer> observer = nullptr)
      : world(w), runtime(Shop::make_runtime(w, std::move(observer))) {
    auto created = Inbox::create(
        runtime, "fake", [this](const std::string& account) { return resolve(account); },
        [this](kefu::InboundEvent event, InboxTurn turn) {
          handled.push_back(event.account + '/' + event.event_id);
          if (on_event) return on_event(std::move(event), std::move(turn));
          turns.emplace_back(event.account, std::move(turn));
        },
        options);
    REQUIRE(created);
    inbox = std::make_unique<Inbox>(std::move(*created));
  }
  ~Mall() { turns.clear(); }

  std::shared_ptr<FakeChannel> channel(const std::string& account) {
    auto& made = channels[account];
    if (!made) made = std::make_shared<FakeChannel>(runtime, account);
    return made;
  }
  /// The account polls: `lines` is what its platform has.
  FakePoller& polled(const std::string& account, std::shared_ptr<std::vector<std::string>> lines = nullptr) {
    auto poller = std::make_shared<FakePoller>(
        runtime,
        [lines](std::size_t i) {
          return lines && i < lines->size() ? std::optional<std::string>((*lines)[i]) : std::nullopt;
        },
        5, account);
    poller->pause = 1h;
    channel(account)->source = poller;
    return *poller;
  }
  /// What became of something that answers later; "waits" if it has not.
  std::string outcome(kefu::Pending<void> pending) {
    auto said = std::make_shared<std::string>("waits");
    std::move(pending).then([said](const kefu::Result<void>& result) {
      *said = result ? std::string("ok") : std::string(kefu::to_string(result.error().kind()));
    });
    world.time->run_ready();
    return *said;
  }
  RequestPtr push(const std::string& body) {
    auto request = std::make_shared<Request>();
    inbox->handle(receiver, kefu::WebhookRequest("POST", "/", "", body))
        .then([request](kefu::Result<WebhookResponse> response) {
          request->status = response ? response->status : -1;
          request->body = response ? response->body : response.error().message();
        });
    world.time->run_ready();
    return request;
  }
  void pass(Millis by) { world.time->advance(by); }
  std::vector<kefu::DeadLetter> dead() {
    auto letters = inbox->dead_letters().get();
    REQUIRE(letters);
    return *letters;
  }
  std::size_t open_of(const std::string& account) const {
    std::size_t open = 0;
    for (const auto& turn : turns) open += turn.first == account ? 1 : 0;
    return open;
  }
  /// The oldest turn ends.
  void end_oldest() {
    REQUIRE_FALSE(turns.empty());
    turns.front().second.done();
    turns.erase(turns.begin());
    pass(1ms);
  }

  World& world;
  kefu::Runtime runtime;
  std::map<std::string, std::shared_ptr<FakeChannel>> channels;
  std::set<std::string> lost;        ///< Accounts that the resolver does not find...
  std::optional<kefu::Error> fault;  ///< ...or says this of.
  int asked = 0;
  std::shared_ptr<kefu::Channel> wrong;  ///< What it gives for every account.
  const std::shared_ptr<AppReceiver> receiver = std::make_shared<AppReceiver>();
  std::unique_ptr<Inbox> inbox;
  std::vector<std::string> handled;
  std::vector<std::pair<std::string, InboxTurn>> turns;
  Inbox::Handler on_event;

 private:
  Asked resolve(const std::string& account) {
    ++asked;
    kefu::Promise<std::shared_ptr<kefu::Channel>> promise(runtime.home());
    auto pending = promise.pending();
    using Found = std::shared_ptr<kefu::Channel>;
    if (lost.count(account) == 0) {
      promise.answer(Found(channel(account)));
    } else if (fault) {
      promise.answer(*fault);
    } else {
      promise.answer(Found(wrong));
    }
    return pending;
  }
};

}  // namespace kefu_test
