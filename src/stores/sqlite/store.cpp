#include "stores/sqlite/connection.hpp"
#include "stores/sqlite/values.hpp"

#include <kefu/stores/sqlite.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <sys/types.h>
#include <unistd.h>

KEFU_BEGIN_NAMESPACE

using detail::SqliteConnection;
using detail::SqliteStatement;
using detail::SqliteTransaction;
using detail::SqliteUse;

using detail::end_of;
using detail::from_micros;
using detail::to_micros;

class SqliteStore::Impl {
 public:
  explicit Impl(SqliteOptions options) : options_(std::move(options)), pid_(getpid()) {}
  ~Impl();

  Result<void> open();
  WallTime now() const { return options_.clock ? options_.clock->wall() : std::chrono::system_clock::now(); }
  Result<std::optional<StoreEntry>> get(std::string_view key);
  Result<std::vector<std::optional<StoreEntry>>> get_many(const std::vector<std::string>& keys);
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability);
  Result<StorePage> list(std::string_view prefix, std::string_view after, const ListLimits& limits);
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner, Millis ttl);
  Result<void> release(const Lease& lease);
  /// Calls `write`; if there was no room, empties the log into the database, so that it is filled anew, and calls
  /// again: on a full disk removals must work.
  template <class Write>
  auto with_room(Write write) {
    auto result = write();
    if (result || result.error().kind() != ErrorKind::quota_exhausted || !empty_log()) return result;
    return write();
  }

 private:
  /// A connection, its statements' common lock and the deadline of the operation that holds it.
  struct Side {
    detail::SqliteTurn turn;
    std::unique_ptr<SqliteConnection> connection;
  };
  /// Holds a side for one operation.
  class Hold {
   public:
    explicit Hold(Side& side) : side_(side) {}
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() {
      if (taken_) side_.turn.give_back();
    }
    Result<void> take(const Impl& store);

   private:
    Side& side_;
    bool taken_ = false;
  };
  struct HeldLease {
    std::string owner;
    std::uint64_t fence;
    WallTime until;
  };

  MonoTime deadline() const { return std::chrono::steady_clock::now() + options_.busy_timeout; }
  Result<void> prepare_statements();
  bool empty_log();
  Result<void> make_durable(Durability durability);
  Result<std::optional<StoreEntry>> read(std::string_view key);
  Result<std::uint64_t> generation_of(const std::string& key, WallTime time);
  Result<std::uint64_t> draw();
  Result<void> apply(const StoreWrite& write, std::uint64_t generation, WallTime time);
  Result<void> purge(WallTime time);
  static Result<std::optional<HeldLease>> find_lease(SqliteStatement& statement, std::string_view key);

  const SqliteOptions options_;
  const pid_t pid_;
  Side reader_;
  SqliteStatement get_, list_, peek_lease_;

  Side writer_;
  SqliteStatement find_, put_, remove_, purge_entries_, purge_leases_, draw_;
  SqliteStatement find_lease_, put_lease_, remove_lease_;
  Durability synchronous_ = Durability::full;
  unsigned until_purge_ = 0;
};

Result<void> SqliteStore::Impl::Hold::take(const Impl& store) {
  if (getpid() != store.pid_) {
    return Error(ErrorKind::configuration, fmt::format("SQLite store {}: it was opened before fork(); a child process "
                                                       "must open a store of its own",
                                                       store.options_.path));
  }
  const MonoTime deadline = store.deadline();
  taken_ = side_.turn.take(deadline);
  if (!taken_) {
    return Error(ErrorKind::unavailable,
                 fmt::format("SQLite store {}: other threads held it for the whole busy_timeout of {} ms; try later",
                             store.options_.path, store.options_.busy_timeout.count()));
  }
  side_.connection->set_deadline(deadline);
  return {};
}

SqliteStore::Impl::~Impl() {
  if (getpid() == pid_) return;
  // In a child of fork() closing would touch the parent's file: everything of SQLite is left as it is.
  for (SqliteStatement* statement : {&get_, &list_, &peek_lease_, &find_, &put_, &remove_, &purge_entries_,
                                     &purge_leases_, &draw_, &find_lease_, &put_lease_, &remove_lease_}) {
    static_cast<void>(new SqliteStatement(std::move(*statement)));
  }
  static_cast<void>(reader_.connection.release());
  static_cast<void>(writer_.connection.release());
}

