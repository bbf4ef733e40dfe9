// `push_inbox_*`: what a whole push costs with everything around open and reply: stored before it is acknowledged,
// reply window noted, handed to the handler, answered. Over the memory store and over SQLite, one push after the other
// and 64 at a time. Reported; the platform's clock is the limit here, not ours.
#include "bench/harness.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/stores/sqlite.hpp>
#include <kefu/wechat/account.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr char kAppId[] = "wx1234567890abcdef";
constexpr char kNonce[] = "987654321";
constexpr int kCustomers = 500;

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "push_inbox: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

kefu::wechat::PushKeys keys() {
  return kefu::wechat::PushKeys(kefu::Secret("kefuTestTok3n"),
                                kefu::Secret("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"));
}

struct Request {
  std::string query;
  std::string body;
};

/// Pushes that nobody has seen before, since a repeat costs less.
class Platform {
 public:
  std::vector<Request> pushes(int count) {
    std::vector<Request> requests;
    const std::string time = std::to_string(kefu::unix_seconds(std::chrono::system_clock::now()));
    for (int i = 0; i < count; ++i) {
      const std::string customer = std::to_string(1'000'000 + next_ % kCustomers);
      const std::string message =
          "<xml><ToUserName><![CDATA[gh_123456789abc]]></ToUserName><FromUserName><![CDATA[oABC1234567890abcdefgh" +
          customer + "]]></FromUserName><CreateTime>" + time +
          "</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[我的订单什么时候发货？]]></"
          "Content><MsgId>" +
          std::to_string(20'000'000'000'000'000 + next_) + "</MsgId></xml>";
      ++next_;
      Request request;
      const std::string encrypt = crypto_.encrypt(message).value();
      request.query = "timestamp=" + time + "&nonce=" + kNonce +
                      "&encrypt_type=aes&msg_signature=" + crypto_.sign(time, kNonce, encrypt).value();
      request.body = "<xml><ToUserName><![CDATA[gh_123456789abc]]></ToUserName><Encrypt><![CDATA[" + encrypt +
                     "]]></Encrypt></xml>";
      requests.push_back(std::move(request));
    }
    return requests;
  }

 private:
  kefu::wechat::PushCrypto crypto_ = kefu::wechat::PushCrypto::create(keys(), {}, kAppId).value();
  std::int64_t next_ = 0;
};

/// An account, its inbox and a handler that answers at once.
class Host {
 public:
  explicit Host(std::shared_ptr<kefu::Store> store) : runtime_(make_runtime(std::move(store))) {
    kefu::wechat::AccountConfig config(kAppId, kefu::Secret("0123456789abcdef0123456789abcdef"),
                                       kefu::wechat::AccountKind::service_account);
    config.push.emplace(kAppId, keys());
    auto account = kefu::wechat::Account::create(runtime_, std::move(config));
    if (!account) give_up(account.error().message());
    auto inbox = kefu::Inbox::create(runtime_, *account, [](kefu::InboundEvent, kefu::InboxTurn turn) {
      turn.answer(kefu::TextContent("您好，您的订单已经发出。"));
    });
    if (!inbox) give_up(inbox.error().message());
    inbox_ = std::make_unique<kefu::Inbox>(std::move(*inbox));
  }

  /// Handles all requests, so many at a time, and waits for their answers.
  void handle(const std::vector<Request>& requests, std::size_t at_a_time) {
    for (const Request& request : requests) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return in_hand_ < at_a_time; });
        ++in_hand_;
      }
      inbox_->handle(kefu::WebhookRequest("POST", "/", request.query, request.body))
          .then([this](kefu::Result<kefu::WebhookResponse> answer) {
            if (!answer || answer->body.find("<Encrypt>") == std::string::npos) give_up("a push was not answered");
            const std::lock_guard lock(mutex_);
            --in_hand_;
            changed_.notify_one();
          });
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return in_hand_ == 0; });
  }

 private:
  static kefu::Runtime make_runtime(std::shared_ptr<kefu::Store> store) {
    kefu::RuntimeOptions options;
    options.store = std::move(store);
    auto runtime = kefu::Runtime::create(std::move(options));
    if (!runtime) give_up(runtime.error().message());
    return std::move(*runtime);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t in_hand_ = 0;
  kefu::Runtime runtime_;
  std::unique_ptr<kefu::Inbox> inbox_;
};

void report(const kefu_bench::Options& options, const std::string& name, const std::shared_ptr<kefu::Store>& store,
            int count) {
  Platform platform;
  Host host(store);
  for (const std::size_t at_a_time : {std::size_t{1}, std::size_t{64}}) {
    const std::string row = "push_inbox_" + name + "_" + std::to_string(at_a_time);
    if (!options.wants(row)) continue;
    host.handle(platform.pushes(count), at_a_time);
    std::vector<kefu_bench::Cost> costs;
    for (int i = 0; i < options.pairs; ++i) {
      const auto requests = platform.pushes(count);
      costs.push_back(kefu_bench::measure(count, [&] { host.handle(requests, at_a_time); }));
    }
    const auto cost = kefu_bench::median(costs);
    kefu_bench::print(
        options, kefu_bench::Row(row).add(cost).add("pushes_per_s", 1e9 / cost.wall_ns).add("rounds", options.pairs));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = kefu_bench::parse(argc, argv);
  report(options, "memory", std::make_shared<kefu::MemoryStore>(), 2'000);

  std::string folder = (std::filesystem::temp_directory_path() / "kefu-push-inbox-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) give_up("no temporary folder");
  auto store = kefu::SqliteStore::open(kefu::SqliteOptions(folder + "/kefu.db"));
  if (!store) give_up(store.error().message());
  report(options, "sqlite", *store, 400);
  store->reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}
