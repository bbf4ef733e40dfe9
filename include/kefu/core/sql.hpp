#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// The kind of database behind a SqlDatabase.
enum class SqlDialect : unsigned char { sqlite, postgres };

/// "sqlite", "postgres".
KEFU_EXPORT std::string_view to_string(SqlDialect dialect) noexcept;

/// A value for a placeholder: NULL, a whole number, text (UTF-8 without zero bytes) or bytes. Refers to text and bytes,
/// which must stay until the statement is done.
///
/// Thread safety: as a value.
class SqlArgument {
 public:
  enum class Kind : unsigned char { null, number, text, blob };

  SqlArgument(std::nullptr_t) {}
  /// Unsigned values above 2^63 - 1 do not fit any database and come back negative.
  template <class Number, class = std::enable_if_t<std::is_integral_v<Number> && !std::is_same_v<Number, bool>>>
  SqlArgument(Number number) : kind_(Kind::number), number_(static_cast<std::int64_t>(number)) {}
  /// NULL if absent.
  SqlArgument(std::optional<std::int64_t> number)
      : kind_(number ? Kind::number : Kind::null), number_(number.value_or(0)) {}
  static SqlArgument text(std::string_view text) { return SqlArgument(Kind::text, text); }
  static SqlArgument blob(std::string_view bytes) { return SqlArgument(Kind::blob, bytes); }

  Kind kind() const noexcept { return kind_; }
  std::int64_t number() const noexcept { return number_; }
  std::string_view bytes() const noexcept { return bytes_; }  ///< Of a text or a blob.

 private:
  SqlArgument(Kind kind, std::string_view bytes) : kind_(kind), bytes_(bytes) {}
  Kind kind_ = Kind::null;
  std::int64_t number_ = 0;
  std::string_view bytes_;
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(SqlArgument::Kind kind) noexcept;

/// The row at which a statement stands. Columns count from 0; one that is not there reads as NULL, and NULL reads as 0
/// and as no bytes. Only valid while the row is handled.
class SqlRow {
 public:
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t number(int column) const = 0;
  /// Text or bytes; valid until the next row.
  virtual std::string_view bytes(int column) const = 0;

 protected:
  ~SqlRow() = default;
};

/// What is done at one instant, all of it or nothing. Given to the function that SqlDatabase::transact calls, and used
/// in that call only.
///
/// **Statements** are written once for all databases. Placeholders are `$1`, `$2` ... (each may appear several times).
/// What differs between databases is a word in braces:
///
///     {blob}             a column's type for bytes                     BLOB            BYTEA
///     {by key}           after a table: rows stand by primary key      WITHOUT ROWID   (nothing)
///     {lock}             after a SELECT: the rows stay locked          (nothing)       FOR UPDATE
///     {lock free}        the same, rows locked by others are left out  (nothing)       FOR UPDATE SKIP LOCKED
///
/// (SQLite has one writer, who needs no lock on rows.) Everything else must be what both understand: types BIGINT and
/// TEXT, `ON CONFLICT (...) DO UPDATE SET x = excluded.x` and `DO NOTHING`, `RETURNING`, partial indices. Values are
/// always arguments, never part of the text. A statement is prepared at its first use and kept, so its text should be a
/// constant.
///
/// **Errors.** `conflict` (a UNIQUE, CHECK or other rule of a table refused it), `bad_argument` (the statement does not
/// exist, has a wrong number of arguments or an unknown word in braces; the message names it), `unavailable`,
/// `quota_exhausted`, `configuration` as those of Store. After an error the transaction, or the part() in which it
/// came, answers everything with that error and is rolled back, whatever the function returns. So a conflict that is
/// expected is written as `ON CONFLICT ... DO NOTHING`, or put in a part of its own.
///
/// Thread safety: none; the thread of the call only.
class SqlTransaction {
 public:
  using Arguments = std::initializer_list<SqlArgument>;
  using RowHandler = std::function<bool(const SqlRow&)>;

