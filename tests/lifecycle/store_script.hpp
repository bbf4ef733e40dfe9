#pragma once

#include <kefu/core/store.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace kefu_test {

/// The agreed history of the crash tests: step N is one commit over several keys, and what a store must hold after it
/// follows from N alone.
class StoreScript {
 public:
  /// How many of the latest steps leave a value of their own; up to 900.
  explicit StoreScript(int ring = 12) : ring_(ring) {}

  /// Large values now and then spill over several pages of a database.
  static std::string value(int step) {
    return std::to_string(step) + "#" +
           std::string(step % 9 == 0 ? 9000 : 20 + step * 37 % 900, static_cast<char>('a' + step % 26));
  }
  std::string ring_key(int step) const { return "ring/" + std::to_string(step % ring_); }

  /// Does step `step` after `step - 1` was done; answers the greatest new generation.
  kefu::Result<std::uint64_t> run(kefu::Store& store, int step) const {
    std::vector<kefu::StoreWrite> writes;
    for (const std::string& key : {std::string("a"), std::string("b"), ring_key(step), std::string("odd")}) {
      const auto entry = store.get(key);
      if (!entry) return entry.error();
      const std::uint64_t expected = *entry ? (*entry)->generation : 0;
      if (key == "odd" && step % 2 == 0) {
        writes.push_back(kefu::StoreWrite::remove(key, expected));
      } else {
        writes.push_back(kefu::StoreWrite::put(key, value(step), expected));
      }
    }
    const auto outcome = store.commit(writes, step % 3 == 0 ? kefu::Durability::full : kefu::Durability::relaxed);
    if (!outcome) return outcome.error();
    if (!outcome->committed) return kefu::Error(kefu::ErrorKind::conflict, "a step met somebody else's write");
    return outcome->generation;
  }

  /// What a store holds.
  struct State {
    int step = 0;  ///< The last step done.
    std::uint64_t newest = 0;
    std::string fault;  ///< What is half done or missing; empty if all is well.
  };
  State read(kefu::Store& store) const {
    State state;
    const auto items = store.list("", "", 1000);
    if (!items) {
      state.fault = items.error().to_string();
      return state;
    }
    for (const auto& [key, entry] : items->items) {
      if (key == "a") state.step = std::stoi(entry.value);
      state.newest = std::max(state.newest, entry.generation);
    }
    std::vector<std::pair<std::string, std::string>> expected, found;
    if (state.step > 0) expected = {{"a", value(state.step)}, {"b", value(state.step)}};
    if (state.step % 2 == 1) expected.emplace_back("odd", value(state.step));
    for (int step = std::max(1, state.step - ring_ + 1); step <= state.step; ++step) {
      expected.emplace_back(ring_key(step), value(step));
    }
    for (const auto& [key, entry] : items->items) found.emplace_back(key, entry.value);
    std::sort(expected.begin(), expected.end());
    if (found != expected) state.fault = "after step " + std::to_string(state.step) + " something is half done";
    return state;
  }

 private:
  const int ring_;
};

}  // namespace kefu_test
