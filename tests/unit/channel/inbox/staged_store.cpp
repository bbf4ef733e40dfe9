#include "channel/inbox/staged_store.hpp"

#include "support/test_clock.hpp"

#include <doctest/doctest.h>

namespace {

using kefu::Durability;
using kefu::ErrorKind;
using kefu::MemoryStore;
using kefu::StoreWrite;
using kefu::detail::StagedStore;

std::string value_of(kefu::Store& store, const std::string& key) {
  const auto entry = store.get(key);
  REQUIRE(entry);
  return *entry ? (*entry)->value : "absent";
}
std::uint64_t generation_of(kefu::Store& store, const std::string& key) {
  const auto entry = store.get(key);
  REQUIRE(entry);
  return *entry ? (*entry)->generation : 0;
}
std::vector<StoreWrite> taken(StagedStore& staged) {
  std::vector<StoreWrite> writes;
  staged.take_writes(writes);
  return writes;
}
bool commits(kefu::Store& store, const std::vector<StoreWrite>& writes, Durability durability = Durability::relaxed) {
  const auto outcome = store.commit(writes, durability);
  REQUIRE(outcome);
  return outcome->committed;
}

}  // namespace

TEST_CASE("StagedStore: several steps become one commit that expects what was read first") {
  MemoryStore base;
  REQUIRE(commits(base, {StoreWrite::put("old", "1", 0), StoreWrite::put("gone", "1", 0)}));
  StagedStore staged(base);
  CHECK(commits(staged, {StoreWrite::put("new", "a", 0), StoreWrite::put("old", "2", generation_of(base, "old"))}));
  CHECK(value_of(staged, "old") == "2");
  CHECK(value_of(base, "old") == "1");
  CHECK(value_of(base, "new") == "absent");
  // The next step sees the one before, under generations of its own.
  CHECK(generation_of(staged, "old") != generation_of(base, "old"));
  CHECK_FALSE(commits(staged, {StoreWrite::put("old", "3", generation_of(base, "old"))}));
  CHECK(commits(staged, {StoreWrite::put("old", "33", generation_of(staged, "old"))}, Durability::full));
  CHECK(commits(staged, {StoreWrite::remove("gone", generation_of(staged, "gone"))}));
  CHECK(commits(staged, {StoreWrite::put("brief", "x", 0)}));
  CHECK(commits(staged, {StoreWrite::remove("brief", generation_of(staged, "brief"))}));
  CHECK(value_of(staged, "gone") == "absent");

  CHECK(staged.count() == 4);
  CHECK(staged.bytes() == 3);
  CHECK(staged.durability() == Durability::full);
  const auto outcome = base.commit(taken(staged), staged.durability());
  REQUIRE(outcome);
  REQUIRE(outcome->committed);
  CHECK(value_of(base, "new") == "a");
  CHECK(value_of(base, "old") == "33");
  CHECK(value_of(base, "gone") == "absent");
  CHECK(value_of(base, "brief") == "absent");
  CHECK(outcome->generation == generation_of(base, "old"));
}

TEST_CASE("StagedStore: what changed behind it makes the commit conflict, nothing is written") {
  MemoryStore base;
  REQUIRE(commits(base, {StoreWrite::put("k", "1", 0)}));
  StagedStore staged(base);
  CHECK(commits(staged, {StoreWrite::put("other", "x", 0)}));
  CHECK(commits(staged, {StoreWrite::put("k", "mine", generation_of(staged, "k"))}));
  REQUIRE(commits(base, {StoreWrite::put("k", "theirs", generation_of(base, "k"))}));
  CHECK(value_of(staged, "k") == "mine");
  const auto outcome = base.commit(taken(staged), Durability::full);
  REQUIRE(outcome);
  CHECK_FALSE(outcome->committed);
  CHECK(outcome->conflict == 1);
  CHECK(value_of(base, "other") == "absent");
}

TEST_CASE("StagedStore: a conflict and a refusal stage nothing; expiry is kept; it cannot be listed") {
  const auto clock = std::make_shared<kefu_test::TestClock>();
  MemoryStore base(clock);
  StagedStore staged(base);
  CHECK(value_of(staged, "b") == "absent");
  CHECK_FALSE(commits(staged, {StoreWrite::put("a", "1", 0), StoreWrite::put("b", "1", 7)}));
  CHECK(staged.count() == 0);
  const auto refused =
      staged.commit({StoreWrite::put("a", std::string(kefu::Store::kMaxValueSize + 1, 'x'), 0)}, Durability::full);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::bad_argument);
  CHECK(staged.count() == 0);
  CHECK(commits(staged, {StoreWrite::put("a", "1", 0, std::chrono::hours(1))}));
  clock->advance(std::chrono::minutes(5));
  REQUIRE(commits(base, taken(staged)));
  const auto entry = base.get("a");
  REQUIRE(entry);
  REQUIRE(*entry);
  CHECK((*entry)->expires == clock->wall() + std::chrono::hours(1));
  CHECK(staged.list("", "", 10).error().kind() == ErrorKind::unsupported);
}

TEST_CASE("StagedStore: what nobody read is written as its step expects it, and the real commit finds out") {
  MemoryStore base;
  REQUIRE(commits(base, {StoreWrite::put("k", "1", 0)}));
  StagedStore staged(base);
  staged.begin_step(0);
  CHECK(commits(staged, {StoreWrite::put("new", "x", 0)}));
  staged.begin_step(1);
  CHECK(commits(staged, {StoreWrite::put("k", "2", generation_of(base, "k") + 1)}));
  const auto outcome = base.commit(taken(staged), Durability::full);
  REQUIRE(outcome);
  CHECK_FALSE(outcome->committed);
  CHECK(staged.step_of(outcome->conflict) == 1);
  StagedStore again(base);
  REQUIRE(again.load({"k", "new"}));
  CHECK_FALSE(commits(again, {StoreWrite::put("k", "2", generation_of(base, "k") + 1)}));
  CHECK(value_of(again, "k") == "1");
}