  virtual SqlDialect dialect() const noexcept = 0;
  /// The database's clock at the beginning of the transaction, the same each time.
  virtual WallTime now() const noexcept = 0;
  /// Runs one statement (a text that holds several is `bad_argument`) and calls `each` for its rows until it answers
  /// false. Answers how many rows a statement changed (0 for one that only reads). `each` must not use the transaction;
  /// what it throws is an error of the statement, `internal`.
  virtual Result<std::int64_t> run(std::string_view statement, Arguments arguments, const RowHandler& each) = 0;
  Result<std::int64_t> run(std::string_view statement, Arguments arguments = {}) {
    return run(statement, arguments, RowHandler());
  }
  /// Calls `work`, and if it answers an error or throws (`internal`) takes back what it did here and answers that
  /// error; the transaction goes on. Parts may hold parts.
  virtual Result<void> part(const std::function<Result<void>()>& work) = 0;
  /// Writes of the Store that lives in the same database, as Store::commit does them, in this transaction. Without
  /// `committed` nothing of them was done and the function decides what follows. `configuration` where no Store lives
  /// in this database (see SqlDatabase::holds_store).
  virtual Result<CommitOutcome> also(const std::vector<StoreWrite>& writes) = 0;

 protected:
  ~SqlTransaction() = default;
};

/// How a transaction is done.
struct SqlOptions {
  explicit SqlOptions(Durability d = Durability::full) : durability(d) {}
  /// Only reads, as of one instant: waits for no writer, and what it would write is refused with `bad_argument`.
  static SqlOptions reading() {
    SqlOptions options(Durability::relaxed);
    options.read_only = true;
    return options;
  }

  Durability durability;
  bool read_only = false;
  std::optional<Millis> timeout;  ///< Of all of it, with its repeats. Default: the database's own (`busy_timeout`).
};

/// A database for whoever has tables of its own. Implemented by the components (kefu::sqlite), for hosts to open and to
/// pass on, not to implement.
///
/// Tables of the library and of its parts begin with `kefu_`, `desk_` or are those of the Store; a host that keeps its
/// own tables in the same database names them otherwise.
///
/// Thread safety: from any thread that may block: the library calls it on its store threads, a host on threads of its
/// own, nobody on the I/O thread (see InlineExecutor) or from a function that another transact() calls.
class KEFU_EXPORT SqlDatabase {
 public:
  virtual ~SqlDatabase() = default;

  virtual SqlDialect dialect() const noexcept = 0;
  /// Whether a Store lives in the same database, so that SqlTransaction::also works.
  virtual bool holds_store() const noexcept = 0;

  /// Calls `work(SqlTransaction&)`, which answers a Result, and commits if that is a success; else, and if it throws
  /// (`internal`), all is rolled back. Where the database asks for it (two transactions met), `work` is called again
  /// from the beginning: it must have no effect outside its transaction and keep nothing from an earlier call.
  ///
  /// `affinity` names what the transaction is about (an identity, a conversation). Calls of one thread are done in
  /// their order; whoever posts work on several threads keeps those of one affinity in order. A database of several
  /// connections may use it to let those meet less often.
  ///
  /// An error with Delivery::unknown: the commit may have happened, also later on; read before deciding. With any other
  /// nothing was done.
  template <class Work>
  auto transact(std::string_view affinity, Work&& work, const SqlOptions& options = SqlOptions())
      -> std::invoke_result_t<Work&, SqlTransaction&> {
    using Answer = std::invoke_result_t<Work&, SqlTransaction&>;
    std::optional<Answer> answer;
    auto done = run_transaction(
        affinity,
        [&](SqlTransaction& transaction) -> Result<void> {
          answer.emplace(work(transaction));
          if (!answer->has_value()) return answer->error();
          return {};
        },
        options);
    if (!done) return done.error();
    return *std::move(answer);
  }

 protected:
  virtual Result<void> run_transaction(std::string_view affinity,
                                       const std::function<Result<void>(SqlTransaction&)>& work,
                                       const SqlOptions& options) = 0;
};

KEFU_END_NAMESPACE
