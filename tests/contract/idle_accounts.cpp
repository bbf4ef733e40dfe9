// What an account costs that nobody uses (foundation D3): a small value, without timer, thread or store operation.
#include "support/faulty_store.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/core/store.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <iterator>
#include <malloc.h>
#include <memory>
#include <string>
#include <vector>

using namespace kefu;

namespace {

constexpr double kMostBytes = 4096;
constexpr int kAccounts = 500;

class CountingLoop final : public Scheduler {
 public:
  explicit CountingLoop(std::shared_ptr<sandbox::SimulatedTime> time) : time_(std::move(time)) {}
  Ticket run_at(MonoTime when, Task task) override {
    ++tasks;
    return time_->run_at(when, std::move(task));
  }
  void drop(Ticket ticket) override { time_->drop(ticket); }
  void stop() override { time_->stop(); }
  bool is_own_thread() const override { return time_->is_own_thread(); }
  Help help(MonoTime until) override { return time_->help(until); }

  int tasks = 0;

 private:
  const std::shared_ptr<sandbox::SimulatedTime> time_;
};

struct IdleWorld {
  IdleWorld() : runtime(make_runtime()) { store->life = kUnused; }

  Runtime make_runtime() {
    RuntimeOptions options;
    options.clock = time;
    options.scheduler = loop;
    options.store = store;
    options.transport = std::make_shared<sandbox::ScriptedTransport>(time);
    auto made = Runtime::create(std::move(options));
    REQUIRE(made);
    return *std::move(made);
  }

  static constexpr int kUnused = 1'000'000;
  std::shared_ptr<sandbox::SimulatedTime> time = std::make_shared<sandbox::SimulatedTime>();
  std::shared_ptr<CountingLoop> loop = std::make_shared<CountingLoop>(time);
  std::shared_ptr<kefu_test::FaultyStore> store =
      std::make_shared<kefu_test::FaultyStore>(std::make_shared<MemoryStore>(time));
  Runtime runtime;
};

/// 0 where the allocator does not tell (sanitizers have their own).
double heap_bytes() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

auto threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

using Make = std::function<std::shared_ptr<Channel>(const std::string& number)>;

void check_idle(IdleWorld& world, const Make& make) {
  const auto shared = make("0");  // what all of them share
  std::vector<std::shared_ptr<Channel>> accounts;
  accounts.reserve(kAccounts);
  const auto threads_before = threads();
  const int tasks_before = world.loop->tasks;
  const double before = heap_bytes();
  for (int i = 1; i <= kAccounts; ++i) accounts.push_back(make(std::to_string(i)));
  const double each = (heap_bytes() - before) / kAccounts;
  CHECK_MESSAGE(each <= kMostBytes, "bytes of one idle account: " << each);
  CHECK(threads() == threads_before);
  CHECK(world.loop->tasks == tasks_before);
  CHECK(world.store->life == IdleWorld::kUnused);
  CHECK(&accounts.front()->capabilities() == &accounts.back()->capabilities());
}

std::shared_ptr<Channel> wechat_account(IdleWorld& world, wechat::AccountKind kind, const std::string& number,
                                        bool authorized = false) {
  wechat::AccountConfig config("wx0123456789" + number, Secret("0123456789abcdef0123456789abcdef"), kind);
  if (authorized) config.permission_sets.emplace({1, 2, 6, 7, 11, 100});
  auto account = wechat::Account::create(world.runtime, std::move(config));
  REQUIRE(account);
  return *std::move(account);
}

jd::App jd_app(IdleWorld& world) {
  jd::AppConfig config("0A1B2C3D4E5F60718293A4B5C6D7E8F9", Secret("5f1d3b7a9c2e4f6081a3c5e7092b4d6f"));
  auto app = jd::App::create(world.runtime, std::move(config));
  REQUIRE(app);
  return *std::move(app);
}

}  // namespace

TEST_CASE("foundation D3: an idle WeChat account costs at most 4 kB, no timer, no thread, no store operation") {
  IdleWorld world;
  check_idle(world, [&world](const std::string& number) {
    return wechat_account(world, wechat::AccountKind::service_account, number);
  });
  check_idle(world, [&world](const std::string& number) {
    return wechat_account(world, wechat::AccountKind::service_account, number, true);
  });
}

TEST_CASE("foundation D3: an idle mini program costs at most 4 kB") {
  IdleWorld world;
  check_idle(world, [&world](const std::string& number) {
    return wechat_account(world, wechat::AccountKind::mini_program, number);
  });
}

TEST_CASE("foundation D3: an idle JD shop costs at most 4 kB, also one that answers customers") {
  IdleWorld world;
  const auto app = jd_app(world);
  for (const bool answers : {false, true}) {
    CAPTURE(answers);
    check_idle(world, [&app, answers](const std::string& number) -> std::shared_ptr<Channel> {
      jd::ShopConfig config("shop-" + number);
      if (answers) {
        config.dongdong.emplace("aspid", Secret("dongdong-secret-of-the-merchant"), "agent" + number);
        config.after_sale.emplace("bu" + number, "agent" + number, "客服");
      }
      auto shop = jd::Shop::create(app, std::move(config));
      REQUIRE(shop);
      return *std::move(shop);
    });
  }
}

TEST_CASE("foundation D3: accounts share what they have in common, and nothing else") {
  IdleWorld world;
  const auto one = wechat_account(world, wechat::AccountKind::service_account, "1");
  const auto granted = wechat_account(world, wechat::AccountKind::service_account, "2", true);
  const auto mini = wechat_account(world, wechat::AccountKind::mini_program, "3");
  CHECK(&one->capabilities() != &granted->capabilities());
  CHECK(one->capabilities().account_kind == "official_account.service");
  CHECK(mini->capabilities().account_kind == "mini_program");
}
