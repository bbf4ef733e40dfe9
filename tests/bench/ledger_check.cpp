// What the reply window costs a send: one million customers in the memory store, 1 and 8 threads; beside it the least
// that any shared ledger does: a hash map in 256 parts, each with its lock. And what a customer weighs in both.
#include "bench/harness.hpp"

#include <kefu/channel/reply_window.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

using namespace kefu;

namespace {

constexpr std::size_t kCustomers = 1'000'000;
constexpr int kOperations = 160'000;  // of all threads together
const WallTime kNow = from_unix_seconds(1'700'000'000);

/// The bare ledger: no store, no other process, nothing that survives.
class BareLedger {
 public:
  void open(const std::string& customer) {
    Part& part = part_of(customer);
    const std::lock_guard lock(part.mutex);
    Window& window = part.windows[customer];
    window.left = 5;
    window.closes = unix_seconds(kNow) + 172'800;
  }
  bool look(const std::string& customer, std::int64_t now) {
    Part& part = part_of(customer);
    const std::lock_guard lock(part.mutex);
    const auto found = part.windows.find(customer);
    return found == part.windows.end() || (found->second.closes > now && found->second.left > 0);
  }
  bool add(const std::string& customer, int messages, std::int64_t now) {
    Part& part = part_of(customer);
    const std::lock_guard lock(part.mutex);
    const auto found = part.windows.find(customer);
    if (found == part.windows.end() || found->second.closes <= now || found->second.left + messages < 0) return false;
    found->second.left += messages;
    return true;
  }

 private:
  struct Window {
    std::int64_t closes = 0;
    int left = 0;
  };
  struct alignas(64) Part {
    std::mutex mutex;
    std::unordered_map<std::string, Window> windows;
  };
  Part& part_of(const std::string& customer) { return parts_[std::hash<std::string>{}(customer) % parts_.size()]; }
  std::array<Part, 256> parts_;
};

void check(bool worked) {
  if (worked) return;
  std::fprintf(stderr, "the ledger refused what it must allow\n");
  std::exit(1);
}

/// Like openids.
std::vector<std::string> customers() {
  std::vector<std::string> names(kCustomers);
  for (std::size_t i = 0; i < kCustomers; ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "oAbCdEfGhIjKlMnOpQrSt%07zu", i);
    names[i] = name;
  }
  return names;
}

/// Calls `work(customer)` for customers in no order, split between threads.
template <class Work>
void run(const std::vector<std::string>& names, int threads, Work work) {
  const auto part = [&](int thread) {
    std::uint64_t state = 0x9E3779B97F4A7C15u * static_cast<unsigned>(thread + 1);
    for (int i = 0; i < kOperations / threads; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      work(names[(state >> 33) % names.size()]);
    }
  };
  if (threads == 1) return part(0);
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) running.emplace_back(part, t);
  for (std::thread& thread : running) thread.join();
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = kefu_bench::parse(argc, argv);
  const std::vector<std::string> names = customers();
  const std::int64_t now = unix_seconds(kNow);

  const double start = kefu_bench::resident_bytes();
  BareLedger bare;
  for (const std::string& name : names) bare.open(name);
  const double between = kefu_bench::resident_bytes();
  ReplyRules rules;
  rules.rules = {ReplyRule("message", 5, std::chrono::hours(48))};
  ReplyLedger ledger(std::make_shared<MemoryStore>(), "default", "wechat", "wx0123456789abcdef", rules);
  // The store's clock is the system's, so that nothing expires here.
  const WallTime opened = std::chrono::system_clock::now();
  for (const std::string& name : names) check(ledger.opened(name, "message", opened, opened).has_value());
  const double end = kefu_bench::resident_bytes();
  if (options.wants("ledger_bytes")) {
    kefu_bench::print(options, kefu_bench::Row("ledger_bytes", (end - between) / (between - start))
                                   .add("customers", kCustomers)
                                   .add("bytes_each", (end - between) / kCustomers)
                                   .add("bare_bytes_each", (between - start) / kCustomers));
  }

  for (const int threads : {1, 8}) {
    const std::string number = std::to_string(threads);
    if (options.wants("ledger_look_" + number)) {
      kefu_bench::print(
          options, "ledger_look_" + number,
          kefu_bench::compare(
              options, kOperations,
              [&] {
                run(names, threads, [&](const std::string& name) {
                  const auto window = ledger.look(name, opened);
                  check(window && window->messages_left == 5);
                });
              },
              [&] { run(names, threads, [&](const std::string& name) { check(bare.look(name, now)); }); }));
    }
    // What a send that failed does: takes a message, gives it back.
    if (options.wants("ledger_check_" + number)) {
      kefu_bench::print(options, "ledger_check_" + number,
                        kefu_bench::compare(
                            options, kOperations,
                            [&] {
                              run(names, threads, [&](const std::string& name) {
                                const auto taken = ledger.reserve(name, 1, opened);
                                check(taken && taken->tracked && ledger.give_back(*taken, 1).has_value());
                              });
                            },
                            [&] {
                              run(names, threads, [&](const std::string& name) {
                                check(bare.add(name, -1, now) && bare.add(name, 1, now));
                              });
                            }));
    }
  }
  return 0;
}