Result<void> SqliteStore::Impl::open() {
  if (auto file = detail::prepare_sqlite_file(options_.path); !file) return file;
  const MonoTime until = deadline();
  for (Side* side : {&writer_, &reader_}) {
    auto opened = SqliteConnection::open(options_.path, until);
    if (!opened) return opened.error();
    side->connection = std::move(*opened);
    if (side != &writer_) continue;
    if (auto ready = detail::prepare_sqlite_layout(*side->connection, options_.path, until); !ready) return ready;
    if (!options_.max_bytes) continue;
    const auto page = side->connection->number("PRAGMA page_size");
    if (!page) return page.error();
    const auto pages = *options_.max_bytes / static_cast<std::uint64_t>(std::max<std::int64_t>(*page, 512));
    const auto limit = std::clamp<std::uint64_t>(pages, 1, 4294967294);
    if (auto set = side->connection->run(fmt::format("PRAGMA max_page_count = {}", limit).c_str()); !set) return set;
  }
  return prepare_statements();
}

Result<void> SqliteStore::Impl::prepare_statements() {
  struct Text {
    Side& side;
    SqliteStatement& statement;
    const char* sql;
  };
  const Text texts[] = {
      {reader_, get_, "SELECT value, generation, expires FROM entry WHERE key = ?1"},
      {reader_, list_,
       "SELECT key, value, generation, expires FROM entry WHERE key >= ?1 AND key < ?2 "
       "AND (expires IS NULL OR expires > ?3) ORDER BY key LIMIT ?4"},
      {reader_, peek_lease_, "SELECT owner, fence, until FROM lease WHERE key = ?1"},
      {writer_, find_, "SELECT generation, expires FROM entry WHERE key = ?1"},
      {writer_, put_,
       "INSERT INTO entry (key, value, generation, expires) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO UPDATE SET "
       "value = excluded.value, generation = excluded.generation, expires = excluded.expires"},
      {writer_, remove_, "DELETE FROM entry WHERE key = ?1"},
      {writer_, purge_entries_,
       "DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE expires <= ?1 ORDER BY expires LIMIT 64)"},
      {writer_, purge_leases_,
       "DELETE FROM lease WHERE key IN (SELECT key FROM lease WHERE until <= ?1 ORDER BY until LIMIT 64)"},
      {writer_, draw_, "UPDATE counter SET value = value + 1 RETURNING value"},
      {writer_, find_lease_, "SELECT owner, fence, until FROM lease WHERE key = ?1"},
      {writer_, put_lease_, "INSERT OR REPLACE INTO lease (key, owner, fence, until) VALUES (?1, ?2, ?3, ?4)"},
      {writer_, remove_lease_, "DELETE FROM lease WHERE key = ?1 AND owner = ?2 AND fence = ?3"},
  };
  for (const Text& text : texts) {
    auto prepared = text.side.connection->prepare(text.sql);
    if (!prepared) return prepared.error();
    text.statement = std::move(*prepared);
  }
  return {};
}

bool SqliteStore::Impl::empty_log() {
  Hold hold(writer_);
  return hold.take(*this) && writer_.connection->run("PRAGMA wal_checkpoint(PASSIVE)");
}

Result<std::optional<StoreEntry>> SqliteStore::Impl::get(std::string_view key) {
  Hold hold(reader_);
  if (auto taken = hold.take(*this); !taken) return taken.error();
  return read(key);
}

Result<std::vector<std::optional<StoreEntry>>> SqliteStore::Impl::get_many(const std::vector<std::string>& keys) {
  Hold hold(reader_);
  if (auto taken = hold.take(*this); !taken) return taken.error();
  SqliteTransaction snapshot(*reader_.connection);
  if (auto begun = reader_.connection->run("BEGIN"); !begun) return begun.error();
  std::vector<std::optional<StoreEntry>> found;
  found.reserve(keys.size());
  for (const std::string& key : keys) {
    auto entry = read(key);
    if (!entry) return entry.error();
    found.push_back(*std::move(entry));
  }
  return found;
}

/// While the reader is held.
Result<std::optional<StoreEntry>> SqliteStore::Impl::read(std::string_view key) {
  SqliteUse use(get_);
  const Result<bool> row = use->bind(1, key).step();
  if (!row) return row.error();
  if (!*row) return std::optional<StoreEntry>();
  StoreEntry entry;
  if (!use->is_null(2)) {
    entry.expires = from_micros(use->number(2));
    if (*entry.expires <= now()) return std::optional<StoreEntry>();
  }
  entry.value = use->bytes(0);
  entry.generation = static_cast<std::uint64_t>(use->number(1));
  return std::optional<StoreEntry>(std::move(entry));
}

