// A WeChat official account that answers what customers say, whole. README.md shows this file; a test holds them
// together.
#include <kefu/kefu.hpp>
#include <kefu/stores/sqlite.hpp>

#include <httplib.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace {

// Secrets come from the environment or your secret store, never from the source.
std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int fail(const char* what, const kefu::Error& error) {
  std::fprintf(stderr, "%s: %s\n", what, error.to_string().c_str());
  return 1;
}

// On whatever platform. An answer within four seconds goes out with the platform's request, a later one as a message.
void on_event(const kefu::InboundEvent& event, const kefu::InboxTurn& turn) {
  if (const auto* text = std::get_if<kefu::ReceivedText>(&event.payload)) {
    turn.answer(kefu::TextContent("You said: " + text->body));
  } else {
    turn.done();
  }
}

}  // namespace

int main() {
  auto store = kefu::SqliteStore::open(kefu::SqliteOptions("kefu.db"));  // what a crash must not lose
  if (!store) return fail("store", store.error());
  kefu::RuntimeOptions options;
  options.store = *store;
  auto runtime = kefu::Runtime::create(options);  // once: it owns the library's threads
  if (!runtime) return fail("runtime", runtime.error());

  using namespace kefu::wechat;
  AccountConfig config(setting("WECHAT_APP_ID"), kefu::Secret(setting("WECHAT_APP_SECRET")),
                       AccountKind::service_account);
  config.push = PushConfig(config.app_id,
                           PushKeys(kefu::Secret(setting("WECHAT_TOKEN")), kefu::Secret(setting("WECHAT_AES_KEY"))));
  if (const auto url = setting("WECHAT_BASE_URL"); !url.empty()) config.base_url = url;  // the sandbox, for a try
  auto account = Account::create(*runtime, std::move(config));
  if (!account) return fail("account", account.error());
  auto inbox = kefu::Inbox::create(*runtime, *account, on_event);
  if (!inbox) return fail("inbox", inbox.error());

  // Requests of the callback URL, as they are: with the raw query string, since signatures cover bytes.
  const auto push = [&inbox](const httplib::Request& request, httplib::Response& response) {
    const auto mark = request.target.find('?');
    const std::string query = mark == std::string::npos ? "" : request.target.substr(mark + 1);
    auto answer = inbox->handle(kefu::WebhookRequest(request.method, request.path, query, request.body)).get();
    response.status = answer ? answer->status : 503;  // 503: the platform repeats the push
    if (answer) response.set_content(answer->body, answer->content_type.c_str());
  };
  httplib::Server server;
  server.set_tcp_nodelay(true);              // a small answer must not wait for the other side's delayed ACK
  server.set_keep_alive_max_count(100'000);  // the platform and gateways keep their connections
  server.set_payload_max_length(1024 * 1024);
  server.new_task_queue = [] { return new httplib::ThreadPool(64); };  // a push holds its thread until it is answered
  server.Get("/wechat", push);
  server.Post("/wechat", push);
  return server.listen("0.0.0.0", 8080) ? 0 : 1;
}
