// Foundation e: an outcome that nobody knows is read again before anybody is told.
#include "core/store/commit_known.hpp"

#include "support/faulty_store.hpp"
#include "unit/stores/store_access.hpp"

#include <doctest/doctest.h>

using kefu::Delivery;
using kefu::Durability;
using kefu::StoreWrite;
using kefu::detail::commit_known;
using kefu::detail::put_known;
using kefu_test::put;
using kefu_test::read;

namespace {

struct Doubt {
  const std::shared_ptr<kefu::MemoryStore> inner = std::make_shared<kefu::MemoryStore>();
  kefu_test::FaultyStore store{inner};
  kefu::Result<kefu::CommitOutcome> put_mine(std::uint64_t expected = 0) {
    return put_known(store, "k", "mine", expected, std::nullopt, Durability::full);
  }
};

}  // namespace

TEST_CASE("foundation e: a commit that was done and reported as failed is found done") {
  Doubt d;
  d.store.doubtful_commits = 1;
  const auto outcome = d.put_mine();
  REQUIRE(outcome);
  CHECK(outcome->committed);
  CHECK(outcome->generation == read(*d.inner, "k")->generation);
  CHECK(d.store.commits == 1);

  d.store.doubtful_commits = 1;
  const auto removed = commit_known(d.store, {StoreWrite::remove("k", outcome->generation)}, Durability::full);
  REQUIRE(removed);
  CHECK(removed->committed);
  CHECK(!read(*d.inner, "k"));
}

TEST_CASE("foundation e: one that was not done is made again, as long as nobody was faster") {
  Doubt d;
  d.store.lost_commits = 2;
  const auto outcome = d.put_mine();
  REQUIRE(outcome);
  CHECK(outcome->committed);
  CHECK(d.store.commits == 3);

  d.store.lost_commits = 100;
  const auto never = d.put_mine(outcome->generation);
  REQUIRE_FALSE(never);
  CHECK(never.error().delivery() == Delivery::unknown);
  CHECK(d.store.commits == 6);
}

TEST_CASE("foundation e: somebody else's write is a conflict; errors that are known are told at once") {
  Doubt d;
  d.store.lost_commits = 1;
  int operations = 0;
  d.store.before = [&](std::string_view) {
    if (++operations == 2) put(*d.inner, "k", "theirs");  // Before the key is read again.
  };
  const auto lost = d.put_mine();
  REQUIRE(lost);
  CHECK(!lost->committed);
  d.store.before = nullptr;
  d.store.failing_commits = 1;
  const auto known = d.put_mine();
  REQUIRE_FALSE(known);
  CHECK(known.error().delivery() == Delivery::refused);
}

TEST_CASE("foundation e: a commit that comes through late is not taken for somebody else's") {
  Doubt d;
  d.store.lost_commits = 1;
  int operations = 0;
  d.store.before = [&](std::string_view) {
    if (++operations == 3) put(*d.inner, "k", "mine");  // After the key was read, before the second try.
  };
  const auto outcome = d.put_mine();
  REQUIRE(outcome);
  CHECK(outcome->committed);
}

TEST_CASE("foundation e: a second try that something stands in the way of, and nobody can look at, is in doubt too") {
  Doubt d;
  d.store.lost_commits = 1;
  int operations = 0;
  d.store.before = [&](std::string_view) {
    ++operations;
    if (operations == 3) put(*d.inner, "k", "mine");  // The first try comes through late.
    if (operations == 4) d.store.gone = true;
  };
  const auto outcome = d.put_mine();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().delivery() == Delivery::unknown);
}

TEST_CASE("foundation e: of a commit that names no key nothing can be read again") {
  Doubt d;
  d.store.lost_commits = 1;
  const auto nothing = commit_known(d.store, {}, Durability::full);
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().delivery() == Delivery::unknown);
  CHECK(d.store.commits == 1);
}

TEST_CASE("foundation e: with a store that cannot be read either, the doubt is told") {
  Doubt d;
  d.store.doubtful_commits = 1;
  int operations = 0;
  d.store.before = [&](std::string_view) {
    if (++operations == 2) d.store.gone = true;
  };
  const auto outcome = d.put_mine();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().delivery() == Delivery::unknown);
}
