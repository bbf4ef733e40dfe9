// What every store promises (STO-2, STO-3, STO-4), over each kind of store.
#include "unit/stores/store_access.hpp"
#include "unit/stores/store_factories.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

using kefu::Durability;
using kefu::ErrorKind;
using kefu::Millis;
using kefu::Store;
using kefu::StoreItem;
using kefu::StoreKey;
using kefu::StoreWrite;
using kefu_test::check_refused;
using kefu_test::keys;
using kefu_test::put;
using kefu_test::read;
using kefu_test::refused;
using kefu_test::take;
using std::chrono::hours;
using std::chrono::seconds;

TEST_CASE_TEMPLATE("STO-2: a write needs the generation last read", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  CHECK(!read(store, "k"));
  CHECK(refused(store, "k", "stale", 7));
  const auto first = put(store, "k", "one");
  CHECK(refused(store, "k", "again", 0));
  const auto second = put(store, "k", "two", first);
  CHECK(second > first);
  CHECK(refused(store, "k", "slow writer", first));
  const auto entry = read(store, "k");
  REQUIRE(entry);
  CHECK(entry->value == "two");
  CHECK(entry->generation == second);
  CHECK(!entry->expires);

  CHECK(!store.remove_if_unchanged("k", first)->committed);
  CHECK(store.remove_if_unchanged("k", second)->committed);
  CHECK(!read(store, "k"));
  CHECK(!store.remove_if_unchanged("k", second)->committed);
}

TEST_CASE_TEMPLATE("STO-2: generations never repeat, also not after a removal or expiry", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  std::uint64_t last = 0;
  for (int round = 0; round < 20; ++round) {
    const auto kept = put(store, "a", "v");
    const auto passing = put(store, "b", "v", 0, seconds(1));
    CHECK(kept > last);
    CHECK(passing > kept);
    last = passing;
    under_test.clock->advance(seconds(2));
    CHECK(refused(store, "b", "v", passing));
    CHECK(store.remove_if_unchanged("a", kept)->committed);
  }
}

TEST_CASE_TEMPLATE("a commit does all or nothing and says what was in the way", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  const auto a = put(store, "a", "1");
  const auto b = put(store, "b", "1");

  auto outcome = store.commit({StoreWrite::put("c", "new", 0), StoreWrite::put("a", "2", a),
                               StoreWrite::remove("b", b + 100), StoreWrite::put("d", "new", 0)},
                              Durability::full);
  REQUIRE(outcome.has_value());
  CHECK(!outcome->committed);
  CHECK(outcome->conflict == 2);
  CHECK(keys(store, "") == std::vector<std::string>{"a", "b"});
  CHECK(read(store, "a")->generation == a);

  outcome = store.commit({StoreWrite::put("c", "new", 0), StoreWrite::put("a", "2", a), StoreWrite::remove("b", b),
                          StoreWrite::remove("never", 0)},
                         Durability::full);
  REQUIRE(outcome.has_value());
  CHECK(outcome->committed);
  CHECK(outcome->generation > b);
  CHECK(keys(store, "") == std::vector<std::string>{"a", "c"});
  CHECK(read(store, "a")->value == "2");
  CHECK(read(store, "a")->generation == outcome->generation);
  CHECK(read(store, "c")->generation == outcome->generation);

  CHECK(store.commit({}, Durability::full)->committed);
}

TEST_CASE_TEMPLATE("entries expire by the clock of the store", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  const auto expires = under_test.clock->wall() + seconds(10);
  const auto generation = put(store, "k", "v", 0, seconds(10));
  CHECK(read(store, "k")->expires == expires);
  under_test.clock->advance(Millis(9999));
  CHECK(read(store, "k"));
  CHECK(keys(store, "k").size() == 1);
  under_test.clock->advance(Millis(1));
  CHECK(!read(store, "k"));
  CHECK(keys(store, "k").empty());
  CHECK(refused(store, "k", "v", generation));
  CHECK(store.remove_if_unchanged("k", 0)->committed);
  const auto again = put(store, "k", "v2", 0, hours(1));
  const auto kept = put(store, "k", "v3", again);
  CHECK(!read(store, "k")->expires);
  under_test.clock->advance(hours(1000));
  CHECK(read(store, "k")->generation == kept);
}

TEST_CASE_TEMPLATE("values and keys hold any bytes up to their limits", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  const std::string odd_key("\0\xff'%/\n;--", 9);
  std::string odd_value;
  for (int byte = 0; byte < 256; ++byte) odd_value += static_cast<char>(byte);
  put(store, odd_key, odd_value);
  put(store, std::string("\0", 1), "");
  CHECK(read(store, odd_key)->value == odd_value);
  CHECK(read(store, std::string("\0", 1))->value.empty());
  CHECK(!read(store, "\xff"));

  const std::string long_key(512, 'k');
  const auto large = put(store, long_key, std::string(F::kMaxValueSize, 'v'));
  CHECK(read(store, long_key)->value.size() == F::kMaxValueSize);
  put(store, long_key, "small", large);
  CHECK(read(store, long_key)->value == "small");
}

