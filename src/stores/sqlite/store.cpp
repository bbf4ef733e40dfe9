#include "stores/sqlite/engine.hpp"

#include <kefu/stores/sqlite.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE

using detail::SqliteEngine;
using detail::SqliteReading;
using detail::SqliteWriting;

namespace {

Result<CommitOutcome> commit_entries(SqliteEngine& engine, const std::vector<StoreWrite>& writes,
                                     Durability durability) {
  SqliteWriting writing(engine);
  if (auto begun = writing.begin(durability, engine.deadline()); !begun) return begun.error();
  if (writes.empty()) {
    CommitOutcome nothing;
    nothing.committed = true;
    return nothing;
  }
  // The time is read when the wait is over.
  auto outcome = writing.entries().apply(writes, engine.now());
  if (!outcome || !outcome->committed) return outcome;
  if (auto done = writing.commit(); !done) return done.error();
  return outcome;
}

Result<std::optional<Lease>> take_lease(SqliteEngine& engine, std::string_view key, std::string_view owner,
                                        Millis ttl) {
  SqliteWriting writing(engine);
  if (auto begun = writing.begin(Durability::relaxed, engine.deadline()); !begun) return begun.error();
  auto lease = writing.entries().lease(key, owner, ttl, engine.now());
  if (!lease || !*lease) return lease;
  if (auto done = writing.commit(); !done) return done.error();
  return lease;
}

Result<void> give_lease_back(SqliteEngine& engine, const Lease& lease) {
  SqliteWriting writing(engine);
  if (auto begun = writing.begin(Durability::relaxed, engine.deadline()); !begun) return begun;
  if (auto released = writing.entries().release(lease); !released) return released;
  return writing.commit();
}

}  // namespace

SqliteStore::SqliteStore(std::shared_ptr<SqliteEngine> engine) : engine_(std::move(engine)) {}

SqliteStore::~SqliteStore() = default;

Result<std::shared_ptr<SqliteStore>> SqliteStore::open(SqliteOptions options) {
  auto engine = SqliteEngine::open(std::move(options));
  if (!engine) return engine.error();
  return std::shared_ptr<SqliteStore>(new SqliteStore(*std::move(engine)));
}

Result<std::shared_ptr<SqliteStore>> SqliteStore::open(const std::shared_ptr<SqliteDatabase>& database) {
  if (database == nullptr) return Error(ErrorKind::bad_argument, "SQLite store: no database is given");
  return std::shared_ptr<SqliteStore>(new SqliteStore(database->engine_));
}

Result<WallTime> SqliteStore::now() { return engine_->now(); }

Result<std::optional<StoreEntry>> SqliteStore::get(std::string_view key) {
  if (auto error = check_key(key)) return *error;
  SqliteReading reading(*engine_);
  if (auto begun = reading.begin(true, engine_->deadline()); !begun) return begun.error();
  return reading.entries().get(key, engine_->now());
}

Result<std::vector<std::optional<StoreEntry>>> SqliteStore::get_many(const std::vector<std::string>& keys) {
  if (auto error = check_keys(keys)) return *error;
  SqliteReading reading(*engine_);
  if (auto begun = reading.begin(true, engine_->deadline()); !begun) return begun.error();
  if (auto snapshot = reading.begin_snapshot(); !snapshot) return snapshot.error();
  const WallTime time = engine_->now();
  std::vector<std::optional<StoreEntry>> found;
  found.reserve(keys.size());
  for (const std::string& key : keys) {
    auto entry = reading.entries().get(key, time);
    if (!entry) return entry.error();
    found.push_back(*std::move(entry));
  }
  return found;
}

Result<CommitOutcome> SqliteStore::commit(const std::vector<StoreWrite>& writes, Durability durability) {
  if (auto error = check_writes(writes)) return with_delivery(*error, Delivery::refused);
  auto outcome = engine_->with_room([&] { return commit_entries(*engine_, writes, durability); });
  if (outcome || outcome.error().delivery() == Delivery::unknown) return outcome;
  return with_delivery(outcome.error(), Delivery::refused);
}

Result<StorePage> SqliteStore::list(std::string_view prefix, std::string_view after, ListLimits limits) {
  if (auto error = check_list(prefix, after, limits)) return *error;
  SqliteReading reading(*engine_);
  if (auto begun = reading.begin(false, engine_->deadline()); !begun) return begun.error();
  return reading.entries().list(prefix, after, limits, engine_->now());
}

Result<std::optional<Lease>> SqliteStore::lease(std::string_view key, std::string_view owner, Millis ttl) {
  if (auto error = check_lease(key, owner, ttl)) return *error;
  {
    // Those who ask again and again for a lease that is taken do not need the turn.
    SqliteReading reading(*engine_);
    if (auto begun = reading.begin(true, engine_->deadline()); !begun) return begun.error();
    const auto held = reading.entries().is_held(key, owner, engine_->now());
    if (!held) return held.error();
    if (*held) return std::optional<Lease>();
  }
  return engine_->with_room([&] { return take_lease(*engine_, key, owner, ttl); });
}

Result<void> SqliteStore::release(const Lease& lease) {
  if (auto error = check_key(lease.key)) return *error;
  return engine_->with_room([&] { return give_lease_back(*engine_, lease); });
}

KEFU_END_NAMESPACE
