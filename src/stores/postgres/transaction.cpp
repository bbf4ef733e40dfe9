#include "stores/postgres/transaction.hpp"

#include "core/store/sql.hpp"
#include "stores/shared/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

struct PostgresLimits : Store {
  using Store::check_writes;
};

Error fault_of_sql(ErrorKind kind, std::string_view what, std::string_view statement) {
  return Error(kind, fmt::format("SQL: {}, in: {}", what, statement));
}

/// The greatest number of a placeholder.
std::size_t placeholders(std::string_view text) {
  std::size_t most = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') quoted = !quoted;
    if (quoted || text[i] != '$') continue;
    std::size_t number = 0;
    std::from_chars(text.data() + i + 1, text.data() + text.size(), number);
    most = std::max(most, number);
  }
  return most;
}

/// Nobody needs locks to read one instant, and PostgreSQL refuses them where nothing is written.
std::string without_locks(std::string_view statement) {
  std::string text(statement);
  for (const std::string_view word : {"{lock free}", "{lock}"}) {
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at))
      text.erase(at, word.size());
  }
  return text;
}

std::int64_t number_in_text(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// A row in text form; bytes come as "\x" and hex digits.
class PostgresRow final : public SqlRow {
 public:
  void stand_at(const PostgresResult& row) {
    row_ = &row;
    decoded_.assign(static_cast<std::size_t>(row.columns()), std::nullopt);
  }
  bool is_null(int column) const override {
    return column < 0 || column >= row_->columns() || row_->is_null(0, column);
  }
  std::int64_t number(int column) const override {
    if (is_null(column)) return 0;
    const std::string_view text = row_->bytes(0, column);
    return text == "t" ? 1 : number_in_text(text);  // A BOOLEAN is "t" or "f".
  }
  std::string_view bytes(int column) const override {
    if (is_null(column)) return {};
    const std::string_view text = row_->bytes(0, column);
    if (!row_->is_bytes(column)) return text;
    auto& kept = decoded_[static_cast<std::size_t>(column)];
    if (!kept) kept = decode(text);
    return *kept;
  }

 private:
  static std::string decode(std::string_view hex) {
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 2; i + 1 < hex.size(); i += 2) {
      unsigned byte = 0;
      std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
      bytes += static_cast<char>(byte);
    }
    return bytes;
  }

  const PostgresResult* row_ = nullptr;
  mutable std::vector<std::optional<std::string>> decoded_;
};

}  // namespace

Error PostgresTransaction::fail(const Error& error) { return failure_.emplace(error); }

Error PostgresTransaction::wrong(std::string_view what, std::string_view statement) {
  return fail(fault_of_sql(ErrorKind::bad_argument, what, statement));
}

Result<void> PostgresTransaction::check() const {
  if (failure_) return *failure_;
  if (handles_row_) return Error(ErrorKind::bad_argument, "SQL: the handler of a row used the transaction");
  return {};
}

/// What a statement did wrong is told with the server's words, which name table and column.
Error PostgresTransaction::fault(const Error& error, std::string_view statement) const {
  if (read_only_ && error.platform_code() == "25006") {
    return fault_of_sql(ErrorKind::bad_argument, "this transaction only reads", statement);
  }
  if (may_be_repeated(error) || !is_fault_of_statement(error)) return error;
  return fault_of_sql(error.kind() == ErrorKind::conflict ? ErrorKind::conflict : ErrorKind::bad_argument,
                      words_of_fault(error), statement);
}

Result<void> PostgresTransaction::begin(Durability durability, Millis timeout) {
  const std::string_view kind = read_only_ ? "REPEATABLE READ, READ ONLY" : "SERIALIZABLE";
  const auto begun = connection_.run(fmt::format(
      "BEGIN ISOLATION LEVEL {}; SET LOCAL statement_timeout = {}; {} "
      "SELECT (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint",
      kind, timeout.count(), durability == Durability::relaxed ? "SET LOCAL synchronous_commit = off;" : ""));
  if (!begun) return with_delivery_of(begun.error(), Delivery::refused);
  time_ = engine_.given_time().value_or(from_micros(number_in_text(begun->bytes(0, 0))));
  return {};
}

Result<void> PostgresTransaction::commit() {
  const auto done = connection_.run("COMMIT");
  if (!done) return done.error();
  if (done->tag() == "COMMIT") return {};
  return with_delivery_of(postgres_error(ErrorKind::internal, "the transaction was rolled back"), Delivery::refused);
}

Result<std::int64_t> PostgresTransaction::run(std::string_view statement, Arguments arguments, const RowHandler& each) {
  if (auto ready = check(); !ready) return ready.error();
  const auto text =
      sql_in_dialect(read_only_ ? without_locks(statement) : std::string(statement), SqlDialect::postgres);
  if (!text) return fail(text.error());
  if (const std::size_t wanted = placeholders(*text); wanted != arguments.size()) {
    return wrong(fmt::format("{} arguments are given for {} placeholders", arguments.size(), wanted), statement);
  }
  PostgresArguments values;
  for (const SqlArgument& argument : arguments) values.argument(argument);
  PostgresRow row;
  std::optional<Error> thrown;
  const auto done = connection_.run(*text, values, [&](const PostgresResult& result) {
    if (!each) return false;
    row.stand_at(result);
    handles_row_ = true;
    const auto wanted = call_host(nullptr, sql_seam::kRowHandler, [&] { return each(row); });
    handles_row_ = false;
    if (!wanted) thrown = wanted.error();
    return wanted.value_or(false);
  });
  if (thrown) return fail(*thrown);
  if (!done) return fail(fault(done.error(), statement));
  if (!connection_.in_transaction()) return wrong("a statement ended the transaction", statement);
  return done->changed_rows();
}

Result<void> PostgresTransaction::part(const std::function<Result<void>()>& work) {
  if (auto ready = check(); !ready) return ready;
  if (auto begun = connection_.run("SAVEPOINT part"); !begun) return fail(begun.error());
  auto done = call_host(nullptr, sql_seam::kPart, work);
  if (done && failure_) done = *failure_;
  if (connection_.is_broken() || (failure_ && may_be_repeated(*failure_))) return *failure_;
  if (!connection_.in_transaction()) return failure_ ? *failure_ : wrong("the transaction is over", "part");
  if (!done) {
    failure_.reset();
    if (auto back = connection_.run("ROLLBACK TO part"); !back) return fail(back.error());
  }
  if (auto left = connection_.run("RELEASE part"); !left) return fail(left.error());
  return done;
}

Result<CommitOutcome> PostgresTransaction::also(const std::vector<StoreWrite>& writes) {
  if (auto ready = check(); !ready) return ready.error();
  if (read_only_) return wrong("this transaction only reads", "also()");
  if (auto error = PostgresLimits::check_writes(writes)) return fail(*error);
  CommitOutcome outcome;
  outcome.committed = true;
  if (writes.empty()) return outcome;
  // How hard it is pushed to the disk is the transaction's affair.
  auto done = engine_.entries().commit(connection_, writes, Durability::full, 0, engine_.given_time());
  if (!done) return fail(done.error());
  return done;
}

}  // namespace detail
KEFU_END_NAMESPACE
