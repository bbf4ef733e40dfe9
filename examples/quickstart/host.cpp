// A shop's backend with kefu inside: accounts at WeChat and JD, each with an inbox over SQLite and the same keyword
// answers, and a real HTTP server for pushes and for merchants who come back from JD. usage: quickstart_host
// CONFIG.json
//
// It prints one JSON line per event: first {"what":"listening","url":...}, then what customers say, what the library
// logs, and what was refused.
#include "host_accounts.hpp"
#include "http_server.hpp"
#include "json.hpp"

#include <kefu/core/observer.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/jd/shop_info.hpp>
#include <kefu/stores/sqlite.hpp>

#include <httplib.h>

#include <chrono>
#include <csignal>
#include <cstdio>
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

// The raw query, not the decoded parameters: signatures cover bytes.
std::string query_of(const httplib::Request& request) {
  const auto question_mark = request.target.find('?');
  return question_mark == std::string::npos ? "" : request.target.substr(question_mark + 1);
}

void answer_with(httplib::Response& response, int status, const std::string& text) {
  response.status = status;
  response.set_content(text + "\n", "text/plain; charset=utf-8");
}

/// WeChat's pushes.
void add_push_routes(httplib::Server& server, const Accounts& accounts) {
  const auto push = [&accounts](const httplib::Request& request, httplib::Response& response) {
    const auto inbox = accounts.inbox(request.matches[1].str());
    if (!inbox) return answer_with(response, 404, "no such account");
    const std::string query = query_of(request);  // WebhookRequest only looks at it
    auto answer = inbox->handle(kefu::WebhookRequest(request.method, request.path, query, request.body)).get();
    if (!answer) {
      log_line({{"what", "push_failed"}, {"error", answer.error().to_string()}});
      response.status = 503;
      return;
    }
    response.status = answer->status;
    response.set_content(answer->body, answer->content_type.c_str());
  };
  server.Get("/wechat/([A-Za-z0-9]+)", push);
  server.Post("/wechat/([A-Za-z0-9]+)", push);
}

/// The merchant's way to authorize a JD shop, and a look at whether JD takes its token. The first two pages belong
/// behind the login of the shop's own people.
void add_shop_routes(httplib::Server& server, Accounts& accounts) {
  server.Get("/jd/authorize/([A-Za-z0-9_-]+)",
             [&accounts](const httplib::Request& request, httplib::Response& response) {
               const std::string name = request.matches[1].str();
               if (!accounts.shop(name)) return answer_with(response, 404, "no such shop");
               const auto link = accounts.authorizer()->link(name).get();
               if (!link) return answer_with(response, 503, link.error().to_string());
               response.set_redirect(link->url);
             });
  server.Get("/jd/callback", [&accounts](const httplib::Request& request, httplib::Response& response) {
    if (!accounts.authorizer()) return answer_with(response, 404, "no JD application");
    const auto merchant = accounts.authorizer()->redeem(query_of(request)).get();
    if (!merchant) return answer_with(response, 400, merchant.error().to_string());
    if (const auto listening = accounts.listen(merchant->id); !listening)
      return answer_with(response, 500, listening.error().to_string());
    log_line({{"what", "authorized"}, {"shop", merchant->id}});
    answer_with(response, 200, merchant->id + " is authorized");
  });
  server.Get("/jd/check/([A-Za-z0-9_-]+)", [&accounts](const httplib::Request& request, httplib::Response& response) {
    const auto shop = accounts.shop(request.matches[1].str());
    if (!shop) return answer_with(response, 404, "no such shop");
    const auto info = shop->call(kefu::jd::GetShopInfo()).get();
    if (!info) return answer_with(response, 503, info.error().to_string());
    answer_with(response, 200, "JD knows this shop as " + info->shop_name);
  });
}

std::string line_of(const kefu::TranscriptEntry& entry) {
  const bool customer = entry.from == kefu::TranscriptEntry::From::customer;
  return (customer ? "customer" : entry.agent) + ": " + (entry.text.empty() ? entry.type : entry.text) + "\n";
}

/// What was said with a customer in the last hour, by the platform's own record. Belongs behind the same login.
void add_record_route(httplib::Server& server, const Accounts& accounts) {
  server.Get("/records/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)",
             [&accounts](const httplib::Request& request, httplib::Response& response) {
               const auto transcripts = accounts.transcripts(request.matches[1].str());
               if (!transcripts) return answer_with(response, 404, "no such account, or it has no records");
               constexpr int kMostPages = 20;
               const auto now = std::chrono::system_clock::now();
               kefu::TranscriptQuery query(now - std::chrono::hours(1), now + std::chrono::seconds(1));
               query.customer = kefu::CustomerId(request.matches[2].str());
               std::string lines;
               for (int pages = 0; pages == 0 || (pages < kMostPages && !query.page.empty()); ++pages) {
                 const auto page = transcripts->read(query).get();
                 if (!page) return answer_with(response, 503, page.error().to_string());
                 for (const kefu::TranscriptEntry& entry : page->entries) lines += line_of(entry);
                 query.page = page->next;
               }
               response.set_content(lines, "text/plain; charset=utf-8");
             });
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

  // Bound before the accounts are opened: JD must know where to send the merchant's browser.
  httplib::Server server;
  set_up_for_pushes(server);
  const int wanted = static_cast<int>(config["port"].number());
  const int port =
      wanted == 0 ? server.bind_to_any_port("127.0.0.1") : (server.bind_to_port("127.0.0.1", wanted) ? wanted : -1);
  if (port <= 0) {
    std::fprintf(stderr, "port %d of 127.0.0.1 cannot be bound: is another program using it?\n", wanted);
    return 1;
  }
  const std::string own_url = "http://127.0.0.1:" + std::to_string(port);
  auto accounts = Accounts::open(*runtime, config, own_url);
  if (!accounts) {
    std::fprintf(stderr, "accounts: %s\n", accounts.error().to_string().c_str());
    return 1;
  }
  server.set_payload_max_length(1024 * 1024 + 1024);
  add_push_routes(server, **accounts);
  add_shop_routes(server, **accounts);
  add_record_route(server, **accounts);
  server.Get("/metrics", [&observer](const httplib::Request&, httplib::Response& response) {
    response.set_content(observer->render(), "text/plain; version=0.0.4");
  });

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
  log_line({{"what", "listening"}, {"url", own_url}});
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
