// `inbox_idle_20000`: what a minute costs in which nothing happens, for an Inbox over SQLite that 20,000 accounts have
// had an event of each (at most 50 ms of processor time), and what it then holds of each account.
#include "bench/harness.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/stores/sqlite.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace {

constexpr int kAccounts = 20'000;
constexpr std::chrono::seconds kMinute{60};

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "inbox_idle: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}
template <class T>
T taken(kefu::Result<T> result) {
  if (!result) give_up(result.error().to_string());
  return *std::move(result);
}

/// A platform whose pushes are the account's id.
class PlainReceiver final : public kefu::PushReceiver {
 public:
  struct Nothing final : kefu::ReplyContext {};
  kefu::OpenedPush open(const kefu::WebhookRequest& request, kefu::WallTime now) const override {
    kefu::OpenedPush push(*reopen(request.body, now), std::make_shared<Nothing>());
    push.answer = acknowledge();
    return push;
  }
  kefu::Result<kefu::WebhookResponse> reply(const kefu::ReplyContext&, const kefu::PassiveReply&,
                                            kefu::WallTime) const override {
    return kefu::WebhookResponse(200, "hello");
  }
  kefu::WebhookResponse acknowledge() const override { return kefu::WebhookResponse(200, "success"); }
  kefu::Result<kefu::InboundEvent> reopen(std::string_view raw, kefu::WallTime received) const override {
    kefu::InboundEvent event;
    event.platform = "plain";
    event.account = raw;
    event.event_id = "event-of-" + event.account;
    event.customer.id = "customer";
    event.payload = kefu::ReceivedText("hello");
    event.raw = raw;
    event.platform_time = event.received_time = received;
    return event;
  }
};

class PlainAccount final : public kefu::Channel {
 public:
  PlainAccount(std::string id, std::shared_ptr<kefu::PushReceiver> receiver)
      : id_(std::move(id)), receiver_(std::move(receiver)) {}
  const std::string& id() const override { return id_; }
  const std::string& platform() const override { return platform_; }
  const kefu::Capabilities& capabilities() const override { return capabilities_; }
  std::shared_ptr<kefu::PushReceiver> push_receiver() const override { return receiver_; }

 private:
  const std::string id_;
  const std::string platform_ = "plain";
  const kefu::Capabilities capabilities_;
  const std::shared_ptr<kefu::PushReceiver> receiver_;
};

/// Hands in one event of each account, so many at a time.
class Traffic {
 public:
  void push(const kefu::Inbox& inbox, const std::shared_ptr<kefu::PushReceiver>& receiver) {
    for (int i = 0; i < kAccounts; ++i) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return in_hand_ < 256; });
        ++in_hand_;
      }
      const std::string body = "account-" + std::to_string(i);
      inbox.handle(receiver, kefu::WebhookRequest("POST", "/", "", body))
          .then([this](kefu::Result<kefu::WebhookResponse> answer) {
            if (!answer || answer->body != "hello") give_up("a push was not answered");
            const std::lock_guard lock(mutex_);
            --in_hand_;
            changed_.notify_one();
          });
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return in_hand_ == 0; });
  }
  /// Nothing wakes it.
  void rest() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kMinute, [] { return false; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int in_hand_ = 0;
};

void report(const kefu_bench::Options& options, const std::string& folder) {
  kefu::RuntimeOptions parts;
  parts.store = taken(kefu::SqliteStore::open(kefu::SqliteOptions(folder + "/kefu.db")));
  const auto runtime = taken(kefu::Runtime::create(std::move(parts)));
  const auto receiver = std::make_shared<PlainReceiver>();
  const auto inbox = taken(kefu::Inbox::create(
      runtime, "plain",
      [&](std::string account) {
        kefu::Promise<std::shared_ptr<kefu::Channel>> promise(runtime.home());
        auto pending = promise.pending();
        promise.answer(std::shared_ptr<kefu::Channel>(std::make_shared<PlainAccount>(std::move(account), receiver)));
        return pending;
      },
      [](const kefu::InboundEvent&, const kefu::InboxTurn& turn) { turn.answer(kefu::TextContent("hello")); }));
  const double before = kefu_bench::allocated_bytes();
  Traffic traffic;
  traffic.push(inbox, receiver);
  const double bytes = (kefu_bench::allocated_bytes() - before) / kAccounts;
  const double cpu = kefu_bench::process_cpu_ns();
  traffic.rest();
  const double minute = (kefu_bench::process_cpu_ns() - cpu) / 1e6;
  kefu_bench::print(options, kefu_bench::Row("inbox_idle_20000")
                                 .add("cpu_ms_a_minute", minute)
                                 .add("bytes_an_account", bytes)
                                 .add("accounts", kAccounts));
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = kefu_bench::parse(argc, argv);
  std::string folder = (std::filesystem::temp_directory_path() / "kefu-inbox-idle-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) give_up("no temporary folder");
  report(options, folder);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}
