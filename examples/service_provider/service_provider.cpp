// A service provider: merchants of WeChat and JD authorize it by link, and it answers their customers.
//
// usage: service_provider --store sqlite:PATH|postgres:CONNINFO|redis:ADDRESS --url PUBLIC_URL [--port N] [--lease S]
//
// Start as many as there are machines, over one store and behind one address, PUBLIC_URL. Which of them takes a push or
// a redirect does not matter; what one was doing when it was killed another one does, S seconds later (default 30).
// Secrets come from the environment: see settings.hpp. The console of the platform has PUBLIC_URL/wechat/events and
// PUBLIC_URL/wechat/messages/$APPID$; JD's has PUBLIC_URL/jd/back. Everything that does not begin with /wechat/events,
// /wechat/messages or ends in /back belongs behind the login of your own people.
#include "../quickstart/http_server.hpp"
#include "merchants.hpp"
#include "settings.hpp"

#include <kefu/kefu.hpp>

#include <httplib.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace {

using kefu::Channel;
using kefu::Merchant;
using kefu::Result;
using ChannelPtr = std::shared_ptr<Channel>;

int fail(const char* what, const kefu::Error& error) {
  std::fprintf(stderr, "%s: %s\n", what, error.to_string().c_str());
  return 1;
}

void answer(const kefu::InboundEvent& event, const kefu::InboxTurn& turn) {
  if (const auto* text = std::get_if<kefu::ReceivedText>(&event.payload)) {
    turn.answer(kefu::TextContent("您好，已收到：" + text->body));
  } else {
    turn.done();
  }
}

Result<kefu::Inbox> open_inbox(const kefu::Runtime& runtime, const char* platform,
                               std::shared_ptr<const Merchants> merchants, const Settings& settings) {
  kefu::InboxOptions options;
  options.lease = std::chrono::seconds(settings.lease_s);
  const auto resolve = [home = runtime.home(), merchants = std::move(merchants)](const std::string& account) {
    kefu::Promise<ChannelPtr> promise(home);
    promise.answer(merchants->find(account));
    return promise.pending();
  };
  return kefu::Inbox::create(runtime, platform, resolve, answer, options);
}

/// What all routes use; made before the server starts and gone after it ended.
struct Provider {
  kefu::wechat::OpenPlatform& platform;
  std::shared_ptr<Merchants> wechat;
  std::shared_ptr<Merchants> jd;
  kefu::Inbox& wechat_inbox;
  kefu::Inbox& jd_inbox;

  void refresh() const {
    wechat->refresh();
    for (const ChannelPtr& shop : jd->refresh())
      if (const auto polled = jd_inbox.poll(shop->id()).get(); !polled) fail("poll", polled.error());
  }
};

std::string query_of(const httplib::Request& request) {
  const auto mark = request.target.find('?');  // the raw query: signatures cover bytes
  return mark == std::string::npos ? "" : request.target.substr(mark + 1);
}

void say(httplib::Response& response, int status, const std::string& text) {
  response.status = status;
  response.set_content(text + "\n", "text/plain; charset=utf-8");
}

/// Answers a platform; 503 lets it push again.
void answer_push(httplib::Response& response, const Result<kefu::WebhookResponse>& answer) {
  response.status = answer ? answer->status : 503;
  if (answer) response.set_content(answer->body, answer->content_type.c_str());
}

void add_push_routes(httplib::Server& server, const Provider& provider) {
  server.Post("/wechat/events", [&provider](const httplib::Request& request, httplib::Response& response) {
    const std::string query = query_of(request);
    auto opened = provider.platform.receive({request.method, request.path, query, request.body}).get();
    answer_push(response, opened ? Result<kefu::WebhookResponse>(opened->answer) : opened.error());
  });
  server.Post("/wechat/messages/([A-Za-z0-9]+)",
              [&provider](const httplib::Request& request, httplib::Response& response) {
                const std::string app_id = request.matches[1].str(), query = query_of(request);
                const kefu::WebhookRequest push(request.method, request.path, query, request.body);
                if (const auto check = provider.platform.answer_release_check(app_id, push))
                  return answer_push(response, *check);
                const auto account = provider.wechat->find(app_id);
                if (!account) return say(response, 503, "not known");  // perhaps it is a moment later: pushed again
                answer_push(response, provider.wechat_inbox.handle(account->push_receiver(), push).get());
              });
}

