#include "stores/sqlite/entries.hpp"

#include "core/async/time_range.hpp"
#include "stores/shared/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sys/random.h>
#include <unistd.h>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// How many numbers a connection takes at once.
constexpr std::int64_t kBlock = 4096;

/// Never 0, which nobody is.
std::int64_t new_drawer() {
  std::uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != sizeof number) {
    number = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) ^
             static_cast<std::uint64_t>(getpid()) << 40;
  }
  return static_cast<std::int64_t>(number >> 1 | 1);
}

struct StoreLimits : Store {
  using Store::check_writes;
};

}  // namespace

std::optional<Error> SqliteEntries::check(const std::vector<StoreWrite>& writes) {
  return StoreLimits::check_writes(writes);
}

Result<void> SqliteEntries::prepare(SqliteConnection& connection, const std::string& path, bool writes) {
  connection_ = &connection;
  path_ = path;
  drawer_ = new_drawer();
  struct Text {
    bool writes;
    SqliteStatement& statement;
    const char* sql;
  };
  const Text texts[] = {
      {false, get_, "SELECT value, generation, expires FROM entry WHERE key = ?1"},
      {false, list_,
       "SELECT key, generation, expires, value FROM entry WHERE key >= ?1 AND key < ?2 "
       "AND (expires IS NULL OR expires > ?3) ORDER BY key LIMIT ?4"},
      {false, list_keys_,
       "SELECT key, generation, expires FROM entry WHERE key >= ?1 AND key < ?2 "
       "AND (expires IS NULL OR expires > ?3) ORDER BY key LIMIT ?4"},
      {false, find_lease_, "SELECT owner, fence, until FROM lease WHERE key = ?1"},
      {true, find_, "SELECT generation, expires FROM entry WHERE key = ?1"},
      {true, put_new_,
       "INSERT INTO entry (key, value, generation, expires) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO UPDATE SET "
       "value = excluded.value, generation = excluded.generation, expires = excluded.expires WHERE entry.expires <= "
       "?5"},
      {true, put_again_,
       "UPDATE entry SET value = ?2, generation = ?3, expires = ?4 WHERE key = ?1 AND generation = ?6 "
       "AND (expires IS NULL OR expires > ?5)"},
      {true, remove_, "DELETE FROM entry WHERE key = ?1 AND generation = ?2 AND (expires IS NULL OR expires > ?3)"},
      {true, purge_entries_,
       "DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE expires <= ?1 ORDER BY expires LIMIT ?2)"},
      {true, purge_leases_,
       "DELETE FROM lease WHERE key IN (SELECT key FROM lease WHERE until <= ?1 ORDER BY until LIMIT ?2)"},
      {true, read_source_, "SELECT drawer, last FROM source"},
      {true, raise_source_, "UPDATE source SET drawer = ?1, last = ?2"},
      {true, put_lease_, "INSERT OR REPLACE INTO lease (key, owner, fence, until) VALUES (?1, ?2, ?3, ?4)"},
      {true, remove_lease_, "DELETE FROM lease WHERE key = ?1 AND owner = ?2 AND fence = ?3"},
  };
  for (const Text& text : texts) {
    if (text.writes && !writes) continue;
    auto prepared = connection.prepare(text.sql);
    if (!prepared) return prepared.error();
    text.statement = std::move(*prepared);
  }
  return {};
}

Result<std::optional<StoreEntry>> SqliteEntries::get(std::string_view key, WallTime time) {
  SqliteUse use(get_);
  const Result<bool> row = use->bind(1, key).step();
  if (!row) return row.error();
  if (!*row) return std::optional<StoreEntry>();
  StoreEntry entry;
  if (!use->is_null(2)) {
    entry.expires = from_micros(use->number(2));
    if (*entry.expires <= time) return std::optional<StoreEntry>();
  }
  entry.value = use->bytes(0);
  entry.generation = static_cast<std::uint64_t>(use->number(1));
  return std::optional<StoreEntry>(std::move(entry));
}

Result<StorePage> SqliteEntries::list(std::string_view prefix, std::string_view after, const ListLimits& limits,
                                      WallTime time) {
  std::string first(prefix);
  // The smallest key after `after` has a zero byte more.
  if (!after.empty()) first = std::max(first, std::string(after) + '\0');
  const std::string end = end_of(prefix);
  SqliteUse use(limits.keys_only ? list_keys_ : list_);
  use->bind(1, first).bind(2, end).bind(3, to_micros(time)).bind(4, static_cast<std::int64_t>(limits.entries + 1));
  StorePage page;
  std::size_t bytes = 0;
  for (;;) {
    const Result<bool> row = use->step();
    if (!row) return row.error();
    if (!*row) return page;
    bytes += use->bytes(0).size() + (limits.keys_only ? 0 : use->bytes(3).size());
    if (page.items.size() == limits.entries || (bytes > limits.bytes && !page.items.empty())) {
      page.next = page.items.back().first;
      return page;
    }
    StoreEntry entry;
    if (!limits.keys_only) entry.value = use->bytes(3);
    entry.generation = static_cast<std::uint64_t>(use->number(1));
    if (!use->is_null(2)) entry.expires = from_micros(use->number(2));
    page.items.emplace_back(use->bytes(0), std::move(entry));
  }
}

Result<std::optional<std::size_t>> SqliteEntries::conflict(const std::vector<StoreWrite>& writes, WallTime time) {
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const auto generation = generation_of(writes[i].key, time);
    if (!generation) return generation.error();
    if (*generation != writes[i].expected) return std::make_optional(i);
  }
  return std::optional<std::size_t>();
}

