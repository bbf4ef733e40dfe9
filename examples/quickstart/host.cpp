// A shop's backend with kefu inside: a real HTTP server in front of the webhook handler, an inbox over SQLite, keyword
// answers. usage: quickstart_host CONFIG.json
//
// It prints one JSON line per event: first {"what":"listening","url":...}, then what customers say, what the library
// logs, and what was refused.
#include "host_answers.hpp"
#include "json.hpp"

#include <kefu/core/observer.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/stores/sqlite.hpp>

#include <httplib.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace {

/// Sends the library's log to this program's log, and its figures to /metrics.
class HostObserver final : public kefu::Observer {
 public:
  void log(const kefu::LogRecord& record) override {
    std::vector<std::pair<std::string, std::string>> fields{
        {"what", "log"}, {"event", std::string(record.event)}, {"message", std::string(record.message)}};
    for (const auto& attribute : record.attributes) fields.emplace_back(attribute.key, attribute.value);
    log_line(std::move(fields));
  }
  void metric(const kefu::MetricRecord& record) override { prometheus_.metric(record); }
  std::string render() const { return prometheus_.render(); }

 private:
  kefu::PrometheusObserver prometheus_;
};

/// One account: its channel, its answers and its inbox.
struct Shop {
  std::shared_ptr<kefu::wechat::Account> account;
  std::shared_ptr<Answers> answers;
  std::unique_ptr<kefu::Inbox> inbox;
};

kefu::wechat::AccountConfig account_config(const Json& config) {
  using namespace kefu::wechat;
  const auto kind = config["kind"].text() == "mini_program" ? AccountKind::mini_program : AccountKind::service_account;
  AccountConfig account(config["app_id"].text(), kefu::Secret(config["app_secret"].text()), kind);
  PushConfig push(account.app_id,
                  PushKeys(kefu::Secret(config["token"].text()), kefu::Secret(config["encoding_aes_key"].text())));
  const std::string mode = config["mode"].text("safe");
  push.mode = mode == "plain" ? PushMode::plain : mode == "compatible" ? PushMode::compatible : PushMode::safe;
  push.original_id = config["original_id"].text();
  // Published samples are years old.
  if (config["recorded"].boolean()) push.freshness.mode = PushFreshness::Mode::off;
  account.push = std::move(push);
  if (config["base_url"].present()) account.base_url = config["base_url"].text();
  return account;
}

std::string said(const kefu::InboundEvent& event) {
  if (const auto* text = std::get_if<kefu::ReceivedText>(&event.payload)) return text->body;
  if (std::get_if<kefu::ReceivedMedia>(&event.payload) != nullptr) return "(media)";
  if (const auto* other = std::get_if<kefu::PlatformEvent>(&event.payload)) return "(" + other->name + ")";
  return "(" + event.trigger + ")";
}

kefu::Result<Shop> open_shop(const kefu::Runtime& runtime, const Json& config) {
  Shop shop;
  auto account = kefu::wechat::Account::create(runtime, account_config(config));
  if (!account) return account.error();
  shop.account = *account;
  shop.answers = std::make_shared<Answers>(shop.account);
  auto inbox = kefu::Inbox::create(
      runtime, shop.account, [answers = shop.answers](const kefu::InboundEvent& event, const kefu::InboxTurn& turn) {
        log_line({{"what", "event"},
                  {"account", event.account},
                  {"customer", event.customer.id},
                  {"event_id", event.event_id},
                  {"said", said(event)}});
        answers->answer(event, turn);
      });
  if (!inbox) return inbox.error();
  shop.inbox = std::make_unique<kefu::Inbox>(std::move(*inbox));
  return shop;
}

// The raw query, not the decoded parameters: signatures cover bytes.
void handle_push(const Shop& shop, const httplib::Request& request, httplib::Response& response) {
  const auto question_mark = request.target.find('?');
  const std::string query = question_mark == std::string::npos ? "" : request.target.substr(question_mark + 1);
  auto answer = shop.inbox->handle(kefu::WebhookRequest(request.method, request.path, query, request.body)).get();
  if (!answer) {
    log_line({{"what", "push_failed"}, {"error", answer.error().to_string()}});
    response.status = 503;
    return;
  }
  response.status = answer->status;
  response.set_content(answer->body, answer->content_type.c_str());
}

int serve(const Json& config) {
  auto observer = std::make_shared<HostObserver>();
  auto store = kefu::SqliteStore::open(kefu::SqliteOptions(config["store"].text()));
  if (!store) {
    std::fprintf(stderr, "store: %s\n", store.error().to_string().c_str());
    return 1;
  }
  kefu::RuntimeOptions options;
  options.store = *store;
  options.observer = observer;
  auto runtime = kefu::Runtime::create(options);
  if (!runtime) {
    std::fprintf(stderr, "runtime: %s\n", runtime.error().to_string().c_str());
    return 1;
  }
  std::map<std::string, Shop> shops;
  for (const Json& one : config["accounts"].items()) {
    auto shop = open_shop(*runtime, one);
    if (!shop) {
      std::fprintf(stderr, "account %s: %s\n", one["app_id"].text().c_str(), shop.error().to_string().c_str());
      return 1;
    }
    shops.emplace(one["app_id"].text(), std::move(*shop));
  }

  httplib::Server server;
  const auto push = [&shops](const httplib::Request& request, httplib::Response& response) {
    const auto shop = shops.find(request.matches[1].str());
    if (shop == shops.end()) {
      response.status = 404;
      return;
    }
    handle_push(shop->second, request, response);
  };
  server.set_payload_max_length(1024 * 1024 + 1024);
  server.Get("/wechat/([A-Za-z0-9]+)", push);
  server.Post("/wechat/([A-Za-z0-9]+)", push);
  server.Get("/metrics", [&observer](const httplib::Request&, httplib::Response& response) {
    response.set_content(observer->render(), "text/plain; version=0.0.4");
  });
  const int wanted = static_cast<int>(config["port"].number());
  const int port =
      wanted == 0 ? server.bind_to_any_port("127.0.0.1") : (server.bind_to_port("127.0.0.1", wanted) ? wanted : -1);
  if (port <= 0) {
    std::fprintf(stderr, "port %d of 127.0.0.1 cannot be bound: is another program using it?\n", wanted);
    return 1;
  }

  // Signals are taken by a thread of their own: stopping a server is more than a handler may do.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  std::thread stopper([&server, signals] {
    int signal = 0;
    sigwait(&signals, &signal);
    server.stop();
  });
  log_line({{"what", "listening"}, {"url", "http://127.0.0.1:" + std::to_string(port)}});
  const bool served = server.listen_after_bind();
  if (!served) pthread_kill(stopper.native_handle(), SIGTERM);
  stopper.join();
  return 0;
}

}  // namespace

void log_line(std::vector<std::pair<std::string, std::string>> fields) {
  static std::mutex mutex;
  const std::string line = json_line(fields);
  std::lock_guard<std::mutex> lock(mutex);
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CONFIG.json\n", argv[0]);
    return 2;
  }
  // Before any thread starts, so that all of them leave these signals to the one that waits for them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const Json config = Json::file(argv[1]);
  if (!config["accounts"].present()) {
    std::fprintf(stderr, "%s is not JSON with a list \"accounts\"\n", argv[1]);
    return 2;
  }
  return serve(config);
}
