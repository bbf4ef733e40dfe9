#include "soak/worker.hpp"

#include "core/async/runtime_core.hpp"
#include "soak/shared_clock.hpp"
#include "support/faulty_store.hpp"
#include "support/planted_secrets.hpp"
#include "support/store_place.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/wechat/account.hpp>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace kefu_soak {
namespace {

using kefu::Millis;
using kefu::Secret;
using kefu_test::FaultyStore;

std::string microseconds() {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

/// The shop's token, which somebody else keeps.
class GivenToken final : public kefu::TokenSource {
 public:
  explicit GivenToken(std::string token) : token_(std::move(token)) {}
  void get(kefu::MoveFunction<void(kefu::Result<Secret>)> done) override { done(Secret(token_)); }
  void report_invalid(const Secret&, kefu::MoveFunction<void(kefu::Result<void>)> done) override { done({}); }

 private:
  const std::string token_;
};

/// Handles an event in the manner that its text names, and tells the judge when it begins.
class Handler {
 public:
  Handler(const kefu::Runtime& runtime, const Wire& wire, Millis answer_within)
      : core_(kefu::detail::core_of(runtime)), wire_(wire), answer_within_(answer_within) {}

  void handle(const kefu::InboundEvent& event, const kefu::InboxTurn& turn) {
    const auto* text = std::get_if<kefu::ReceivedText>(&event.payload);
    const std::string id = text == nullptr ? std::string() : id_in(text->body);
    if (id.empty()) return turn.done();
    wire_.send({"begin", id, microseconds()}, true);
    const std::string manner = text->body.substr(text->body.rfind(' ') + 1);
    if (manner == "silent") return turn.done();
    if (manner == "flaky" && is_first(id)) return turn.failed("not this time");
    if (manner == "drop" && is_first(id)) return;
    if (manner == "slow") return later(Millis(50 + static_cast<int>(id.back() - '0') * 60), id, turn);
    if (manner == "late") return later(answer_within_ + Millis(200 + (id.back() - '0') * 50), id, turn);
    if (manner == "menu") {
      return turn.answer(kefu::MenuContent("re:#" + id + "#",
                                           {kefu::MenuContent::Item("1", "yes"), kefu::MenuContent::Item("2", "no")}));
    }
    turn.answer(kefu::TextContent("re:#" + id + "#"));
    if (manner == "twice") turn.answer(kefu::TextContent("re:#" + id + "# again"));
  }

 private:
  bool is_first(const std::string& id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    // Bounded: what was seen long ago may fail once more.
    if (seen_.size() > 1000) seen_.clear();
    return seen_.insert(id).second;
  }
  void later(Millis pause, const std::string& id, const kefu::InboxTurn& turn) {
    core_->scheduler->run_at(core_->clock->mono() + pause,
                             [id, turn] { turn.answer(kefu::TextContent("re:#" + id + "#")); });
  }

  const std::shared_ptr<kefu::detail::RuntimeCore> core_;
  const Wire& wire_;
  const Millis answer_within_;
  std::mutex mutex_;
  std::set<std::string> seen_;
};

kefu::ReplyRules generous_rules() {
  kefu::ReplyRules rules;
  rules.rules.emplace_back("message", 1'000'000, std::chrono::hours(48));
  return rules;
}

class Worker {
 public:
  Worker(const Setup& setup, Wire wire, std::shared_ptr<kefu::Store> store)
      : setup_(setup), wire_(std::move(wire)), clock_(std::make_shared<SharedClock>(setup.clock)) {
    store_ = std::make_shared<FaultyStore>(store ? std::move(store) : open_file());
    store_->before = [this](std::string_view) { stall(); };
    kefu::RuntimeOptions options;
    options.store = store_;
    options.clock = clock_;
    options.multi_instance = true;
    runtime_ = std::make_unique<kefu::Runtime>(kefu::Runtime::create(std::move(options)).value());
    handler_ = std::make_shared<Handler>(*runtime_, wire_, setup.answer_within);
    open(wechat(kServiceAccount, kServiceOriginal, kefu::wechat::AccountKind::service_account));
    open(wechat(kMiniProgram, kMiniOriginal, kefu::wechat::AccountKind::mini_program));
    open(shop());
  }

  int run() {
    wire_.send({"ready"}, true);
    for (Fields told;;) {
      const Wire::Got got = wire_.receive(told, Millis(20));
      if (got == Wire::Got::end) return die();
      lift_faults();
      if (got == Wire::Got::nothing) continue;
      if (told[0] == "end") break;
      if (told[0] == "push") push(told);
      if (told[0] == "fault") fault(told[1], std::stoi(told[2]));
      if (told[0] == "dead") list_dead();
    }
    drain();
    inboxes_.clear();
    runtime_->stop();
    wire_.send({"over"}, true);
    return 0;
  }

 private:
  /// As before a deploy: what was begun ends, the rest is the others' at once. It may take longer than it gets.
  void drain() const {
    std::vector<kefu::Pending<void>> drained;
    for (const auto& entry : inboxes_) drained.push_back(entry.second.drain(setup_.answer_within));
    for (auto& one : drained) static_cast<void>(std::move(one).get());
  }
  std::shared_ptr<kefu::Store> open_file() const {
    return kefu_test::open_store_at(setup_.store, clock_, Millis(2'000)).value();
  }
  std::shared_ptr<kefu::Channel> wechat(const char* app, const char* original, kefu::wechat::AccountKind kind) const {
    kefu::wechat::AccountConfig config(app, Secret(kefu_test::kPlantedAppSecret), kind);
    config.base_url = setup_.wechat_url;
    config.reply_rules = generous_rules();
    kefu::wechat::PushConfig push(
        app, kefu::wechat::PushKeys(Secret(kefu_test::kPlantedPushToken), Secret(kefu_test::kPlantedAesKey)));
    push.mode = kefu::wechat::PushMode::compatible;
    push.original_id = original;
    config.push = std::move(push);
    return kefu::wechat::Account::create(*runtime_, std::move(config)).value();
  }
  std::shared_ptr<kefu::Channel> shop() const {
    kefu::jd::AppConfig config(kJdKey, Secret(kefu_test::kPlantedJdAppSecret));
    config.gateway_url = config.oauth_url = setup_.jd_url;
    config.calls_per_day = 1'000'000'000;  // else the budget, not the Inbox, says when a message is read
    const auto app = kefu::jd::App::create(*runtime_, std::move(config)).value();
    kefu::jd::ShopConfig shop(kShop);
    shop.token_source = std::make_shared<GivenToken>(setup_.jd_token);
    shop.dongdong.emplace(kAspid, Secret(kefu_test::kPlantedDongDongSecret), kAgent);
    shop.polling.interval = std::chrono::seconds(1);
    shop.polling.evaluations = false;
    return kefu::jd::Shop::create(app, std::move(shop)).value();
  }
  void open(const std::shared_ptr<kefu::Channel>& channel) {
    kefu::InboxOptions options;
    options.lease = setup_.lease;
    options.sweep = setup_.sweep;
    options.answer_within = setup_.answer_within;
    options.allow = kefu::Adaptation::any();
    auto inbox = kefu::Inbox::create(
        *runtime_, channel,
        [handler = handler_](const kefu::InboundEvent& event, const kefu::InboxTurn& turn) {
          handler->handle(event, turn);
        },
        options);
    inboxes_.emplace(channel->id(), std::move(inbox).value());
  }

  void push(const Fields& told) {
    const auto inbox = inboxes_.find(told[2]);
    kefu::WebhookRequest request(told[3], told[4], told[5], told[6]);
    inbox->second.handle(request).then([this, number = told[1]](kefu::Result<kefu::WebhookResponse> response) {
      if (response)
        wire_.send({"answer", number, std::to_string(response->status), response->body}, true);
      else
        wire_.send({"answer", number, "503", ""}, true);
    });
  }
  void list_dead() {
    for (const auto& [account, inbox] : inboxes_) {
      const auto letters = inbox.dead_letters(100'000).get();
      if (!letters) {
        wire_.send({"dead-failed", letters.error().to_string()}, true);
        continue;
      }
      for (const kefu::DeadLetter& letter : *letters) {
        const auto* text = std::get_if<kefu::ReceivedText>(&letter.event.payload);
        wire_.send({"dead", text == nullptr ? "" : id_in(text->body), letter.why}, true);
      }
    }
    wire_.send({"dead-end"}, true);
  }

  /// `amount`: commits, or milliseconds of "gone" and "stall".
  void fault(const std::string& kind, int amount) {
    const auto until = std::chrono::steady_clock::now() + Millis(amount);
    if (kind == "failing") store_->failing_commits = amount;
    if (kind == "doubtful") store_->doubtful_commits = amount;
    if (kind == "lost") store_->lost_commits = amount;
    if (kind == "stall") stalled_until_ = until.time_since_epoch().count();
    if (kind != "gone" && kind != "full") return;
    (kind == "gone" ? store_->gone : store_->full) = true;
    lifted_ = until;
  }
  void lift_faults() {
    if (std::chrono::steady_clock::now() < lifted_) return;
    store_->gone = false;
    store_->full = false;
  }
  void stall() const {
    const std::chrono::steady_clock::time_point until(std::chrono::steady_clock::duration(stalled_until_.load()));
    if (until > std::chrono::steady_clock::now()) std::this_thread::sleep_until(until);
  }
  /// Killed, as far as a thread can be: nothing it does reaches the store any more.
  int die() {
    store_->dead = true;
    stalled_until_ = 0;
    inboxes_.clear();
    runtime_->stop();
    return 0;
  }

  const Setup setup_;
  Wire wire_;
  const std::shared_ptr<SharedClock> clock_;
  std::shared_ptr<FaultyStore> store_;
  std::atomic<std::chrono::steady_clock::rep> stalled_until_{0};
  std::chrono::steady_clock::time_point lifted_{};
  std::unique_ptr<kefu::Runtime> runtime_;
  std::shared_ptr<Handler> handler_;
  std::map<std::string, kefu::Inbox> inboxes_;
};

}  // namespace

int run_worker(const Setup& setup, Wire wire, std::shared_ptr<kefu::Store> store) {
  return Worker(setup, std::move(wire), std::move(store)).run();
}

}  // namespace kefu_soak