/// Each write looks for its key once: whether it found what it expects is seen from the rows that it changed.
Result<CommitOutcome> SqliteEntries::apply(const std::vector<StoreWrite>& writes, WallTime time) {
  CommitOutcome outcome;
  const auto drawn = draw();
  if (!drawn) return drawn.error();
  for (; outcome.conflict < writes.size(); ++outcome.conflict) {
    const StoreWrite& write = writes[outcome.conflict];
    const auto done = write.value ? put(write, *drawn, time) : remove(write, time);
    if (!done) return done.error();
    if (!*done) return outcome;
    if (write.ttl) ++may_expire_;
  }
  if (auto purged = purge(time); !purged) return purged.error();
  outcome.committed = true;
  outcome.conflict = 0;
  outcome.generation = *drawn;
  return outcome;
}

/// 0: absent or expired.
Result<std::uint64_t> SqliteEntries::generation_of(const std::string& key, WallTime time) {
  SqliteUse use(find_);
  const Result<bool> row = use->bind(1, key).step();
  if (!row) return row.error();
  if (!*row || (!use->is_null(1) && use->number(1) <= to_micros(time))) return std::uint64_t{0};
  return static_cast<std::uint64_t>(use->number(0));
}

/// The next of the numbers that generations and fences are. The row of the source says who drew last and the end of the
/// block it may draw from without writing the row. Somebody else begins after that end, so the numbers grow over all
/// processes; what is left of the block before is never used. Nothing is remembered that the row does not say, so a
/// transaction that is rolled back needs no care.
Result<std::uint64_t> SqliteEntries::draw() {
  std::int64_t last = 0;
  {
    SqliteUse use(read_source_);
    const Result<bool> row = use->step();
    if (!row) return row.error();
    if (!*row) {
      return Error(
          ErrorKind::configuration,
          fmt::format("SQLite store {}: the file lost its source of numbers; restore it from a backup", path_));
    }
    last = use->number(1);
    if (use->number(0) == drawer_ && next_ <= last) return static_cast<std::uint64_t>(next_++);
  }
  SqliteUse use(raise_source_);
  if (auto raised = use->bind(1, drawer_).bind(2, last + kBlock).run(); !raised) return raised.error();
  next_ = last + 1;
  return static_cast<std::uint64_t>(next_++);
}

/// False: it does not stand as the write expects.
Result<bool> SqliteEntries::put(const StoreWrite& write, std::uint64_t generation, WallTime time) {
  SqliteUse use(write.expected == 0 ? put_new_ : put_again_);
  use->bind(1, write.key).bind(2, *write.value).bind(3, static_cast<std::int64_t>(generation));
  if (write.ttl) {
    use->bind(4, to_micros(later(time, *write.ttl)));
  } else {
    use->bind_null(4);
  }
  use->bind(5, to_micros(time));
  if (write.expected != 0) use->bind(6, static_cast<std::int64_t>(write.expected));
  if (auto done = use->run(); !done) return done.error();
  return connection_->changed_rows() == 1;
}

Result<bool> SqliteEntries::remove(const StoreWrite& write, WallTime time) {
  if (write.expected == 0) {  // only demands that it is absent
    const auto generation = generation_of(write.key, time);
    if (!generation) return generation.error();
    return *generation == 0;
  }
  SqliteUse use(remove_);
  use->bind(1, write.key).bind(2, static_cast<std::int64_t>(write.expected)).bind(3, to_micros(time));
  if (auto done = use->run(); !done) return done.error();
  return connection_->changed_rows() == 1;
}

/// Every eighth write transaction removes expired entries and leases, up to twice as many as were written since.
Result<void> SqliteEntries::purge(WallTime time) {
  if (until_purge_ > 0) {
    --until_purge_;
    return {};
  }
  until_purge_ = 7;
  const std::int64_t most = std::max<std::int64_t>(64, 2 * std::exchange(may_expire_, 0));
  for (SqliteStatement* statement : {&purge_entries_, &purge_leases_}) {
    SqliteUse use(*statement);
    if (auto purged = use->bind(1, to_micros(time)).bind(2, most).run(); !purged) return purged;
  }
  return {};
}

Result<std::optional<SqliteEntries::HeldLease>> SqliteEntries::find_lease(std::string_view key) {
  SqliteUse use(find_lease_);
  const Result<bool> row = use->bind(1, key).step();
  if (!row) return row.error();
  if (!*row) return std::optional<HeldLease>();
  return std::optional<HeldLease>(
      HeldLease{std::string(use->bytes(0)), static_cast<std::uint64_t>(use->number(1)), from_micros(use->number(2))});
}

Result<bool> SqliteEntries::is_held(std::string_view key, std::string_view owner, WallTime time) {
  const auto held = find_lease(key);
  if (!held) return held.error();
  return *held && (*held)->until > time && (*held)->owner != owner;
}

Result<std::optional<Lease>> SqliteEntries::lease(std::string_view key, std::string_view owner, Millis ttl,
                                                  WallTime time) {
  const auto held = find_lease(key);
  if (!held) return held.error();
  const bool live = *held && (*held)->until > time;
  if (live && (*held)->owner != owner) return std::optional<Lease>();
  Lease lease;
  lease.key = key;
  lease.owner = owner;
  lease.until = from_micros(to_micros(later(time, ttl)));
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
  return std::optional<Lease>(std::move(lease));
}

Result<void> SqliteEntries::release(const Lease& lease) {
  SqliteUse use(remove_lease_);
  return use->bind(1, lease.key).bind(2, lease.owner).bind(3, static_cast<std::int64_t>(lease.fence)).run();
}

}  // namespace detail
KEFU_END_NAMESPACE
