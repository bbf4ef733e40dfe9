// One process of several that serve the same JD shop: jd_shop_child <store> <base url> <app key> <shop> <gate>
// Says "ready", waits until the pipe `gate` is closed at its other end, calls the gateway on eight threads at once and
// says how many calls succeeded.
#include "lifecycle/programs/gated_child.hpp"
#include "support/planted_secrets.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/stores/sqlite.hpp>

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

template <class T>
T taken(Result<T> result) {
  if (!result) fail(result.error().to_string());
  return *std::move(result);
}

}  // namespace

int main(int size, char** arguments) {
  if (size != 6) fail("wrong arguments");
  SqliteOptions file(arguments[1]);
  file.busy_timeout = Millis(60'000);  // a loaded machine is slow, not wrong
  RuntimeOptions options;
  options.store = taken(SqliteStore::open(file));
  options.multi_instance = true;
  const Runtime runtime = taken(Runtime::create(std::move(options)));
  jd::AppConfig config(arguments[3], Secret(kefu_test::kPlantedAppSecret));
  config.gateway_url = config.oauth_url = arguments[2];
  const jd::App app = taken(jd::App::create(runtime, std::move(config)));
  const auto shop = taken(jd::Shop::create(app, jd::ShopConfig(arguments[4])));

  std::atomic<int> at_gate{0};
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      if (++at_gate == kThreads) {
        std::printf("ready\n");
        std::fflush(stdout);
      }
      wait_for_end(std::atoi(arguments[5]));
      CallOptions patient;
      patient.timeout = Millis(60'000);
      const RawCall call("POST", "jingdong.im.pop.groupinfo.get", "{}", Effect::read);
      const auto answer = shop->call(call, std::move(patient)).get();
      if (!answer) fail(answer.error().to_string());
      ++done;
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("done %d\n", done.load());
  std::fflush(stdout);
  return 0;
}
