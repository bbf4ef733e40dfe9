// A shop of several processes under everything that can happen to it, for a while: customers of three accounts write,
// processes are stopped, killed, replaced and cut off from their store, commits fail or leave doubt, the clock is set.
// Afterwards every message that was acknowledged has been answered once, or stands in the dead letters.
//
//   soak run [--seconds N] [--seed N] [--store sqlite|memory|postgres|redis] [--processes N]
//
// The seed gives the same customers and the same accidents at the same times. Over "memory" the processes are threads
// that share one store. "scale" follows the length: ten minutes and more run with the leases and times of production.
#include "soak/platforms.hpp"
#include "soak/shared_clock.hpp"
#include "soak/shop.hpp"
#include "soak/worker.hpp"
#include "support/temp_folder.hpp"
#ifdef KEFU_TEST_POSTGRES
#include "support/postgres_server.hpp"
#endif
#ifdef KEFU_TEST_REDIS
#include "support/redis_server.hpp"
#endif

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>

namespace kefu_soak {
namespace {

using kefu::Millis;

struct Options {
  int seconds = 60;
  std::uint64_t seed = 1;
  std::string store = "sqlite";
  bool in_memory() const { return store == "memory"; }
  int processes = 3;
};

/// The seed's numbers.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  int up_to(int most) { return static_cast<int>(random_() % static_cast<std::uint64_t>(most + 1)); }
  double unit() { return static_cast<double>(random_() % 1'000'000) / 1e6; }
  /// Mostly short, sometimes long.
  Millis between(Millis least, Millis most) {
    const double share = unit() * unit();
    return least + Millis(static_cast<std::int64_t>(share * static_cast<double>((most - least).count())));
  }