TEST_CASE_TEMPLATE("what is too large is refused with the limit and the size", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  const std::string long_key(513, 'k');
  check_refused(store.get(long_key), "512", "513");
  check_refused(store.get(""), "512", "0 bytes");
  check_refused(store.put_if_unchanged(long_key, "v", 0, std::nullopt, Durability::relaxed), "512", "513");
  check_refused(store.put_if_unchanged("k", std::string(F::kMaxValueSize + 1, 'v'), 0, std::nullopt, Durability::full),
                std::to_string(F::kMaxValueSize), std::to_string(F::kMaxValueSize + 1));
  check_refused(store.remove_if_unchanged(long_key, 0), "512", "513");
  check_refused(store.list(long_key, "", 1), "512", "513");
  check_refused(store.list("", long_key, 1), "512", "513");
  check_refused(store.list("", "", 0), "1000", "0");
  check_refused(store.list("", "", 1001), "1000", "1001");
  check_refused(store.lease(long_key, "me", seconds(1)), "512", "513");
  check_refused(store.lease("k", std::string(513, 'o'), seconds(1)), "512", "513");
  check_refused(store.lease("k", "", seconds(1)), "512", "0 bytes");
  check_refused(store.lease("k", "me", Millis(0)), "86400000", "0 ms");
  check_refused(store.lease("k", "me", hours(25)), "86400000", "90000000");

  std::vector<StoreWrite> writes;
  for (int i = 0; i < 257; ++i) writes.push_back(StoreWrite::put("w" + std::to_string(i), "v", 0));
  check_refused(store.commit(writes, Durability::relaxed), "256", "257");
  writes.pop_back();
  CHECK(store.commit(writes, Durability::relaxed)->committed);
  CHECK(keys(store, "w").size() == 256);

  writes.clear();
  for (int i = 0; i < 17; ++i)
    writes.push_back(StoreWrite::put("big" + std::to_string(i), std::string(1048576, 'v'), 0));
  check_refused(store.commit(writes, Durability::relaxed), "16777216", "17825792");
  CHECK(keys(store, "big").empty());

  const auto twice = store.commit(
      {StoreWrite::put("x", "1", 0), StoreWrite::put("y", "1", 0), StoreWrite::put("x", "2", 0)}, Durability::relaxed);
  REQUIRE(!twice.has_value());
  CHECK(twice.error().kind() == ErrorKind::bad_argument);
  CHECK(!read(store, "x"));
}

TEST_CASE_TEMPLATE("a listing is ordered by bytes, page by page", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  const std::vector<std::string> ordered{std::string("a"),
                                         std::string("a\0", 2),
                                         std::string("a\0b", 3),
                                         "a/",
                                         "a0",
                                         "a\x7f",
                                         "a\x80",
                                         "a\xff",
                                         "a\xff\xff",
                                         "b",
                                         "\xff",
                                         "\xff\xff",
                                         "\xff\xff\x01"};
  for (std::size_t i = 0; i < ordered.size(); ++i) put(store, ordered[i * 5 % ordered.size()], "v");

  CHECK(keys(store, "") == ordered);
  const std::vector<std::string> with_a(ordered.begin(), ordered.begin() + 9);
  CHECK(keys(store, "a") == with_a);
  CHECK(keys(store, "a\xff") == std::vector<std::string>{"a\xff", "a\xff\xff"});
  CHECK(keys(store, "\xff\xff") == std::vector<std::string>{"\xff\xff", "\xff\xff\x01"});
  CHECK(keys(store, "c").empty());
  CHECK(keys(store, "a", "a\x80") == std::vector<std::string>{"a\xff", "a\xff\xff"});
  CHECK(keys(store, "b", "a") == std::vector<std::string>{"b"});
  CHECK(keys(store, "a", "b").empty());
  CHECK(keys(store, "b", "b").empty());

  for (std::size_t limit = 1; limit <= ordered.size() + 1; ++limit) {
    std::vector<std::string> all;
    for (;;) {
      const auto page = keys(store, "", all.empty() ? std::string() : all.back(), limit);
      all.insert(all.end(), page.begin(), page.end());
      if (page.size() < limit) break;
    }
    CHECK(all == ordered);
  }
}

