// STO-5: sealed values open with the right key only; what does not open is reported, and written over only where it can
// be fetched again.
#include "support/faulty_store.hpp"
#include "unit/stores/store_access.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/core/sealed_store.hpp>

#include <doctest/doctest.h>

using kefu::Durability;
using kefu::ErrorKind;
using kefu::MemoryStore;
using kefu::SealedOptions;
using kefu::SealedStore;
using kefu::SealKey;
using kefu::Secret;
using kefu::Store;
using kefu::StoreWrite;
using kefu_test::put;

namespace {

const std::string kToken = "kefu/2/test/wechat/token/wx1";
const std::string kGrant = "kefu/2/test/jd/grant/app/shop1";

/// Counts reports and keeps their text.
class Reports final : public kefu::Observer {
 public:
  void log(const kefu::LogRecord& record) override {
    CHECK(record.event == kefu::log_event::kStoreUnreadable);
    text += record.message;
    for (const kefu::Attribute& attribute : record.attributes) {
      text.append(" ").append(attribute.key).append("=").append(attribute.value);
    }
  }
  void metric(const kefu::MetricRecord& record) override {
    CHECK(record.name == kefu::metric::kStoreUnreadable);
    labels.clear();
    for (const kefu::Attribute& attribute : record.labels) {
      labels.append(attribute.key).append("=").append(attribute.value).append(" ");
    }
    ++count;
  }
  int count = 0;
  std::string text;
  std::string labels;
};

/// A key of the host: its number is its letter.
SealKey key_of(char byte) {
  return SealKey(static_cast<std::uint32_t>(byte), Secret(std::string(SealedStore::kKeySize, byte)));
}

/// Opens with all the keys named, seals with the first.
std::shared_ptr<SealedStore> sealed(std::shared_ptr<Store> inner, const std::string& keys,
                                    std::shared_ptr<kefu::Observer> observer = nullptr) {
  SealedOptions options(key_of(keys.front()));
  for (const char key : keys.substr(1)) options.keys.push_back(key_of(key));
  options.observer = std::move(observer);
  return SealedStore::create(std::move(inner), std::move(options)).value();
}

std::string stored(Store& inner, const std::string& key) { return (*inner.get(key))->value; }

template <class T>
void check_unreadable(const kefu::Result<T>& result, std::string_view why) {
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::configuration);
  CHECK_MESSAGE(result.error().message().find(why) != std::string::npos, result.error().message());
  CHECK(result.error().message().find("shop1") == std::string::npos);
}

}  // namespace

TEST_CASE("STO-5: the store underneath never sees a value") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto store = sealed(inner, "k");
  CHECK(!store->durable());
  const std::string value = "ACCESS-TOKEN-of-the-shop";
  put(*store, kToken, value);
  put(*store, "same", value);
  const std::string first = stored(*inner, kToken);
  CHECK(first.size() == value.size() + SealedStore::kOverhead);
  CHECK(first.find("TOKEN") == std::string::npos);
  CHECK(first.substr(33) != stored(*inner, "same").substr(33));
  CHECK((*store->get(kToken))->value == value);
}

TEST_CASE("STO-5: an access token under another key of the host is absent, reported and written over") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto generation = put(*sealed(inner, "a"), kToken, "token of a");
  const auto reports = std::make_shared<Reports>();
  const auto store = sealed(inner, "b", reports);
  CHECK(!*store->get(kToken));
  CHECK(reports->count == 1);
  CHECK(reports->text.find("platform=wechat kind=token") != std::string::npos);
  CHECK(reports->labels == "platform=wechat kind=token ");
  CHECK(reports->text.find("key 97") != std::string::npos);
  CHECK(reports->text.find("wx1") == std::string::npos);

  const auto both =
      store->commit({StoreWrite::put("new", "v", 0), StoreWrite::put(kToken, "token of b", 0)}, Durability::full);
  REQUIRE(both.has_value());
  REQUIRE(both->committed);
  CHECK(both->generation > generation);
  CHECK((*store->get(kToken))->value == "token of b");
  // Now that it opens, it is in the way like any other value.
  CHECK(!store->put_if_unchanged(kToken, "late", 0, std::nullopt, Durability::relaxed)->committed);
  CHECK(!*sealed(inner, "a")->get(kToken));
}

TEST_CASE("STO-5: several tokens that do not open make way at once, but none to a write that expects another value") {
  const auto inner = std::make_shared<MemoryStore>();
  const std::string second = kToken + "/second";
  put(*sealed(inner, "a"), kToken, "token of a");
  const auto generation = put(*sealed(inner, "a"), second, "token of a");
  const std::string before = stored(*inner, kToken);
  const auto store = sealed(inner, "b");
  const auto late = store->put_if_unchanged(kToken, "late", generation + 1, std::nullopt, Durability::full);
  REQUIRE(late.has_value());
  CHECK(!late->committed);
  CHECK(stored(*inner, kToken) == before);
  const auto both = store->commit(
      {StoreWrite::put(kToken, "b", 0, std::chrono::hours(2)), StoreWrite::put(second, "b", 0)}, Durability::full);
  REQUIRE(both.has_value());
  CHECK(both->committed);
  CHECK((*store->get(kToken))->value == "b");
  CHECK((*store->get(kToken))->expires.has_value());
  CHECK((*store->get(second))->value == "b");
}

TEST_CASE("STO-5: what stood in the way and is gone when it is looked at is in nobody's way") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto between = std::make_shared<kefu_test::FaultyStore>(inner);
  const auto store = sealed(between, "k");
  const auto generation = put(*store, kGrant, "old");
  int operations = 0;
  between->before = [&](std::string_view) {
    if (++operations == 2) CHECK(inner->remove_if_unchanged(kGrant, generation)->committed);
  };
  CHECK(store->put_if_unchanged(kGrant, "new", 0, std::nullopt, Durability::full)->committed);
  CHECK(operations == 3);
  CHECK((*store->get(kGrant))->value == "new");
}

