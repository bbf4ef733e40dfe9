// One process of several that serve the same account: account_child <store> <base url> <appid> <gate>
// Says "ready", waits until the pipe `gate` is closed at its other end, calls the platform on eight threads at once and
// says how many calls succeeded.
#include "lifecycle/programs/gated_child.hpp"
#include "support/planted_secrets.hpp"
#include "support/store_place.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/wechat/account.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace kefu;
using kefu_test::fail;
using kefu_test::wait_for_end;

namespace {

constexpr int kThreads = 8;

}  // namespace

int main(int size, char** arguments) {
  if (size != 5) fail("wrong arguments");
  auto store = kefu_test::open_store_at(arguments[1]);
  if (!store) fail(store.error().to_string());
  RuntimeOptions options;
  options.store = *store;
  options.multi_instance = true;
  auto runtime = Runtime::create(std::move(options));
  if (!runtime) fail(runtime.error().to_string());
  wechat::AccountConfig config(arguments[3], Secret(kefu_test::kPlantedAppSecret),
                               wechat::AccountKind::service_account);
  config.base_url = arguments[2];
  const auto account = wechat::Account::create(*runtime, std::move(config));
  if (!account) fail(account.error().to_string());

  std::atomic<int> at_gate{0};
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      if (++at_gate == kThreads) {
        std::printf("ready\n");
        std::fflush(stdout);
      }
      wait_for_end(std::atoi(arguments[4]));
      CallOptions patient;
      patient.timeout = Millis(60'000);
      const auto answer =
          (*account)->call(RawCall("GET", "/cgi-bin/getcallbackip", "", Effect::read), std::move(patient)).get();
      if (!answer) fail(answer.error().to_string());
      ++done;
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("done %d\n", done.load());
  std::fflush(stdout);
  return 0;
}
