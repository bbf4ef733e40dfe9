#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/sql.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

namespace detail {
class PostgresEngine;
}

/// Which database a PostgresStore uses, and how.
struct PostgresOptions {
  explicit PostgresOptions(std::string connection, Secret secret = Secret())
      : conninfo(std::move(connection)), password(std::move(secret)) {}

  /// libpq's connection string or URI, without any password: "host=db1,db2 dbname=shop user=kefu
  /// sslrootcert=/etc/ssl/certs/ca-certificates.crt". Several hosts are tried in their order until one takes writes
  /// (`target_session_attrs=read-write` unless it says otherwise), each with its share of `connect_timeout`. Over TCP
  /// the server's certificate is checked (`sslmode=verify-full` unless it says otherwise; libpq needs `sslrootcert` for
  /// that). What it does not name comes from where libpq takes it (PGHOST and the like, a service file). Names are
  /// resolved by the system within its own time, so where that may hang give `hostaddr`.
  std::string conninfo;
  /// For servers that ask for one.
  Secret password;
  /// Asked for the password each time a connection is made, in place of `password`, so that it may change: from any
  /// thread that uses the store, with no lock held, and it should answer at once.
  std::function<Result<Secret>()> password_provider;
  /// Where the tables are: environments that share a database have one each and never meet. Lower-case letters, digits
  /// and `_`, up to 63. Made if it is missing and the user may; else an administrator makes it and gives it to the
  /// user.
  std::string schema = "kefu";
  /// The most connections of this process, 1 to 64; made when they are needed. Who finds none free waits.
  std::size_t connections = 8;
  /// The longest an operation takes, with all its waits, 10 ms to 60 s; then it answers `unavailable`. The server ends
  /// a statement after the same time.
  Millis timeout{5000};
  /// The longest that making a connection takes of that, over all hosts.
  Millis connect_timeout{2000};
  /// What expiry and leases follow, for tests; all processes need the same. Default: the server's clock.
  std::shared_ptr<const Clock> clock;
};

/// A PostgreSQL database for whoever has tables of its own in it, beside those of the Store: see SqlDatabase for how it
/// is used, and PostgresStore, which may share it, for what holds of the server and its connections.
///
/// Transactions that write are SERIALIZABLE: what they do is as if one had been done after the other, and where two
/// meet one is done again, until the timeout (`unavailable`). Those that only read see one instant and never wait.
/// Tables without a schema in their name are those of PostgresOptions::schema. Numbers are BIGINT, texts TEXT, bytes
/// BYTEA; a number may go where a NUMERIC or INTEGER is wanted, what does not fit is `bad_argument`. The affinity means
/// nothing here.
///
/// Thread safety: see SqlDatabase. Each transaction has a connection for its time.
class KEFU_EXPORT PostgresDatabase final : public SqlDatabase {
 public:
  /// Connects, and makes what is missing in the schema. Errors: as PostgresStore::open.
  static Result<std::shared_ptr<PostgresDatabase>> open(PostgresOptions options);
  ~PostgresDatabase() override;
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  SqlDialect dialect() const noexcept override { return SqlDialect::postgres; }
  bool holds_store() const noexcept override { return true; }

 protected:
  Result<void> run_transaction(std::string_view affinity, const std::function<Result<void>(SqlTransaction&)>& work,
                               const SqlOptions& options) override;

 private:
  friend class PostgresStore;
  explicit PostgresDatabase(std::shared_ptr<detail::PostgresEngine> engine);
  std::shared_ptr<detail::PostgresEngine> engine_;
};

/// The durable store of many hosts: a PostgreSQL database (14 or later) that their processes share.
///
/// Each operation is one statement and one round trip. A commit locks the entries it names in the order of their keys,
/// so that commits never wait for each other in a circle. Generations and fences come from a sequence that jumps with
/// each new connection: a server that crashed or was failed over to never gives a number out twice, as long as what it
/// lost holds less than 16 million of them. Expired entries are removed a few at a time, with later commits.
///
/// **Durability.** Durability::full waits as the server's `synchronous_commit` says, at least for its own disk; relaxed
/// does not wait, and a crash of the server (not only of its machine) may take what was done in its last moments.
/// Leases are taken as with full. A server with `fsync` off, or a standby that is promoted without all that was
/// acknowledged, breaks the promise; so a failover wants synchronous standbys.
///
/// **Faults.** `unavailable`: the server is out of reach, restarts, only reads, has no connection left, is slower than
/// the timeout; the next call connects again, after a pause that grows to a second while connecting fails (calls in the
/// pause answer at once). `quota_exhausted`: its disk is full. `configuration`: user, password, certificate, rights,
/// the database or its tables. A commit whose answer was lost is Delivery::unknown. Nothing is printed, and no error
/// holds a password or a value.
///
/// **After fork()** a child may not use what its parent opened: operations answer `configuration` there.
///
/// Needs sessions of its own: a pooler between must not give one session's statements to several connections
/// (PgBouncer: session mode).
///
/// Thread safety: see Store. As many operations at a time as PostgresOptions::connections.
class KEFU_EXPORT PostgresStore final : public Store {
 public:
  /// Connects, and makes what is missing in the schema: several processes may do so at once. Errors: `bad_argument`
  /// (options; a password in `conninfo`), `configuration` (the server refuses user or password, its certificate is not
  /// the right one, rights are missing, it is older than 14, its encoding is not UTF8, a newer kefu wrote the tables),
  /// `unavailable` (out of reach).
  static Result<std::shared_ptr<PostgresStore>> open(PostgresOptions options);
  /// The store in a database that is open already, on its connections: what a transaction of the database writes with
  /// SqlTransaction::also is this store's.
  static Result<std::shared_ptr<PostgresStore>> open(const std::shared_ptr<PostgresDatabase>& database);
  ~PostgresStore() override;
  PostgresStore(const PostgresStore&) = delete;
  PostgresStore& operator=(const PostgresStore&) = delete;

  bool durable() const noexcept override { return true; }
  Result<WallTime> now() override;
  Result<std::optional<StoreEntry>> get(std::string_view key) override;
  Result<std::vector<std::optional<StoreEntry>>> get_many(const std::vector<std::string>& keys) override;
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) override;
  Result<StorePage> list(std::string_view prefix, std::string_view after, ListLimits limits) override;
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner,
                                     std::chrono::milliseconds ttl) override;
  Result<void> release(const Lease& lease) override;

 private:
  explicit PostgresStore(std::shared_ptr<detail::PostgresEngine> engine);
  std::shared_ptr<detail::PostgresEngine> engine_;
};

KEFU_END_NAMESPACE
