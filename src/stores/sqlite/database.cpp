#include "core/store/sql.hpp"
#include "stores/sqlite/engine.hpp"

#include <kefu/core/sql.hpp>
#include <kefu/stores/sqlite.hpp>

#include <fmt/format.h>

#include <utility>

KEFU_BEGIN_NAMESPACE

using detail::call_host;
using detail::SqliteConnection;
using detail::SqliteEngine;
using detail::SqliteEntries;
using detail::SqliteReading;
using detail::SqliteStatement;
using detail::SqliteUse;
using detail::SqliteWriting;

namespace {

class SqliteRow final : public SqlRow {
 public:
  explicit SqliteRow(const SqliteStatement& statement) : statement_(statement) {}
  bool is_null(int column) const override { return statement_.is_null(column); }
  std::int64_t number(int column) const override { return statement_.number(column); }
  std::string_view bytes(int column) const override { return statement_.bytes(column); }

 private:
  const SqliteStatement& statement_;
};

/// One transaction on a connection that is held. SQLite itself rolls back after some failures, and what is run then
/// would stand alone: so after an error nothing is run any more but the end of a part.
class SqliteSqlTransaction final : public SqlTransaction {
 public:
  SqliteSqlTransaction(SqliteConnection& connection, SqliteEntries& entries, WallTime time, bool read_only)
      : connection_(connection), entries_(entries), time_(time), read_only_(read_only) {}

  SqlDialect dialect() const noexcept override { return SqlDialect::sqlite; }
  WallTime now() const noexcept override { return time_; }
  Result<std::int64_t> run(std::string_view statement, Arguments arguments, const RowHandler& each) override;
  Result<void> part(const std::function<Result<void>()>& work) override;
  Result<CommitOutcome> also(const std::vector<StoreWrite>& writes) override;

  const std::optional<Error>& failure() const { return failure_; }

 private:
  Error fail(Error error) { return failure_.emplace(std::move(error)); }
  Result<void> check() const;
  Error fault(const Error& error, std::string_view statement) const;
  Result<std::int64_t> step(SqliteStatement& statement, Arguments arguments, const RowHandler& each);

