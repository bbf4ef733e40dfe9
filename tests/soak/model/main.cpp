// The real Inbox in simulated time: two processes, two messages of one customer, and everything that can happen at an
// operation of the store: it fails, leaves doubt, comes through late, or its process dies, is stopped or cut off. First
// every accident at every operation alone, then two and three at random. The seed reproduces a walk, the text of a
// scenario a run.
//
//   inbox_model [--walks N] [--seed N]
//   inbox_model --scenario "0,3,1,300" --mishap "12:doubtful" ...
#include "soak/model/accidents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <string_view>

namespace kefu_model {
namespace {

using kefu::Millis;

/// Beyond these operations only sweeps are left.
constexpr int kOperations = 60;

struct Sum {
  long runs = 0, met = 0, taken_over = 0, passive = 0, sent = 0, dead = 0, faulty = 0;
  std::map<std::string, int> kinds;
  std::vector<std::string> shown;

  void add(const Scenario& scenario, const Verdict& verdict) {
    ++runs;
    met += verdict.met;
    taken_over += verdict.taken_over;
    passive += verdict.passive;
    sent += verdict.sent;
    dead += verdict.dead;
    if (verdict.faults.empty()) return;
    ++faulty;
    for (const std::string& fault : verdict.faults) {
      if (++kinds[fault.substr(fault.find(':') == std::string::npos ? 0 : fault.find(':'))] <= 3) {
        shown.push_back(text_of(scenario) + "   " + fault);
      }
    }
  }
  void print(const char* what) const {
    fmt::print(
        "{}: {} runs, {} accidents met, {} events taken over, answers {} with the request and {} sent, {} dead, {} "
        "runs with faults\n",
        what, runs, met, taken_over, passive, sent, dead, faulty);
  }
};

std::vector<Scenario> all_scenarios() {
  std::vector<Scenario> all;
  for (int first = 0; first < kManners; ++first) {
    for (int second = 0; second < kManners; ++second) {
      for (const int at : {0, 1}) {
        for (const Millis after : {Millis(0), Millis(300), Millis(4'500)}) {
          Scenario one;
          one.first = static_cast<Manner>(first);
          one.second = static_cast<Manner>(second);
          one.second_at = at;
          one.second_after = after;
          all.push_back(one);
        }
      }
    }
  }
  return all;
}

/// Every accident at every operation of every scenario.
void single(const std::vector<Scenario>& scenarios, Sum& sum, int share) {
  for (std::size_t n = 0; n < scenarios.size(); ++n) {
    Scenario scenario = scenarios[n];
    const Verdict calm = run(scenario);
    sum.add(scenario, calm);
    scenario.mishaps.resize(1);
    for (int operation = 0; operation < std::min(calm.operations, kOperations); ++operation) {
      for (int kind = 0; kind < kAccidents; ++kind) {
        const auto accident = static_cast<Accident>(kind);
        if (is_of_commits(accident) && !calm.commits[static_cast<std::size_t>(operation)]) continue;
        if ((static_cast<int>(n) + operation + kind) % share != 0) continue;
        scenario.mishaps[0].operation = operation;
        scenario.mishaps[0].accident = accident;
        sum.add(scenario, run(scenario));
      }
    }
  }
}

void walks(const std::vector<Scenario>& scenarios, Sum& sum, long count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](int most) { return static_cast<int>(random() % static_cast<std::uint64_t>(most)); };
  for (long i = 0; i < count; ++i) {
    Scenario scenario = scenarios[static_cast<std::size_t>(below(static_cast<int>(scenarios.size())))];
    scenario.second_after = Millis(below(6'000));
    scenario.mishaps.resize(static_cast<std::size_t>(2 + below(2)));
    for (Mishap& one : scenario.mishaps) {
      one.operation = below(kOperations);
      one.accident = static_cast<Accident>(below(kAccidents));
    }
    sum.add(scenario, run(scenario));
  }
}

int one_scenario(int size, char** words) {
  Scenario scenario;
  for (int i = 1; i + 1 < size; i += 2) {
    if (std::string_view(words[i]) == "--scenario") {
      int first = 0, second = 0, after = 0;
      if (std::sscanf(words[i + 1], "%d,%d,%d,%d", &first, &second, &scenario.second_at, &after) != 4) return 2;
      scenario.first = static_cast<Manner>(first);
      scenario.second = static_cast<Manner>(second);
      scenario.second_after = Millis(after);
    } else {
      const std::string text = words[i + 1];
      Mishap one;
      one.operation = std::atoi(text.c_str());
      for (int kind = 0; kind < kAccidents; ++kind) {
        if (text.substr(text.find(':') + 1) == name_of(static_cast<Accident>(kind))) {
          one.accident = static_cast<Accident>(kind);
        }
      }
      scenario.mishaps.push_back(one);
    }
  }
  const Verdict verdict = run(scenario);
  fmt::print("{}: {} operations, {} mishaps met, handled {}, passive {}, sent {}, dead {}\n", text_of(scenario),
             verdict.operations, verdict.met, verdict.handled, verdict.passive, verdict.sent, verdict.dead);
  for (const std::string& fault : verdict.faults) fmt::print("  FAULT {}\n", fault);
  return verdict.faults.empty() ? 0 : 1;
}

int all(long count, std::uint64_t seed, int share) {
  const auto begun = std::chrono::steady_clock::now();
  const auto scenarios = all_scenarios();
  Sum alone;
  single(scenarios, alone, share);
  alone.print("one accident");
  Sum several;
  walks(scenarios, several, count, seed);
  several.print("two or three");
  for (const Sum* sum : {&alone, &several}) {
    for (const std::string& line : sum->shown) fmt::print("  FAULT {}\n", line);
    for (const auto& [kind, times] : sum->kinds) fmt::print("  {} times {}\n", times, kind);
  }
  const bool is_proof = alone.met > alone.runs / 2 && several.met > several.runs && alone.taken_over > 100 &&
                        alone.passive > 1'000 && alone.sent > 1'000;
  if (!is_proof) fmt::print("  nothing is proved: too little happened\n");
  fmt::print("inbox_model: {} runs with faults, {:.1f} s\n", alone.faulty + several.faulty,
             std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  return alone.faulty + several.faulty == 0 && is_proof ? 0 : 1;
}

}  // namespace
}  // namespace kefu_model

int main(int size, char** words) {
  long count = 20'000;
  std::uint64_t seed = 1;
  int share = 1;
  for (int i = 1; i + 1 < size; i += 2) {
    const std::string_view name = words[i];
    if (name == "--scenario") return kefu_model::one_scenario(size, words);
    if (name == "--walks") count = std::atol(words[i + 1]);
    if (name == "--seed") seed = std::strtoull(words[i + 1], nullptr, 10);
    if (name == "--share") share = std::max(1, std::atoi(words[i + 1]));
  }
  return kefu_model::all(count, seed, share);
}
