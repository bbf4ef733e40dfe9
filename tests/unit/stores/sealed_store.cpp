// STO-5: sealed values open with the right key only; what does not open counts as absent and is reported.
#include <kefu/core/observer_names.hpp>
#include <kefu/core/sealed_store.hpp>

#include <doctest/doctest.h>

#include <map>

using kefu::Durability;
using kefu::ErrorKind;
using kefu::MemoryStore;
using kefu::SealedStore;
using kefu::Secret;
using kefu::Store;
using kefu::StoreWrite;

namespace {

const std::string kKey = "kefu/2/test/wechat/token/wx1";

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
    ++count;
  }
  int count = 0;
  std::string text;
};

Secret key_of(char byte) { return Secret(std::string(SealedStore::kKeySize, byte)); }

std::shared_ptr<SealedStore> sealed(std::shared_ptr<Store> inner, char key, std::vector<Secret> previous = {},
                                    std::shared_ptr<kefu::Observer> observer = nullptr) {
  return SealedStore::create(std::move(inner), key_of(key), std::move(previous), std::move(observer)).value();
}

std::uint64_t put(Store& store, const std::string& key, const std::string& value, std::uint64_t expected = 0) {
  const auto outcome = store.put_if_unchanged(key, value, expected, std::nullopt, Durability::relaxed);
  REQUIRE_MESSAGE(outcome.has_value(), outcome.error().to_string());
  REQUIRE(outcome->committed);
  return outcome->generation;
}

std::string stored(Store& inner, const std::string& key) { return (*inner.get(key))->value; }

}  // namespace

TEST_CASE("STO-5: the store underneath never sees a value") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto store = sealed(inner, 'k');
  CHECK(!store->durable());
  const std::string value = "ACCESS-TOKEN-of-the-shop";
  put(*store, kKey, value);
  put(*store, "same", value);
  const std::string first = stored(*inner, kKey);
  CHECK(first.size() == value.size() + SealedStore::kOverhead);
  CHECK(first.find("TOKEN") == std::string::npos);
  CHECK(first.substr(29) != stored(*inner, "same").substr(29));
  CHECK((*store->get(kKey))->value == value);
}

TEST_CASE("STO-5: a value under another key of the host is absent, reported and written over") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto generation = put(*sealed(inner, 'a'), kKey, "token of a");
  const auto reports = std::make_shared<Reports>();
  const auto store = sealed(inner, 'b', {}, reports);
  CHECK(!*store->get(kKey));
  CHECK(reports->count == 1);
  CHECK(reports->text.find("platform=wechat kind=token") != std::string::npos);
  CHECK(reports->text.find("wx1") == std::string::npos);

  const auto both =
      store->commit({StoreWrite::put("new", "v", 0), StoreWrite::put(kKey, "token of b", 0)}, Durability::full);
  REQUIRE(both.has_value());
  REQUIRE(both->committed);
  CHECK(both->generation > generation);
  CHECK((*store->get(kKey))->value == "token of b");
  // Now that it opens, it is in the way like any other value.
  CHECK(!store->put_if_unchanged(kKey, "late", 0, std::nullopt, Durability::relaxed)->committed);
  CHECK(!*sealed(inner, 'a')->get(kKey));
}

TEST_CASE("STO-5: no changed, cut, moved or plain value opens") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto store = sealed(inner, 'k');
  put(*store, kKey, "the value");
  const std::string whole = stored(*inner, kKey);
  std::uint64_t generation = (*inner->get(kKey))->generation;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    generation = put(*inner, kKey, changed, generation);
    CHECK(!*store->get(kKey));
    generation = put(*inner, kKey, whole.substr(0, i), generation);
    CHECK(!*store->get(kKey));
  }
  generation = put(*inner, kKey, whole + "x", generation);
  CHECK(!*store->get(kKey));
  generation = put(*inner, kKey, "a plain value that was written before anybody sealed, long enough", generation);
  CHECK(!*store->get(kKey));
  put(*inner, "another key", whole);
  CHECK(!*store->get("another key"));
  put(*inner, kKey, whole, generation);
  CHECK((*store->get(kKey))->value == "the value");
}

TEST_CASE("STO-5: keys can be changed") {
  const auto inner = std::make_shared<MemoryStore>();
  put(*sealed(inner, 'a'), "old", "1");
  const auto store = sealed(inner, 'b', {key_of('x'), key_of('a')});
  const auto old = *store->get("old");
  REQUIRE(old);
  CHECK(old->value == "1");
  put(*store, "old", "2", old->generation);
  CHECK((*sealed(inner, 'b')->get("old"))->value == "2");
}

TEST_CASE("STO-5: listings leave out what does not open") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto mine = sealed(inner, 'm');
  const auto theirs = sealed(inner, 't');
  for (int i = 100; i < 200; ++i) put(i % 3 == 0 ? *mine : *theirs, "l/" + std::to_string(i), std::to_string(i));
  const auto page = mine->list("l/", "", 20);
  REQUIRE(page.has_value());
  CHECK(page->items.size() == 6);
  CHECK(page->items.front().second.value == "102");
  CHECK(page->items.back().second.value == "117");  // Of the numbers to 119.
  CHECK(page->next == "l/119");
}

TEST_CASE("STO-5: keys of the wrong size are refused by name, without being shown") {
  const auto inner = std::make_shared<MemoryStore>();
  const auto refused = [&](kefu::Result<std::shared_ptr<SealedStore>> made, std::string_view text) {
    REQUIRE(!made.has_value());
    CHECK(made.error().kind() == ErrorKind::bad_argument);
    CHECK_MESSAGE(made.error().message().find(text) != std::string::npos, made.error().message());
    CHECK(made.error().message().find("hunter2") == std::string::npos);
  };
  refused(SealedStore::create(nullptr, key_of('k')), "store");
  refused(SealedStore::create(inner, Secret("hunter2")), "7 bytes");
  refused(SealedStore::create(inner, Secret()), "0 bytes");
  refused(SealedStore::create(inner, key_of('k'), {Secret("hunter2")}), "7 bytes");
  refused(SealedStore::create(inner, key_of('k'), std::vector<Secret>(5, key_of('p'))), "previous");
}