Result<CommitOutcome> SqliteStore::Impl::commit(const std::vector<StoreWrite>& writes, Durability durability) {
  Hold hold(writer_);
  if (auto taken = hold.take(*this); !taken) return taken.error();
  if (writer_.connection->file_has_moved()) {
    return Error(ErrorKind::configuration,
                 fmt::format("SQLite store {}: the file was moved or deleted while it was open; nothing is written any "
                             "more: put it back or open the store again",
                             options_.path));
  }
  CommitOutcome outcome;
  outcome.committed = writes.empty();
  if (outcome.committed) return outcome;
  if (auto set = make_durable(durability); !set) return set.error();
  SqliteTransaction transaction(*writer_.connection);
  if (auto begun = transaction.begin(); !begun) return begun.error();

  const WallTime time = now();  // Read when the wait is over.
  for (; outcome.conflict < writes.size(); ++outcome.conflict) {
    const StoreWrite& write = writes[outcome.conflict];
    const auto generation = generation_of(write.key, time);
    if (!generation) return generation.error();
    if (*generation != write.expected) return outcome;
  }
  const auto generation = draw();
  if (!generation) return generation.error();
  for (const StoreWrite& write : writes) {
    if (auto applied = apply(write, *generation, time); !applied) return applied.error();
  }
  if (auto purged = purge(time); !purged) return purged.error();
  if (auto done = transaction.commit(); !done) {
    const bool no_room = done.error().kind() == ErrorKind::quota_exhausted;  // Else the log may hold all of it.
    return with_delivery(done.error(), no_room ? Delivery::refused : Delivery::unknown);
  }
  outcome.committed = true;
  outcome.conflict = 0;
  outcome.generation = *generation;
  return outcome;
}

