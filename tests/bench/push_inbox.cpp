// `push_inbox_*`: what a whole push costs with everything around open and reply: stored before it is acknowledged,
// reply window noted, handed to the handler, answered. Over the memory store and over SQLite, one push after the other
// (reported) and 64 at a time: over memory beside open and reply of the same pushes alone (at most 4 times the
// processor time), over SQLite beside a bare program that does the same in one transaction for 64 pushes (at most 2
// times processor time and time; `two_commits`: beside the same program when what came is on the disk before it is
// handled).
#include "bench/harness.hpp"
#include "bench/support/bare_inbox.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/stores/sqlite.hpp>
#include <kefu/wechat/account.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
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
constexpr char kToken[] = "kefuTestTok3n";
constexpr char kKeyText[] = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";
constexpr char kAnswer[] = "您好，您的订单已经发出。";
constexpr int kCustomers = 500;
constexpr std::size_t kGroup = 64;

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "push_inbox: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

kefu::wechat::PushKeys keys() { return kefu::wechat::PushKeys(kefu::Secret(kToken), kefu::Secret(kKeyText)); }

using Request = kefu_bench::InboxPush;

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
      request.message = message;
      request.customer = "oABC1234567890abcdefgh" + customer;
      request.id = std::to_string(20'000'000'000'000'000 + next_ - 1);
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
    auto inbox = kefu::Inbox::create(
        runtime_, *account, [](kefu::InboundEvent, kefu::InboxTurn turn) { turn.answer(kefu::TextContent(kAnswer)); });
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

/// As many lots of fresh pushes as a comparison takes.
class Lots {
 public:
  Lots(Platform& platform, int lots, int count) {
    for (int i = 0; i < lots; ++i) lots_.push_back(platform.pushes(count));
  }
  std::vector<Request> take() {
    if (lots_.empty()) give_up("too few pushes were made");
    auto lot = std::move(lots_.front());
    lots_.pop_front();
    return lot;
  }

 private:
  std::deque<std::vector<Request>> lots_;
};

std::int64_t now_s() { return kefu::unix_seconds(std::chrono::system_clock::now()); }

void report_one(const kefu_bench::Options& options, const std::string& row, Host& host, int count) {
  if (!options.wants(row)) return;
  Platform platform;
  Lots lots(platform, options.pairs + 1, count);
  const auto cost = kefu_bench::repeat(options, count, [&] { host.handle(lots.take(), 1); });
  kefu_bench::print(
      options, kefu_bench::Row(row).add(cost).add("pushes_per_s", 1e9 / cost.wall_ns).add("rounds", options.pairs));
}

void report_memory(const kefu_bench::Options& options) {
  Host host(std::make_shared<kefu::MemoryStore>());
  report_one(options, "push_inbox_memory_1", host, 2'000);
  if (!options.wants("push_inbox_memory_64")) return;
  constexpr int kCount = 6'400;
  Platform platform;
  Lots ours(platform, options.pairs + 1, kCount);
  Lots theirs(platform, options.pairs + 1, kCount);
  const auto receiver = kefu::wechat::make_push_receiver(kefu::wechat::PushConfig(kAppId, keys())).value();
  const auto open_and_reply = [&] {
    for (const Request& push : theirs.take()) {
      const auto now = std::chrono::system_clock::now();
      const auto opened = receiver->open(kefu::WebhookRequest("POST", "/", push.query, push.body), now);
      if (opened.outcome != kefu::OpenedPush::Outcome::event) give_up("a push was refused");
      if (!receiver->reply(*opened.context, kefu::Content(kefu::TextContent(kAnswer)), now)) give_up("no reply");
    }
  };
  kefu_bench::print(options, "push_inbox_memory_64",
                    kefu_bench::compare(
                        options, kCount, [&] { host.handle(ours.take(), kGroup); }, open_and_reply));
}

std::string key_bytes() {
  unsigned char bytes[48];
  const std::string text = std::string(kKeyText) + "=";
  if (EVP_DecodeBlock(bytes, reinterpret_cast<const unsigned char*>(text.data()), 44) < 32) give_up("no key");
  return {reinterpret_cast<char*>(bytes), 32};
}

void report_sqlite(const kefu_bench::Options& options, const std::string& folder) {
  auto store = kefu::SqliteStore::open(kefu::SqliteOptions(folder + "/kefu.db"));
  if (!store) give_up(store.error().message());
  Host host(*store);
  report_one(options, "push_inbox_sqlite_1", host, 400);
  if (!options.wants("push_inbox_sqlite_64")) return;
  constexpr int kCount = 1'280;
  Platform platform;
  const std::string key = key_bytes();
  kefu_bench::BarePush push(kToken, reinterpret_cast<const unsigned char*>(key.data()), kAppId);
  kefu_bench::BareInbox once(folder + "/bare_once.db", push, false);
  kefu_bench::BareInbox twice(folder + "/bare_twice.db", push, true);
  const auto beside = [&](kefu_bench::BareInbox& bare) {
    Lots ours(platform, options.pairs + 1, kCount);
    Lots theirs(platform, options.pairs + 1, kCount);
    return kefu_bench::compare(
        options, kCount, [&] { host.handle(ours.take(), kGroup); },
        [&] { bare.handle(theirs.take(), kGroup, kAnswer, now_s()); });
  };
  const auto two = beside(twice);
  const auto one = beside(once);
  kefu_bench::print(options, kefu_bench::Row("push_inbox_sqlite_64", one.ratio)
                                 .add("wall_ratio", one.wall_ratio)
                                 .add("two_commits_ratio", two.ratio)
                                 .add("two_commits_wall_ratio", two.wall_ratio)
                                 .add(one.ours)
                                 .add("reference_cpu_ns", one.reference.cpu_ns)
                                 .add("reference_wall_ns", one.reference.wall_ns)
                                 .add("pushes_per_s", 1e9 / one.ours.wall_ns)
                                 .add("pairs", one.pairs));
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = kefu_bench::parse(argc, argv);
  report_memory(options);
  std::string folder = (std::filesystem::temp_directory_path() / "kefu-push-inbox-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) give_up("no temporary folder");
  report_sqlite(options, folder);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}
