// A host behind the HTTP server of the examples, for tests/bench/service/run.sh.
//   service_host fixed|open_reply|inbox_memory|inbox_sqlite FOLDER   serves, and prints its port
//   service_host pushes COUNT FILE                                   writes so many pushes, a query and a body per line
#include "quickstart/http_server.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/stores/sqlite.hpp>
#include <kefu/wechat/account.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

constexpr char kAppId[] = "wx7f1a2b3c4d5e6f70";
constexpr char kPath[] = "/wechat/wx7f1a2b3c4d5e6f70";  // as quickstart_host has it
constexpr char kNonce[] = "987654321";
constexpr char kAnswer[] = "您好，您的订单已经发出。";
constexpr int kCustomers = 500;

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "service_host: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}
template <class T>
T taken(kefu::Result<T> result) {
  if (!result) give_up(result.error().to_string());
  return *std::move(result);
}

/// The same as in the configuration that run.sh writes for quickstart_host.
kefu::wechat::PushKeys keys() {
  return kefu::wechat::PushKeys(kefu::Secret("plantedPushTok3n7Kq2"),
                                kefu::Secret("plantedAesKeyForKefuTests0123456789ABCDEFGA"));
}

int write_pushes(int count, const char* path) {
  const auto crypto = taken(kefu::wechat::PushCrypto::create(keys(), {}, kAppId));
  const std::string time = std::to_string(kefu::unix_seconds(std::chrono::system_clock::now()));
  std::ofstream out(path);
  // Numbers go on from run to run: a repeat would cost less.
  const std::int64_t first = std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1) * 10;
  for (int i = 0; i < count; ++i) {
    const std::string message =
        "<xml><ToUserName><![CDATA[gh_1a2b3c4d5e6f]]></ToUserName><FromUserName><![CDATA[oABC1234567890abcdefgh" +
        std::to_string(1'000'000 + i % kCustomers) + "]]></FromUserName><CreateTime>" + time +
        "</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[我的订单什么时候发货？]]></Content><MsgId>" +
        std::to_string(first + i) + "</MsgId></xml>";
    const std::string encrypt = taken(crypto.encrypt(message));
    out << "timestamp=" << time << "&nonce=" << kNonce
        << "&encrypt_type=aes&msg_signature=" << taken(crypto.sign(time, kNonce, encrypt))
        << " <xml><ToUserName><![CDATA[gh_1a2b3c4d5e6f]]></ToUserName>"
        << "<Encrypt><![CDATA[" << encrypt << "]]></Encrypt></xml>\n";
  }
  return out.flush() ? 0 : 1;
}

std::string query_of(const httplib::Request& request) {
  const auto question_mark = request.target.find('?');
  return question_mark == std::string::npos ? "" : request.target.substr(question_mark + 1);
}

/// What answers a push, in each of the four ways.
class Host {
 public:
  Host(std::string_view way, const std::string& folder) {
    if (way == "fixed") return;
    kefu::wechat::PushConfig push(kAppId, keys());
    push.original_id = "gh_1a2b3c4d5e6f";
    if (way == "open_reply") {
      receiver_ = taken(kefu::wechat::make_push_receiver(std::move(push)));
      return;
    }
    kefu::RuntimeOptions options;
    if (way == "inbox_sqlite") options.store = taken(kefu::SqliteStore::open(kefu::SqliteOptions(folder + "/kefu.db")));
    runtime_.emplace(taken(kefu::Runtime::create(std::move(options))));
    kefu::wechat::AccountConfig config(kAppId, kefu::Secret("planted5ecret0f1a2b3c4d5e6f70819"),
                                       kefu::wechat::AccountKind::service_account);
    config.push = std::move(push);
    inbox_.emplace(taken(kefu::Inbox::create(
        *runtime_, taken(kefu::wechat::Account::create(*runtime_, std::move(config))),
        [](const kefu::InboundEvent&, const kefu::InboxTurn& turn) { turn.answer(kefu::TextContent(kAnswer)); })));
  }

  void answer(const httplib::Request& request, httplib::Response& response) const {
    const std::string query = query_of(request);
    const kefu::WebhookRequest push(request.method, request.path, query, request.body);
    if (inbox_) {
      auto answer = inbox_->handle(push).get();
      if (!answer) return static_cast<void>(response.status = 503);
      response.status = answer->status;
      return response.set_content(answer->body, answer->content_type);
    }
    if (!receiver_) return response.set_content("success", "text/plain");
    const auto now = std::chrono::system_clock::now();
    const kefu::OpenedPush opened = receiver_->open(push, now);
    if (opened.outcome != kefu::OpenedPush::Outcome::event) return static_cast<void>(response.status = 403);
    const auto reply = receiver_->reply(*opened.context, kefu::Content(kefu::TextContent(kAnswer)), now);
    if (!reply) return static_cast<void>(response.status = 500);
    response.set_content(reply->body, reply->content_type);
  }

 private:
  std::shared_ptr<kefu::PushReceiver> receiver_;
  std::optional<kefu::Runtime> runtime_;
  std::optional<kefu::Inbox> inbox_;
};

}  // namespace

int main(int size, char** words) {
  if (size == 4 && std::string_view(words[1]) == "pushes") return write_pushes(std::atoi(words[2]), words[3]);
  if (size != 3) give_up("wrong arguments");
  const Host host(words[1], words[2]);
  httplib::Server server;
  set_up_for_pushes(server);
  server.Post(
      kPath, [&host](const httplib::Request& request, httplib::Response& response) { host.answer(request, response); });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::printf("{\"what\":\"listening\",\"url\":\"http://127.0.0.1:%d\"}\n", port);
  std::fflush(stdout);
  return server.listen_after_bind() ? 0 : 1;
}
