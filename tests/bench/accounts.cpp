// What an account weighs that nobody uses, and what it costs to make one: 20,000 of each kind without a live token.
#include "bench/harness.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/wechat/account.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace kefu;

namespace {

constexpr int kAccounts = 20'000;

/// Makes the accounts with `make(number)`, which gives a Result of a pointer.
template <class Make>
void report(const kefu_bench::Options& options, const char* name, Make make) {
  if (!options.wants(name)) return;
  std::vector<std::shared_ptr<Channel>> accounts;
  accounts.reserve(kAccounts);
  const double before = kefu_bench::allocated_bytes();
  const auto cost = kefu_bench::measure(kAccounts, [&] {
    for (int i = 0; i < kAccounts; ++i) {
      auto made = make(std::to_string(100'000 + i));
      if (!made) {
        std::fprintf(stderr, "%s\n", made.error().to_string().c_str());
        std::exit(1);
      }
      accounts.push_back(*std::move(made));
    }
  });
  kefu_bench::print(options, kefu_bench::Row(name)
                                 .add("accounts", kAccounts)
                                 .add("bytes_each", (kefu_bench::allocated_bytes() - before) / kAccounts)
                                 .add("us_each", cost.cpu_ns / 1000)
                                 .add("allocations", cost.allocations));
}

wechat::AccountConfig wechat_config(const std::string& number, wechat::AccountKind kind) {
  wechat::AccountConfig config("wx0123456789" + number, Secret("0123456789abcdef0123456789abcdef"), kind);
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = kefu_bench::parse(argc, argv);
  auto runtime = Runtime::create();
  if (!runtime) return 1;
  auto app = jd::App::create(
      *runtime, jd::AppConfig("0A1B2C3D4E5F60718293A4B5C6D7E8F9", Secret("5f1d3b7a9c2e4f6081a3c5e7092b4d6f")));
  if (!app) return 1;

  report(options, "accounts_official", [&](const std::string& number) {
    return wechat::Account::create(*runtime, wechat_config(number, wechat::AccountKind::service_account));
  });
  report(options, "accounts_authorized", [&](const std::string& number) {
    auto config = wechat_config(number, wechat::AccountKind::service_account);
    config.permission_sets.emplace({1, 2, 6, 7, 11, 100});
    return wechat::Account::create(*runtime, std::move(config));
  });
  report(options, "accounts_with_push", [&](const std::string& number) {
    auto config = wechat_config(number, wechat::AccountKind::service_account);
    config.push.emplace("", wechat::PushKeys(Secret("push-token"), Secret(std::string(43, 'a'))));
    return wechat::Account::create(*runtime, std::move(config));
  });
  report(options, "accounts_mini_program", [&](const std::string& number) {
    return wechat::Account::create(*runtime, wechat_config(number, wechat::AccountKind::mini_program));
  });
  report(options, "accounts_jd_shop",
         [&](const std::string& number) { return jd::Shop::create(*app, jd::ShopConfig("shop-" + number)); });
  report(options, "accounts_jd_shop_answering", [&](const std::string& number) {
    jd::ShopConfig config("shop-" + number);
    config.dongdong.emplace("aspid", Secret("dongdong-secret-of-the-merchant"), "agent" + number);
    config.after_sale.emplace("bu" + number, "agent" + number, "客服");
    return jd::Shop::create(*app, std::move(config));
  });
  return 0;
}