TEST_CASE("foundation k: what exists only here is never written over, with two processes and one new key") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto old_process = sealed(inner, "a");
  put(*old_process, kGrant, "the refresh token");
  const auto hasty = sealed(inner, "n");  // Was given the new key only.
  const std::string before = stored(*inner, kGrant);
  check_unreadable(hasty->get(kGrant), "key 97");
  check_unreadable(hasty->get_many({"nothing", kGrant}), "key 97");
  check_unreadable(hasty->list("kefu/2/test/jd/", "", 10), "key 97");
  check_unreadable(hasty->put_if_unchanged(kGrant, "another", 0, std::nullopt, Durability::full), "grant");
  check_unreadable(hasty->remove_if_unchanged(kGrant, 0), "grant");
  const auto both =
      hasty->commit({StoreWrite::put("new", "v", 0), StoreWrite::put(kGrant, "another", 0)}, Durability::full);
  check_unreadable(both, "left as it is");
  CHECK(both.error().delivery() == kefu::Delivery::refused);
  CHECK(stored(*inner, kGrant) == before);
  CHECK(!*inner->get("new"));
  // Its keys can be listed, and who means it removes it by its generation.
  const auto listed = hasty->list("kefu/2/test/jd/", "", kefu::ListLimits::keys(10));
  REQUIRE(listed);
  CHECK(listed->items.size() == 1);
  CHECK(hasty->remove_if_unchanged(kGrant, listed->items[0].second.generation)->committed);
}

TEST_CASE("foundation k: a new key is first readable everywhere, then used") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto generation = put(*sealed(inner, "a"), kGrant, "1");
  const auto still_old = sealed(inner, "an");  // Knows the new key, seals with the old one.
  const auto switched = sealed(inner, "na");
  CHECK((*switched->get(kGrant))->value == "1");
  const auto second = put(*switched, kGrant, "2", generation);
  CHECK((*still_old->get(kGrant))->value == "2");
  const auto third = put(*still_old, kGrant, "3", second);
  CHECK((*switched->get(kGrant))->value == "3");
  put(*switched, kGrant, "4", third);
  CHECK((*sealed(inner, "n")->get(kGrant))->value == "4");  // The old key may go.
}

TEST_CASE("STO-5: no changed, cut, moved or plain value opens") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto store = sealed(inner, "k");
  put(*store, kToken, "the value");
  const std::string whole = stored(*inner, kToken);
  std::uint64_t generation = (*inner->get(kToken))->generation;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    generation = put(*inner, kToken, changed, generation);
    CHECK(!*store->get(kToken));
    generation = put(*inner, kToken, whole.substr(0, i), generation);
    CHECK(!*store->get(kToken));
  }
  generation = put(*inner, kToken, whole + "x", generation);
  CHECK(!*store->get(kToken));
  const std::string plain = "a plain value that was written before anybody sealed, and long enough";
  generation = put(*inner, kToken, plain, generation);
  CHECK(!*store->get(kToken));
  put(*inner, kGrant, plain);
  check_unreadable(store->get(kGrant), "without sealing");
  put(*inner, "another key", whole);
  check_unreadable(store->get("another key"), "another key");
  put(*inner, kToken, whole, generation);
  CHECK((*store->get(kToken))->value == "the value");
}

TEST_CASE("STO-5: listings leave out the tokens that do not open") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto mine = sealed(inner, "m");
  const auto theirs = sealed(inner, "t");
  const auto key = [](int number) { return "kefu/2/test/wechat/token/" + std::to_string(number); };
  for (int i = 100; i < 200; ++i) put(i % 3 == 0 ? *mine : *theirs, key(i), std::to_string(i));
  const auto page = mine->list("kefu/2/", "", 20);
  REQUIRE(page.has_value());
  CHECK(page->items.size() == 6);
  CHECK(page->items.front().second.value == "102");
  CHECK(page->items.back().second.value == "117");  // Of the numbers to 119.
  CHECK(page->next == key(119));
}

TEST_CASE("STO-5: keys of the wrong size or number are refused by name, without being shown") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto refused = [&](std::shared_ptr<Store> store, SealedOptions options, std::string_view text) {
    const auto made = SealedStore::create(std::move(store), std::move(options));
    REQUIRE(!made.has_value());
    CHECK(made.error().kind() == ErrorKind::bad_argument);
    CHECK_MESSAGE(made.error().message().find(text) != std::string::npos, made.error().message());
    CHECK(made.error().message().find("hunter2") == std::string::npos);
  };
  refused(nullptr, SealedOptions(key_of('k')), "store");
  refused(inner, SealedOptions(SealKey(1, Secret("hunter2"))), "key 1 has 7 bytes");
  refused(inner, SealedOptions(SealKey(1, Secret())), "0 bytes");
  SealedOptions options(key_of('k'));
  options.keys.push_back(SealKey(2, Secret("hunter2")));
  refused(inner, options, "key 2 has 7 bytes");
  options.keys.back() = key_of('k');
  refused(inner, options, "two keys have the id 107");
  options.keys.pop_back();
  options.seals_with = 9;
  refused(inner, options, "seals_with is 9");
  options.keys.clear();
  refused(inner, options, "0 keys");
  for (int i = 0; i < 9; ++i) options.keys.push_back(key_of(static_cast<char>('a' + i)));
  refused(inner, options, "9 keys");
  options.keys.pop_back();
  options.seals_with = 'h';
  CHECK(SealedStore::create(inner, options));
}
