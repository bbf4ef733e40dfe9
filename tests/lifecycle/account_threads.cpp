// The messenger of an account under many threads: sends, cancels, removal and the end of the runtime at once.
#include "support/planted_secrets.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace kefu;

namespace {

constexpr char kApp[] = "wx00000000000000a1";
constexpr int kThreads = 6;
constexpr int kRounds = 40;

}  // namespace

TEST_CASE(
    "ACC-1 DED-4: threads send, cancel and drop while an account is removed: each is answered once, none unsaid") {
  sandbox::Sandbox platform;
  REQUIRE(platform.start().has_value());
  sandbox::WechatApp app;
  app.appid = kApp;
  app.secret = kefu_test::kPlantedAppSecret;
  app.unlimited_windows = true;
  REQUIRE(platform.add(app).has_value());
  for (int i = 0; i < kThreads; ++i)
    REQUIRE(platform.control("POST", "/customers/oCustomer" + std::to_string(i)).status == 200);

  auto runtime = Runtime::create();
  REQUIRE(runtime.has_value());
  wechat::AccountConfig config(kApp, Secret(app.secret), wechat::AccountKind::service_account);
  config.base_url = platform.wechat_url();
  const auto account = wechat::Account::create(*runtime, std::move(config)).value();

  std::atomic<int> started{0};
  std::atomic<int> answered{0};
  std::atomic<int> delivered{0};
  std::atomic<int> untrue{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::string customer = "oCustomer" + std::to_string(t % 3);  // two threads to each
      for (int round = 0; round < kRounds; ++round) {
        CancelSource source;
        CallOptions options;
        options.cancel = source.token();
        ++started;
        account->send(Message(Address("", CustomerId(customer)), TextContent("x")), options)
            .then([&](Result<Receipt> result) {
              if (result) ++delivered;
              if (!result && result.error().kind() != ErrorKind::cancelled) ++untrue;
              ++answered;
            });
        if (round % 3 == 0) source.request();
        if (round % 5 == 0)
          static_cast<void>(account->send(Message(Address("", CustomerId(customer)), TextContent("y"))));
        if (t == 0 && round == kRounds / 2) account->close();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  runtime->stop();
  CHECK(answered == started);
  CHECK(untrue == 0);
  CHECK(platform.calls("/cgi-bin/message/custom/send") >= static_cast<std::uint64_t>(delivered.load()));
}