/// A merchant's browser is sent to the platform, and comes back.
void add_merchant_routes(httplib::Server& server, const Provider& provider, const std::string& platform,
                         const std::shared_ptr<Merchants>& merchants) {
  server.Get("/" + platform + "/onboard/([A-Za-z0-9_-]+)",
             [merchants](const httplib::Request& request, httplib::Response& response) {
               const auto link = merchants->authorizer().link(request.matches[1].str()).get();
               if (!link) return say(response, 503, link.error().to_string());
               const bool on_phone = request.get_header_value("User-Agent").find("MicroMessenger") != std::string::npos;
               response.set_redirect(on_phone && !link->mobile_url.empty() ? link->mobile_url : link->url);
             });
  server.Get("/" + platform + "/back",
             [&provider, merchants](const httplib::Request& request, httplib::Response& response) {
               const auto merchant = merchants->authorizer().redeem(query_of(request)).get();
               if (!merchant) return say(response, 400, merchant.error().to_string());
               provider.refresh();
               say(response, 200, merchant->id + " " + std::string(to_string(merchant->state)));
             });
}

void add_staff_routes(httplib::Server& server, const Provider& provider) {
  server.Get("/dead-letters", [&provider](const httplib::Request&, httplib::Response& response) {
    std::string lines;
    for (const kefu::Inbox* inbox : {&provider.wechat_inbox, &provider.jd_inbox}) {
      const auto letters = inbox->dead_letters().get();
      if (!letters) return say(response, 503, letters.error().to_string());
      for (const kefu::DeadLetter& one : *letters)
        lines += one.event.account + " " + one.event.customer.id + " " + one.event_id + ": " + one.why + "\n";
    }
    say(response, 200, lines);
  });
}

int serve(const kefu::Runtime& runtime, const Settings& settings, const sigset_t& signals) {
  auto platform = kefu::wechat::OpenPlatform::create(runtime, wechat_settings(settings));
  if (!platform) return fail("WeChat", platform.error());
  const auto app = kefu::jd::App::create(runtime, jd_settings(settings));
  if (!app) return fail("JD", app.error());
  auto wechat = std::make_shared<Merchants>(platform->authorizer(),
                                            [platform = *platform](const Merchant& merchant) -> Result<ChannelPtr> {
                                              auto account = platform.account(merchant.id).get();
                                              if (!account) return account.error();
                                              return ChannelPtr(*std::move(account));
                                            });
  auto jd =
      std::make_shared<Merchants>(app->authorizer(), [app = *app](const Merchant& merchant) -> Result<ChannelPtr> {
        auto shop = kefu::jd::Shop::create(app, shop_settings(merchant.id));
        if (!shop) return shop.error();
        return ChannelPtr(*std::move(shop));
      });
  auto wechat_inbox = open_inbox(runtime, "wechat", wechat, settings);
  auto jd_inbox = open_inbox(runtime, "jd", jd, settings);
  if (!wechat_inbox || !jd_inbox) return fail("inbox", (wechat_inbox ? jd_inbox : wechat_inbox).error());
  const Provider provider{*platform, wechat, jd, *wechat_inbox, *jd_inbox};
  provider.refresh();

  httplib::Server server;
  set_up_for_pushes(server);
  server.set_payload_max_length(1024 * 1024);
  add_push_routes(server, provider);
  add_merchant_routes(server, provider, "wechat", wechat);
  add_merchant_routes(server, provider, "jd", jd);
  add_staff_routes(server, provider);
  const int port = settings.port == 0                                ? server.bind_to_any_port("127.0.0.1")
                   : server.bind_to_port("127.0.0.1", settings.port) ? settings.port
                                                                     : -1;
  if (port <= 0) return std::fprintf(stderr, "port %d is in use\n", settings.port), 1;
  std::thread listener([&server] { server.listen_after_bind(); });
  std::printf("listening on http://127.0.0.1:%d\n", port);
  std::fflush(stdout);

  // Until SIGTERM; meanwhile merchants whom other processes onboarded are found.
  const timespec pause{1, 0};
  while (sigtimedwait(&signals, nullptr, &pause) < 0) provider.refresh();
  for (const kefu::Inbox* inbox : {&*wechat_inbox, &*jd_inbox})
    if (const auto drained = inbox->drain(std::chrono::seconds(10)).get(); !drained) fail("drain", drained.error());
  server.stop();
  listener.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--store") settings.store = value;
    if (name == "--url") settings.url = value;
    if (name == "--port") settings.port = std::atoi(value.c_str());
    if (name == "--lease") settings.lease_s = std::atoi(value.c_str());
  }
  if (settings.store.empty() || settings.url.empty()) {
    std::fprintf(stderr, "usage: %s --store PLACE --url PUBLIC_URL [--port N] [--lease SECONDS]\n", argv[0]);
    return 2;
  }
  // Before any thread starts, so that the main thread alone takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto store = open_store(settings.store);
  if (!store) return fail("store", store.error());
  kefu::RuntimeOptions options;
  options.store = *std::move(store);
  options.multi_instance = true;
  const auto runtime = kefu::Runtime::create(std::move(options));
  if (!runtime) return fail("runtime", runtime.error());
  return serve(*runtime, settings, signals);
}
