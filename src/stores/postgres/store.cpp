#include "stores/postgres/engine.hpp"

#include <kefu/stores/postgres.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE

using detail::PostgresConnection;
using detail::PostgresEngine;

namespace {

/// Of what reads: it left nothing, whatever became of the connection.
template <class T>
Result<T> left_nothing(Result<T> result) {
  if (result) return result;
  return detail::with_delivery_of(result.error(), Delivery::refused);
}

}  // namespace

PostgresStore::PostgresStore(std::shared_ptr<PostgresEngine> engine) : engine_(std::move(engine)) {}

PostgresStore::~PostgresStore() = default;

Result<std::shared_ptr<PostgresStore>> PostgresStore::open(PostgresOptions options) {
  auto engine = PostgresEngine::open(std::move(options));
  if (!engine) return engine.error();
  return std::shared_ptr<PostgresStore>(new PostgresStore(*std::move(engine)));
}

Result<std::shared_ptr<PostgresStore>> PostgresStore::open(const std::shared_ptr<PostgresDatabase>& database) {
  if (database == nullptr) return Error(ErrorKind::bad_argument, "PostgreSQL store: no database is given");
  return std::shared_ptr<PostgresStore>(new PostgresStore(database->engine_));
}

Result<WallTime> PostgresStore::now() {
  if (const auto given = engine_->given_time()) return *given;
  return left_nothing(engine_->run(true, engine_->deadline(), [](PostgresConnection& connection) -> Result<WallTime> {
    const auto row = connection.run("SELECT clock_timestamp()", detail::PostgresArguments());
    if (!row) return row.error();
    return row->time(0, 0);
  }));
}

Result<std::optional<StoreEntry>> PostgresStore::get(std::string_view key) {
  if (auto error = check_key(key)) return *error;
  auto found = get_many({std::string(key)});
  if (!found) return found.error();
  return std::move(found->front());
}

Result<std::vector<std::optional<StoreEntry>>> PostgresStore::get_many(const std::vector<std::string>& keys) {
  if (auto error = check_keys(keys)) return *error;
  if (keys.empty()) return std::vector<std::optional<StoreEntry>>();
  return left_nothing(engine_->run(true, engine_->deadline(), [&](PostgresConnection& connection) {
    return engine_->entries().read(connection, keys, engine_->given_time());
  }));
}

Result<CommitOutcome> PostgresStore::commit(const std::vector<StoreWrite>& writes, Durability durability) {
  if (auto error = check_writes(writes)) return with_delivery(*error, Delivery::refused);
  if (writes.empty()) {
    CommitOutcome nothing;
    nothing.committed = true;
    return nothing;
  }
  const std::int64_t sweep = engine_->sweep_with(writes);
  auto outcome = engine_->run(false, engine_->deadline(), [&](PostgresConnection& connection) {
    return engine_->entries().commit(connection, writes, durability, sweep, engine_->given_time());
  });
  if (outcome || outcome.error().delivery() == Delivery::unknown) return outcome;
  return with_delivery(outcome.error(), Delivery::refused);
}

Result<StorePage> PostgresStore::list(std::string_view prefix, std::string_view after, ListLimits limits) {
  if (auto error = check_list(prefix, after, limits)) return *error;
  return left_nothing(engine_->run(true, engine_->deadline(), [&](PostgresConnection& connection) {
    return engine_->entries().list(connection, prefix, after, limits, engine_->given_time());
  }));
}

Result<std::optional<Lease>> PostgresStore::lease(std::string_view key, std::string_view owner, Millis ttl) {
  if (auto error = check_lease(key, owner, ttl)) return *error;
  // Asking again for what was given extends it: an answer that was lost does no harm.
  return engine_->run(true, engine_->deadline(), [&](PostgresConnection& connection) {
    return engine_->entries().lease(connection, key, owner, ttl, engine_->given_time());
  });
}

Result<void> PostgresStore::release(const Lease& lease) {
  if (auto error = check_key(lease.key)) return *error;
  return engine_->run(true, engine_->deadline(),
                      [&](PostgresConnection& connection) { return engine_->entries().release(connection, lease); });
}

KEFU_END_NAMESPACE