TEST_CASE_TEMPLATE("a listing of many entries keeps values, generations and expiry", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  std::map<std::string, std::string> expected;
  std::vector<StoreWrite> writes;
  for (int i = 0; i < 2500; ++i) {
    const std::string key = "list/" + std::to_string(i * 7919 % 2500);
    writes.push_back(StoreWrite::put(key, "value of " + key, 0, seconds(i % 3 == 0 ? 1 : 100)));
    if (i % 3 != 0) expected[key] = "value of " + key;
    if (writes.size() == 250) {
      REQUIRE(store.commit(writes, Durability::relaxed)->committed);
      writes.clear();
    }
  }
  under_test.clock->advance(seconds(2));
  std::map<std::string, std::string> found;
  std::set<std::uint64_t> generations;
  std::string after;
  std::string last;
  do {
    const auto page = store.list("list/", after, 1000);
    REQUIRE(page.has_value());
    after = page->next;
    for (const StoreItem& item : page->items) {
      CHECK(item.first > last);
      last = item.first;
      found[item.first] = item.second.value;
      generations.insert(item.second.generation);
      CHECK(item.second.expires == under_test.clock->wall() + seconds(98));
    }
  } while (!after.empty());
  CHECK(found == expected);
  CHECK(generations.size() == 10);  // One for each commit.
}

TEST_CASE_TEMPLATE("STO-3: a lease has one holder, an end and a fence that only grows", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  const auto first = take(store, "job", "a", seconds(10));
  REQUIRE(first);
  CHECK(first->key == "job");
  CHECK(first->owner == "a");
  CHECK(first->until == under_test.clock->wall() + seconds(10));
  CHECK(!take(store, "job", "b", seconds(10)));
  CHECK(take(store, "other job", "b", seconds(10)));
  CHECK(!read(store, "job"));

  under_test.clock->advance(seconds(9));
  const auto renewed = take(store, "job", "a", seconds(10));
  REQUIRE(renewed);
  CHECK(renewed->fence == first->fence);
  CHECK(renewed->until == first->until + seconds(9));
  under_test.clock->advance(seconds(9));
  CHECK(!take(store, "job", "b", seconds(10)));

  // The holder died: one lease later another one has it, with a greater fence; what the dead one held is void.
  under_test.clock->advance(seconds(1));
  const auto second = take(store, "job", "b", seconds(10));
  REQUIRE(second);
  CHECK(second->fence > first->fence);
  CHECK(!take(store, "job", "a", seconds(10)));
  CHECK(store.release(*renewed).has_value());
  CHECK(!take(store, "job", "c", seconds(10)));

  CHECK(store.release(*second).has_value());
  CHECK(store.release(*second).has_value());
  const auto third = take(store, "job", "a", seconds(10));
  REQUIRE(third);
  CHECK(third->fence > second->fence);
  CHECK(store.release(*second).has_value());
  CHECK(!take(store, "job", "b", seconds(10)));

  // Neither name nor number alone gives it back.
  CHECK(store.release(kefu::Lease("job", "b", third->fence, third->until)).has_value());
  CHECK(store.release(kefu::Lease("job", "a", third->fence + 1, third->until)).has_value());
  CHECK(store.release(kefu::Lease("no job", "a", third->fence, third->until)).has_value());
  CHECK(!take(store, "job", "b", seconds(10)));

  // A holder that comes back too late is a new holder.
  under_test.clock->advance(seconds(10));
  const auto late = take(store, "job", "a", seconds(10));
  REQUIRE(late);
  CHECK(late->fence > third->fence);
}

TEST_CASE_TEMPLATE("STO-4: namespaces, platforms, kinds and apps never meet", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  const std::vector<std::string> parts{"", "a", "b", "a/b", "a%2Fb", "a%", "%", "/", "ab", "客服", "a b", "\x7f", "A"};
  std::map<std::string, std::vector<std::string>> made;
  const auto make = [&](const std::vector<std::string>& from) {
    StoreKey key(from[0], from[1], from[2], from[3]);
    for (std::size_t i = 4; i < from.size(); ++i) key.add(from[i]);
    for (const char c : key.str()) CHECK((c > ' ' && c < '\x7f'));
    const auto [at, is_new] = made.emplace(key.str(), from);
    CHECK((is_new || at->second == from));
  };
  for (const auto& x : parts) {
    for (const auto& y : parts) {
      make({x, y, "k", "app"});
      make({"n", x, y, "app"});
      make({"n", "p", x, y, x});
      make({"n", "p", "k", x, y});
      make({"n", "p", "k", "app", x, y});
    }
  }
  for (const auto& [key, from] : made) put(store, key, key);
  for (const auto& [key, from] : made) CHECK(read(store, key)->value == key);

  const StoreKey mine("prod", "wechat", "token", "wx1");
  CHECK(mine.str() == "kefu/2/prod/wechat/token/wx1");
  CHECK(StoreKey("prod", "wechat", "token", "wx/1 客").add("100%").str() ==
        "kefu/2/prod/wechat/token/wx%2F1%20%E5%AE%A2/100%25");
  put(store, StoreKey(mine).add("x").str(), "mine");
  put(store, StoreKey("prod", "wechat", "token", "wx12").add("x").str(), "theirs");
  put(store, StoreKey("test", "wechat", "token", "wx1").add("x").str(), "theirs");
  CHECK(keys(store, mine.prefix()) == std::vector<std::string>{"kefu/2/prod/wechat/token/wx1/x"});
}