  SqliteConnection& connection_;
  SqliteEntries& entries_;
  const WallTime time_;
  const bool read_only_;
  std::optional<Error> failure_;
  bool handles_row_ = false;
};

Error wrong_statement(std::string_view what, std::string_view statement) {
  return Error(ErrorKind::bad_argument, fmt::format("SQL: {}, in: {}", what, statement));
}

/// What a statement did wrong is told with SQLite's words, which name table and column.
Error SqliteSqlTransaction::fault(const Error& error, std::string_view statement) const {
  const auto words = connection_.fault_of_statement();
  if (!words || (error.kind() != ErrorKind::configuration && error.kind() != ErrorKind::conflict &&
                 error.kind() != ErrorKind::internal)) {
    return error;
  }
  const Error wrong = wrong_statement(*words, statement);
  return error.kind() == ErrorKind::conflict ? Error(ErrorKind::conflict, wrong.message()) : wrong;
}

Result<void> SqliteSqlTransaction::check() const {
  if (failure_) return *failure_;
  if (handles_row_) return Error(ErrorKind::bad_argument, "SQL: the handler of a row used the transaction");
  return {};
}

Result<std::int64_t> SqliteSqlTransaction::run(std::string_view statement, Arguments arguments,
                                               const RowHandler& each) {
  if (auto ready = check(); !ready) return ready.error();
  const auto kept = connection_.kept(statement);
  if (!kept) return fail(fault(kept.error(), statement));
  if (static_cast<std::size_t>((*kept)->parameters()) != arguments.size()) {
    return fail(wrong_statement(
        fmt::format("{} arguments are given for {} placeholders", arguments.size(), (*kept)->parameters()), statement));
  }
  if (read_only_ && !(*kept)->only_reads()) return fail(wrong_statement("this transaction only reads", statement));
  auto done = step(**kept, arguments, each);
  if (!done) return fail(fault(done.error(), statement));
  if (!connection_.in_transaction()) return fail(wrong_statement("a statement ended the transaction", statement));
  return done;
}

Result<std::int64_t> SqliteSqlTransaction::step(SqliteStatement& statement, Arguments arguments,
                                                const RowHandler& each) {
  SqliteUse use(statement);
  int place = 0;
  for (const SqlArgument& argument : arguments) {
    ++place;
    switch (argument.kind()) {
      case SqlArgument::Kind::null:
        use->bind_null(place);
        break;
      case SqlArgument::Kind::number:
        use->bind(place, argument.number());
        break;
      case SqlArgument::Kind::text:
        use->bind_text(place, argument.bytes());
        break;
      case SqlArgument::Kind::blob:
        use->bind(place, argument.bytes());
        break;
    }
  }
  const SqliteRow row(statement);
  for (bool wanted = true;;) {
    const Result<bool> more = use->step();
    if (!more) return more.error();
    // A statement that writes is run to its end whatever `each` says: what it returns comes before it is done.
    if (!*more || (!wanted && statement.only_reads())) break;
    if (!wanted || !each) continue;
    handles_row_ = true;
    const auto answer = call_host(nullptr, detail::sql_seam::kRowHandler, [&] { return each(row); });
    handles_row_ = false;
    if (!answer) return answer.error();
    wanted = *answer;
  }
  return statement.only_reads() ? 0 : connection_.changed_rows();
}

Result<void> SqliteSqlTransaction::part(const std::function<Result<void>()>& work) {
  if (auto ready = check(); !ready) return ready;
  if (auto begun = connection_.step_once("SAVEPOINT part"); !begun) return fail(begun.error());
  auto done = call_host(nullptr, detail::sql_seam::kPart, work);
  if (done && failure_) done = *failure_;
  if (!connection_.in_transaction())
    return failure_ ? *failure_ : fail(wrong_statement("the transaction is over", "part"));
  if (!done) {
    failure_.reset();
    if (auto back = connection_.step_once("ROLLBACK TO part"); !back) return fail(back.error());
  }
  if (auto left = connection_.step_once("RELEASE part"); !left) return fail(left.error());
  return done;
}

Result<CommitOutcome> SqliteSqlTransaction::also(const std::vector<StoreWrite>& writes) {
  if (auto ready = check(); !ready) return ready.error();
  if (read_only_) return fail(wrong_statement("this transaction only reads", "also()"));
  if (auto error = SqliteEntries::check(writes)) return fail(*error);
  // Looked for first: what the transaction did besides may go on.
  const auto conflict = entries_.conflict(writes, time_);
  if (!conflict) return fail(conflict.error());
  if (*conflict) {
    CommitOutcome outcome;
    outcome.conflict = **conflict;
    return outcome;
  }
  auto outcome = entries_.apply(writes, time_);
  if (!outcome) return fail(outcome.error());
  return outcome;
}

/// Calls the host's part of a transaction.
Result<void> call_work(SqliteSqlTransaction& transaction, const std::function<Result<void>(SqlTransaction&)>& work) {
  auto done = call_host(nullptr, detail::sql_seam::kWork, [&] { return work(transaction); });
  return done && transaction.failure() ? *transaction.failure() : done;
}

Result<void> read_once(SqliteEngine& engine, const std::function<Result<void>(SqlTransaction&)>& work,
                       MonoTime deadline) {
  SqliteReading reading(engine);
  if (auto begun = reading.begin(false, deadline); !begun) return begun;
  if (auto snapshot = reading.begin_snapshot(); !snapshot) return snapshot;
  SqliteSqlTransaction transaction(reading.connection(), reading.entries(), engine.now(), true);
  return call_work(transaction, work);
}

Result<void> write_once(SqliteEngine& engine, const std::function<Result<void>(SqlTransaction&)>& work,
                        MonoTime deadline, Durability durability) {
  SqliteWriting writing(engine);
  if (auto begun = writing.begin(durability, deadline); !begun) return begun;
  SqliteSqlTransaction transaction(writing.connection(), writing.entries(), engine.now(), false);
  if (auto done = call_work(transaction, work); !done) return done;
  return writing.commit();
}

}  // namespace

SqliteDatabase::SqliteDatabase(std::shared_ptr<SqliteEngine> engine) : engine_(std::move(engine)) {}

SqliteDatabase::~SqliteDatabase() = default;

Result<std::shared_ptr<SqliteDatabase>> SqliteDatabase::open(SqliteOptions options) {
  auto engine = SqliteEngine::open(std::move(options));
  if (!engine) return engine.error();
  return std::shared_ptr<SqliteDatabase>(new SqliteDatabase(*std::move(engine)));
}

/// SQLite has one writer over all, so the affinity means nothing here.
Result<void> SqliteDatabase::run_transaction(std::string_view, const std::function<Result<void>(SqlTransaction&)>& work,
                                             const SqlOptions& options) {
  if (options.timeout && (*options.timeout < Millis(1) || *options.timeout > Millis(60'000))) {
    return Error(ErrorKind::bad_argument,
                 fmt::format("SQL: timeout is {} ms; 1 to 60000 are allowed", options.timeout->count()));
  }
  const MonoTime deadline = engine_->deadline(options.timeout);
  if (options.read_only) return read_once(*engine_, work, deadline);
  return engine_->with_room([&] { return write_once(*engine_, work, deadline, options.durability); });
}

KEFU_END_NAMESPACE