Result<void> SqliteStore::Impl::make_durable(Durability durability) {
  if (durability == synchronous_) return {};
  const bool full = durability == Durability::full;
  auto set = writer_.connection->run(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  if (set) synchronous_ = durability;
  return set;
}

/// 0: absent or expired.
Result<std::uint64_t> SqliteStore::Impl::generation_of(const std::string& key, WallTime time) {
  SqliteUse use(find_);
  const Result<bool> row = use->bind(1, key).step();
  if (!row) return row.error();
  if (!*row || (!use->is_null(1) && use->number(1) <= to_micros(time))) return std::uint64_t{0};
  return static_cast<std::uint64_t>(use->number(0));
}

/// The next of the numbers that generations and fences are.
Result<std::uint64_t> SqliteStore::Impl::draw() {
  SqliteUse use(draw_);
  const Result<bool> row = use->step();
  if (!row) return row.error();
  if (!*row) {
    return Error(ErrorKind::configuration,
                 fmt::format("SQLite store {}: the file lost its counter; restore it from a backup", options_.path));
  }
  const auto value = static_cast<std::uint64_t>(use->number(0));
  if (auto rest = use->run(); !rest) return rest.error();
  return value;
}

Result<void> SqliteStore::Impl::apply(const StoreWrite& write, std::uint64_t generation, WallTime time) {
  SqliteUse use(write.value ? put_ : remove_);
  use->bind(1, write.key);
  if (!write.value) return use->run();
  use->bind(2, *write.value).bind(3, static_cast<std::int64_t>(generation));
  if (write.ttl) {
    use->bind(4, to_micros(time + *write.ttl));
  } else {
    use->bind_null(4);
  }
  return use->run();
}

/// Every eighth write transaction removes up to 64 expired entries and leases: more than can have come since.
Result<void> SqliteStore::Impl::purge(WallTime time) {
  if (until_purge_ > 0) {
    --until_purge_;
    return {};
  }
  until_purge_ = 7;
  for (SqliteStatement* statement : {&purge_entries_, &purge_leases_}) {
    SqliteUse use(*statement);
    if (auto purged = use->bind(1, to_micros(time)).run(); !purged) return purged;
  }
  return {};
}

Result<StorePage> SqliteStore::Impl::list(std::string_view prefix, std::string_view after, const ListLimits& limits) {
  Hold hold(reader_);
  if (auto taken = hold.take(*this); !taken) return taken.error();
  std::string first(prefix);
  // The smallest key after `after` has a zero byte more.
  if (!after.empty()) first = std::max(first, std::string(after) + '\0');
  const std::string end = end_of(prefix);
  SqliteUse use(list_);
  use->bind(1, first).bind(2, end).bind(3, to_micros(now())).bind(4, static_cast<std::int64_t>(limits.entries + 1));
  StorePage page;
  std::size_t bytes = 0;
  for (;;) {
    const Result<bool> row = use->step();
    if (!row) return row.error();
    if (!*row) return page;
    bytes += use->bytes(0).size() + (limits.keys_only ? 0 : use->bytes(1).size());
    if (page.items.size() == limits.entries || (bytes > limits.bytes && !page.items.empty())) {
      page.next = page.items.back().first;
      return page;
    }
    StoreEntry entry;
    if (!limits.keys_only) entry.value = use->bytes(1);
    entry.generation = static_cast<std::uint64_t>(use->number(2));
    if (!use->is_null(3)) entry.expires = from_micros(use->number(3));
    page.items.emplace_back(use->bytes(0), std::move(entry));
  }
}

Result<std::optional<SqliteStore::Impl::HeldLease>> SqliteStore::Impl::find_lease(SqliteStatement& statement,
                                                                                  std::string_view key) {
  SqliteUse use(statement);
  const Result<bool> row = use->bind(1, key).step();
  if (!row) return row.error();
  if (!*row) return std::optional<HeldLease>();
  return std::optional<HeldLease>(
      HeldLease{std::string(use->bytes(0)), static_cast<std::uint64_t>(use->number(1)), from_micros(use->number(2))});
}

Result<std::optional<Lease>> SqliteStore::Impl::lease(std::string_view key, std::string_view owner, Millis ttl) {
  {
    // Those who ask again and again for a lease that is taken do not need the writer.
    Hold hold(reader_);
    if (auto taken = hold.take(*this); !taken) return taken.error();
    const auto held = find_lease(peek_lease_, key);
    if (!held) return held.error();
    if (*held && (*held)->until > now() && (*held)->owner != owner) return std::optional<Lease>();
  }
  Hold hold(writer_);
  if (auto taken = hold.take(*this); !taken) return taken.error();
  if (auto set = make_durable(Durability::relaxed); !set) return set.error();
  SqliteTransaction transaction(*writer_.connection);
  if (auto begun = transaction.begin(); !begun) return begun.error();
  const WallTime time = now();
  const auto held = find_lease(find_lease_, key);
  if (!held) return held.error();
  const bool live = *held && (*held)->until > time;
  if (live && (*held)->owner != owner) return std::optional<Lease>();
  Lease lease;
  lease.key = key;
  lease.owner = owner;
  lease.until = from_micros(to_micros(time + ttl));
  if (live) {
    lease.fence = (*held)->fence;
  } else {
    const auto fence = draw();
    if (!fence) return fence.error();
    lease.fence = *fence;
  }
  SqliteUse use(put_lease_);
  use->bind(1, key).bind(2, owner).bind(3, static_cast<std::int64_t>(lease.fence)).bind(4, to_micros(lease.until));
  if (auto put = use->run(); !put) return put.error();
  if (auto purged = purge(time); !purged) return purged.error();
  if (auto done = transaction.commit(); !done) return done.error();
  return std::optional<Lease>(std::move(lease));
}

Result<void> SqliteStore::Impl::release(const Lease& lease) {
  Hold hold(writer_);
  if (auto taken = hold.take(*this); !taken) return taken;
  if (auto set = make_durable(Durability::relaxed); !set) return set;
  SqliteUse use(remove_lease_);
  return use->bind(1, lease.key).bind(2, lease.owner).bind(3, static_cast<std::int64_t>(lease.fence)).run();
}

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SqliteStore::~SqliteStore() = default;

Result<std::shared_ptr<SqliteStore>> SqliteStore::open(SqliteOptions options) {
  if (options.path.empty() || options.path.find('\0') != std::string::npos) {
    return Error(ErrorKind::bad_argument, "SQLite store: path is empty or holds a zero byte; name a file");
  }
  if (options.busy_timeout < Millis(1) || options.busy_timeout > Millis(60'000)) {
    return Error(ErrorKind::bad_argument, fmt::format("SQLite store: busy_timeout is {} ms; 1 to 60000 are allowed",
                                                      options.busy_timeout.count()));
  }
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto opened = impl->open(); !opened) return opened.error();
  return std::shared_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

Result<std::optional<StoreEntry>> SqliteStore::get(std::string_view key) {
  if (auto error = check_key(key)) return *error;
  return impl_->get(key);
}

Result<WallTime> SqliteStore::now() { return impl_->now(); }

Result<std::vector<std::optional<StoreEntry>>> SqliteStore::get_many(const std::vector<std::string>& keys) {
  if (auto error = check_keys(keys)) return *error;
  return impl_->get_many(keys);
}

Result<CommitOutcome> SqliteStore::commit(const std::vector<StoreWrite>& writes, Durability durability) {
  if (auto error = check_writes(writes)) return with_delivery(*error, Delivery::refused);
  auto outcome = impl_->with_room([&] { return impl_->commit(writes, durability); });
  if (outcome || outcome.error().delivery() == Delivery::unknown) return outcome;
  return with_delivery(outcome.error(), Delivery::refused);
}

Result<StorePage> SqliteStore::list(std::string_view prefix, std::string_view after, ListLimits limits) {
  if (auto error = check_list(prefix, after, limits)) return *error;
  return impl_->list(prefix, after, limits);
}

Result<std::optional<Lease>> SqliteStore::lease(std::string_view key, std::string_view owner, Millis ttl) {
  if (auto error = check_lease(key, owner, ttl)) return *error;
  return impl_->with_room([&] { return impl_->lease(key, owner, ttl); });
}

Result<void> SqliteStore::release(const Lease& lease) {
  if (auto error = check_key(lease.key)) return *error;
  return impl_->with_room([&] { return impl_->release(lease); });
}

KEFU_END_NAMESPACE
