// Routes instead of one long handler, tried out against the sandbox inside this process: what customers of an official
// account write, and what they get.
//
// usage: event_router
#include <kefu/kefu.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace {

kefu::EventRouter shop_routes() {
  kefu::EventRouter router;
  router
      .keyword("退款",
               [](const auto&, const kefu::InboxTurn& turn) {
                 turn.answer(kefu::TextContent("退款会在1至3个工作日内原路退回。"));
               })
      .text("人工", [](const auto&, const kefu::InboxTurn& turn) { turn.answer(kefu::TransferToAgent()); })
      .on<kefu::Followed>(
          [](const kefu::Followed&, const kefu::InboxTurn& turn) { turn.answer(kefu::TextContent("欢迎关注！")); })
      .on<kefu::ReceivedText>([](const kefu::ReceivedText& text, const kefu::InboxTurn& turn) {
        turn.answer(kefu::TextContent("已收到：" + text.body));
      });
  return router;
}

constexpr char kCustomer[] = "oExampleCustomer000000000001";

int fail(const kefu::Error& error) {
  std::cerr << error.to_string() << '\n';
  return 1;
}

/// A service account at the sandbox, as the platform and the host know it.
kefu::sandbox::WechatApp at_platform() {
  kefu::sandbox::WechatApp app;
  app.appid = "wx0123456789abcdef";
  app.original_id = "gh_0123456789ab";
  return app;
}

kefu::wechat::AccountConfig at_host(const kefu::sandbox::WechatApp& app) {
  kefu::wechat::AccountConfig config(app.appid, kefu::Secret(app.secret), kefu::wechat::AccountKind::service_account);
  config.push.emplace(app.appid, kefu::wechat::PushKeys(kefu::Secret(app.token), kefu::Secret(app.encoding_aes_key)));
  config.push->original_id = app.original_id;
  return config;
}

/// Gives the platform's pushes to the Inbox, and its answers back, as an HTTP server would.
kefu::sandbox::PushHandler pushes_to(const kefu::Inbox& inbox) {
  return [&inbox](const kefu::sandbox::PushRequest& push, kefu::MoveFunction<void(kefu::sandbox::PushReply)> answer) {
    inbox.handle(kefu::WebhookRequest(push.method, push.path, push.raw_query, push.body))
        .then([answer = std::move(answer)](const kefu::Result<kefu::WebhookResponse>& response) mutable {
          answer(response ? kefu::sandbox::PushReply(response->status, response->body)
                          : kefu::sandbox::PushReply(503, ""));
        });
  };
}

}  // namespace

int main() {
  const auto time = std::make_shared<kefu::sandbox::SimulatedTime>();
  kefu::sandbox::SandboxOptions sandbox_options;
  sandbox_options.clock = time;
  kefu::sandbox::Sandbox sandbox(sandbox_options);
  const auto app = sandbox.add(at_platform());
  if (!app) return fail(app.error());

  kefu::RuntimeOptions options;
  options.clock = time;
  options.scheduler = time;
  options.transport = sandbox.transport(time);
  const auto runtime = kefu::Runtime::create(std::move(options));
  if (!runtime) return fail(runtime.error());
  const auto account = kefu::wechat::Account::create(*runtime, at_host(*app));
  if (!account) return fail(account.error());
  const auto inbox = kefu::Inbox::create(*runtime, *account, shop_routes());
  if (!inbox) return fail(inbox.error());
  sandbox.connect_webhook(app->appid, pushes_to(*inbox), time);

  std::uint64_t shown = 0;
  const auto show = [&](const std::string& act) {
    time->advance(std::chrono::seconds(1));
    for (const auto& message : sandbox.messages(app->appid, kCustomer, shown)) {
      shown = message.number;
      std::cout << act << " -> " << message.text << '\n';
    }
  };
  if (!sandbox.customer_does(app->appid, kCustomer, "follow")) return 1;
  show("(follows)");
  for (const char* words : {"我要退款", "几点开门"}) {
    if (!sandbox.customer_writes(app->appid, kCustomer, words)) return 1;
    show(words);
  }
  return 0;
}
