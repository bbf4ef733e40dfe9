#include "stores/postgres/engine.hpp"
#include "stores/postgres/transaction.hpp"

#include <kefu/stores/postgres.hpp>

#include <fmt/format.h>

#include <exception>
#include <utility>

KEFU_BEGIN_NAMESPACE

using detail::PostgresConnection;
using detail::PostgresEngine;
using detail::PostgresTransaction;

namespace {

/// Calls the host's part of a transaction. What makes a repeat necessary counts more than what the function made of it.
Result<void> call_postgres_work(PostgresTransaction& transaction,
                                const std::function<Result<void>(SqlTransaction&)>& work) {
  try {
    auto done = work(transaction);
    const auto& failure = transaction.failure();
    if (failure && (done || detail::may_be_repeated(*failure))) return *failure;
    return done;
  } catch (const std::exception& thrown) {
    return Error(ErrorKind::internal, fmt::format("SQL: the function of a transaction threw: {}", thrown.what()));
  } catch (...) {
    return Error(ErrorKind::internal, "SQL: the function of a transaction threw");
  }
}

Result<void> transact_once(PostgresEngine& engine, PostgresConnection& connection,
                           const std::function<Result<void>(SqlTransaction&)>& work, const SqlOptions& options,
                           Millis timeout) {
  PostgresTransaction transaction(engine, connection, options.read_only);
  if (auto begun = transaction.begin(options.durability, timeout); !begun) return begun;
  if (auto done = call_postgres_work(transaction, work); !done) {
    // Nothing is left of it, whatever happened to the connection.
    if (done.error().delivery() != Delivery::unknown) return done;
    return detail::with_delivery_of(done.error(), Delivery::refused);
  }
  return transaction.commit();
}

}  // namespace

PostgresDatabase::PostgresDatabase(std::shared_ptr<PostgresEngine> engine) : engine_(std::move(engine)) {}

PostgresDatabase::~PostgresDatabase() = default;

Result<std::shared_ptr<PostgresDatabase>> PostgresDatabase::open(PostgresOptions options) {
  auto engine = PostgresEngine::open(std::move(options));
  if (!engine) return engine.error();
  return std::shared_ptr<PostgresDatabase>(new PostgresDatabase(*std::move(engine)));
}

Result<void> PostgresDatabase::run_transaction(std::string_view,
                                               const std::function<Result<void>(SqlTransaction&)>& work,
                                               const SqlOptions& options) {
  if (options.timeout && (*options.timeout < Millis(1) || *options.timeout > Millis(60'000))) {
    return Error(ErrorKind::bad_argument,
                 fmt::format("SQL: timeout is {} ms; 1 to 60000 are allowed", options.timeout->count()));
  }
  const Millis timeout = options.timeout.value_or(engine_->options().timeout);
  return engine_->run(options.read_only, engine_->deadline(timeout), [&](PostgresConnection& connection) {
    return transact_once(*engine_, connection, work, options, timeout);
  });
}

KEFU_END_NAMESPACE