 private:
  std::mt19937_64 random_;
};

/// What happened, so that a run in which nothing did is not taken for a good one.
struct Counts {
  int stops = 0, kills = 0, ends = 0, faults = 0, clocks = 0, lost_replies = 0;
};

class Soak {
 public:
  Soak(std::string program, const Options& options)
      : options_(options),
        scale_(options.seconds >= 600 ? 1.0 : 0.1),
        clock_(folder_.file("clock")),
        runtime_(kefu::Runtime::create().value()),
        platforms_(runtime_, answer_within() + Millis(1'000)),
        shop_(std::move(program), setup(), books_,
              options.in_memory() ? std::make_shared<kefu::MemoryStore>() : nullptr),
        life_(options.seed),
        accidents_(options.seed + 1) {
    for (const char* account : {kServiceAccount, kMiniProgram}) {
      platforms_.connect(account, [this, account](kefu::sandbox::PushRequest request, auto answer) {
        shop_.push(account, std::move(request), std::move(answer));
      });
    }
    for (int i = 0; i < 24; ++i) customers_.push_back(Customer(fmt::format("customer_{}", i), kAccounts[i % 3]));
  }

  /// Pushes come on the runtime's loop, and the shop ends before it.
  ~Soak() { runtime_.stop(); }
  Soak(const Soak&) = delete;
  Soak& operator=(const Soak&) = delete;

  int run() {
    for (int i = 0; i < options_.processes; ++i) shop_.start(i);
    while (!everybody_runs()) shop_.tend(Millis(10));
    started_ = now();
    const Millis length = std::chrono::seconds(options_.seconds);
    next_accident_ = started_ + length / 10;
    while (now() < started_ + length) {
      if (now() < started_ + length - length / 5) write();
      if (now() < started_ + length * 7 / 10)
        happen();
      else
        calm_down();
      if (!base_ && now() > started_ + std::min<Millis>(length / 3, std::chrono::minutes(10)))
        base_ = shop_.resident(0);
      settle_states();
      shop_.tend(Millis(10));
    }
    wait_for_the_rest();
    return report();
  }

 private:
  struct Customer {
    Customer(std::string n, const char* a) : name(std::move(n)), account(a) {}
    std::string name;
    std::string account;
    int messages = 0;
    int burst = 0;
    Books::Time next{};
  };
  static constexpr std::array<const char*, 3> kAccounts{kServiceAccount, kMiniProgram, kShop};

  static Books::Time now() { return std::chrono::steady_clock::now(); }
  Millis scaled(Millis time) const {
    return Millis(static_cast<std::int64_t>(static_cast<double>(time.count()) * scale_));
  }
  Millis answer_within() const { return std::max(scaled(Millis(4'000)), Millis(1'000)); }
  Setup setup() {
    Setup setup;
    setup.store = folder_.file("shop.db");
#ifdef KEFU_TEST_POSTGRES
    if (options_.store == "postgres") {
      server_.emplace();
      setup.store = "postgres:shop " + server_->conninfo();
    }
#endif
#ifdef KEFU_TEST_REDIS
    if (options_.store == "redis") {
      redis_.emplace();
      setup.store = "redis:shop " + redis_->socket();
    }
#endif
    setup.clock = folder_.file("clock");
    setup.lease = scaled(Millis(30'000));
    setup.sweep = scaled(Millis(5'000));
    setup.answer_within = answer_within();
    platforms_.tell(setup);
    return setup;
  }
  bool everybody_runs() const {
    for (int i = 0; i < options_.processes; ++i) {
      if (!shop_.runs(i)) return false;
    }
    return true;
  }

  /// Customers write in bursts, some faster than anybody answers.
  void write() {
    constexpr std::array<const char*, 10> kManners{"quick", "quick", "quick", "slow",   "slow",
                                                   "late",  "menu",  "flaky", "silent", "twice"};
    for (Customer& customer : customers_) {
      if (now() < customer.next) continue;
      if (customer.burst == 0) customer.burst = 1 + life_.up_to(3);
      const std::string manner = life_.up_to(40) == 0 ? "drop" : kManners[life_.up_to(9)];
      const std::string id = fmt::format("{}-{}", customer.name, customer.messages++);
      books_.written(id, customer.name, manner, customer.account != kShop, now());
      const std::uint64_t push = platforms_.write(customer.account, customer.name, fmt::format("#{}# {}", id, manner));
      if (push != 0) pushes_.emplace_back(push, id);
      const bool is_last = --customer.burst == 0;
      customer.next = now() + (is_last ? Millis(500 + life_.up_to(3'000)) : Millis(life_.up_to(60)));
    }
  }

  /// One accident after the other. Process 0 is never killed: its memory is what is watched.
  void happen() {
    for (int i = 1; i < options_.processes; ++i) {
      if (!shop_.runs(i) && now() > starts_[i]) {
        shop_.start(i);
        starts_[i] = now() + std::chrono::seconds(30);  // if it says nothing
      }
    }
    if (now() < next_accident_) return;
    next_accident_ = now() + std::max(Millis(250), scaled(Millis(2'000 + accidents_.up_to(16'000))));
    const int what = accidents_.up_to(99);
    const int who = accidents_.up_to(options_.processes - 1);
    const Millis time = accidents_.between(Millis(100), scaled(Millis(90'000)));
    const int amount = 1 + accidents_.up_to(3);
    if (what < 40) return ++counts_.stops, shop_.stop(who, time);
    if (what < 70) return fault(what, who, time, amount);
    if (what < 78) return ++counts_.clocks, clock_.set(Millis(accidents_.up_to(200'000) - 40'000));
    if (what < 83) return ++counts_.lost_replies, platforms_.lose_a_reply();
    if (who == 0 || !shop_.runs(who)) return;
    if (what < 95)
      ++counts_.kills, shop_.kill(who);
    else
      ++counts_.ends, shop_.end(who);
    starts_[who] = now() + scaled(Millis(accidents_.up_to(20'000)));
  }
  void fault(int what, int who, Millis time, int amount) {
    ++counts_.faults;
    if (what < 47) return shop_.fault(who, "failing", amount);
    if (what < 55) return shop_.fault(who, "doubtful", amount);
    if (what < 61) return shop_.fault(who, "lost", amount);
    if (what < 64) return shop_.fault(who, "full", static_cast<int>(std::min(time, scaled(Millis(10'000))).count()));
    shop_.fault(who, "gone", static_cast<int>(time.count()));
  }
  void calm_down() {
    if (is_calm_) return;
    is_calm_ = true;
    shop_.resume_all();
    for (int i = 0; i < options_.processes; ++i) {
      for (const char* kind : {"failing", "doubtful", "lost", "gone", "full"}) shop_.fault(i, kind, 0);
      if (!shop_.runs(i)) shop_.start(i);
    }
  }

  /// What the platform knows by now.
  void settle_states() {
    if (now() < next_look_) return;
    next_look_ = now() + Millis(200);
    pushes_.erase(std::remove_if(pushes_.begin(), pushes_.end(),
                                 [this](const auto& push) {
                                   const std::string state = platforms_.state_of_push(push.first);
                                   if (state == "answered") books_.acknowledged(push.second);
                                   if (state != "waiting") books_.told(push.second, now(), "the push is " + state);
                                   return state != "waiting";
                                 }),
                  pushes_.end());
    for (const auto& [id, customer] : platforms_.new_answers()) books_.answered(id, customer);
  }
  /// What was acknowledged is answered when everything works again: leases end, late answers and pauses pass.
  void wait_for_the_rest() {
    calm_down();
    const auto deadline = now() + std::chrono::seconds(60) + scaled(Millis(120'000));
    for (auto next_dead = now(); now() < deadline;) {
      shop_.tend(Millis(50));
      settle_states();
      if (now() < next_dead) continue;
      next_dead = now() + Millis(1'000);
      dead_known_ = shop_.ask_dead();
      if (books_.open() == 0 && pushes_.empty()) break;
    }
    // What came twice may come a moment later.
    for (const auto end = now() + Millis(3'000); now() < end;) shop_.tend(Millis(50)), settle_states();
    dead_known_ = shop_.ask_dead();
  }

  int report() {
    const Books::Figures sum = books_.figures();
    const std::size_t last = shop_.resident(0);
    fmt::print("soak: {} s, seed {}, {}, {} processes\n", options_.seconds, options_.seed, options_.store,
               options_.processes);
    fmt::print(
        "  messages {} (pushed {}, acknowledged {}), handled {}, again {}, taken over {}, answered {}, dead {} "
        "(unknown {})\n",
        sum.written, sum.pushed, sum.acknowledged, sum.begun, sum.again, sum.taken_over, sum.answered, sum.dead,
        sum.unknown);
    fmt::print("  stops {}, kills {}, ends {}, store faults {}, clock settings {}, lost replies {}\n", counts_.stops,
               counts_.kills, counts_.ends, counts_.faults, counts_.clocks, counts_.lost_replies);
    fmt::print("  slowest request {} ms, a polled message waited {} ms; resident memory of process 0: {} -> {} KB\n",
               shop_.slowest().count(), sum.longest_wait.count(), base_.value_or(0) / 1024, last / 1024);
    std::vector<std::string> faults = books_.faults();
    if (!dead_known_) faults.push_back("nobody could list the dead letters");
    // A short run has not seen every cache fill up, and what malloc asks of the system comes in steps of a megabyte.
    const std::size_t bound = base_.value_or(0) + base_.value_or(0) / (options_.seconds >= 600 ? 20 : 4);
    if (last > bound && !options_.in_memory()) {
      faults.push_back(fmt::format("resident memory grew from {} to {} KB", *base_ / 1024, last / 1024));
    }
    const auto least = [&](const char* what, std::size_t count, std::size_t wanted) {
      if (count < wanted) faults.push_back(fmt::format("nothing is proved: {} {}, {} wanted", count, what, wanted));
    };
    const auto length = static_cast<std::size_t>(options_.seconds);
    // A third of what chance gives on a machine with nothing else to do.
    const double accidents = 0.7 * options_.seconds / (scale_ * 10.0) / 3;
    const auto share = [&](double part) { return 1 + static_cast<std::size_t>(accidents * part); };
    least("pushes acknowledged", sum.acknowledged, length * 3);
    least("messages answered", sum.answered, length * 4);
    least("events taken over", sum.taken_over, 1 + length / 60);
    least("stops", static_cast<std::size_t>(counts_.stops), share(0.40));
    least("kills", static_cast<std::size_t>(counts_.kills), share(0.06));
    least("store faults", static_cast<std::size_t>(counts_.faults), share(0.30));
    constexpr std::size_t kShown = 40;
    for (std::size_t i = 0; i < std::min(faults.size(), kShown); ++i) fmt::print("  FAULT {}\n", faults[i]);
    fmt::print("soak: {} broken promises{}\n", faults.size(), faults.empty() ? "" : ", see above");
    return faults.empty() ? 0 : 1;
  }

  const Options options_;
  const double scale_;
  const kefu_test::TempFolder folder_{kefu_test::TempFolder::Place::memory};
#ifdef KEFU_TEST_POSTGRES
  std::optional<kefu_test::PostgresServer> server_;
#endif
#ifdef KEFU_TEST_REDIS
  std::optional<kefu_test::RedisServer> redis_;
#endif
  SharedClock clock_;
  kefu::Runtime runtime_;
  Platforms platforms_;
  Books books_;
  Shop shop_;
  Dice life_;
  Dice accidents_;
  std::vector<Customer> customers_;
  std::vector<std::pair<std::uint64_t, std::string>> pushes_;
  std::array<Books::Time, 4> starts_{};
  Books::Time started_{};
  Books::Time next_accident_{};
  Books::Time next_look_{};
  std::optional<std::size_t> base_;
  bool is_calm_ = false;
  bool dead_known_ = false;
  Counts counts_;
};

Options options_of(int size, char** words) {
  Options options;
  for (int i = 2; i + 1 < size; i += 2) {
    const std::string_view name = words[i];
    const std::string value = words[i + 1];
    if (name == "--seconds") options.seconds = std::max(5, std::atoi(value.c_str()));
    if (name == "--seed") options.seed = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--store") options.store = value;
    if (name == "--processes") options.processes = std::clamp(std::atoi(value.c_str()), 2, 4);
  }
  return options;
}

}  // namespace
}  // namespace kefu_soak

int main(int size, char** words) {
  const std::string_view what = size > 1 ? words[1] : "";
  if (what == "worker" && size == 2 + kefu_soak::Setup::kWords)
    return kefu_soak::run_worker(kefu_soak::Setup::of(words + 2), kefu_soak::Wire(0));
  if (what != "run") {
    std::fprintf(stderr,
                 "usage: soak run [--seconds N] [--seed N] [--store sqlite|memory|postgres|redis] [--processes N]\n");
    return 2;
  }
  return kefu_soak::Soak("/proc/self/exe", kefu_soak::options_of(size, words)).run();
}
