#include "stores/postgres/entries.hpp"

#include "stores/postgres/faults.hpp"
#include "stores/postgres/layout.hpp"
#include "stores/shared/values.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// Columns 1 to 3: generation, expires, value.
StoreEntry entry_of(const PostgresResult& rows, int row) {
  StoreEntry entry;
  entry.generation = static_cast<std::uint64_t>(rows.number(row, 1));
  if (!rows.is_null(row, 2)) entry.expires = rows.time(row, 2);
  if (!rows.is_null(row, 3)) entry.value = rows.bytes(row, 3);
  return entry;
}

}  // namespace

PostgresEntries::PostgresEntries(std::string_view schema)
    : read_(replace_schema("SELECT key, generation, expires, value FROM @.kefu_read($1, $2)", schema)),
      list_(replace_schema("SELECT key, generation, expires, value, seen FROM @.kefu_list($1, $2, $3, $4, $5, $6)",
                           schema)),
      commit_(replace_schema("SELECT conflict, generation FROM @.kefu_commit($1, $2, $3, $4, $5, $6, $7)", schema)),
      lease_(replace_schema("SELECT fence, until FROM @.kefu_lease_take($1, $2, $3, $4)", schema)),
      release_(replace_schema("SELECT @.kefu_lease_release($1, $2, $3)", schema)) {}

Result<std::vector<std::optional<StoreEntry>>> PostgresEntries::read(PostgresConnection& connection,
                                                                     const std::vector<std::string>& keys,
                                                                     std::optional<WallTime> time) const {
  PostgresArguments arguments;
  arguments.bytes_array(std::vector<std::optional<std::string_view>>(keys.begin(), keys.end())).time(time);
  const auto rows = connection.run(read_, arguments);
  if (!rows) return rows.error();
  std::vector<std::optional<StoreEntry>> found(keys.size());
  if (rows->rows() == 0) return found;
  std::unordered_map<std::string_view, int> places;
  for (int row = 0; row < rows->rows(); ++row) places.emplace(rows->bytes(row, 0), row);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto place = places.find(keys[i]);
    if (place != places.end()) found[i] = entry_of(*rows, place->second);
  }
  return found;
}

Result<StorePage> PostgresEntries::list(PostgresConnection& connection, std::string_view prefix, std::string_view after,
                                        const ListLimits& limits, std::optional<WallTime> time) const {
  std::string first(prefix);
  // The smallest key after `after` has a zero byte more.
  if (!after.empty()) first = std::max(first, std::string(after) + '\0');
  const std::string end = end_of(prefix);
  PostgresArguments arguments;
  arguments.bytes(first).bytes(end).number(static_cast<std::int64_t>(limits.entries));
  arguments.number(static_cast<std::int64_t>(limits.bytes)).flag(limits.keys_only).time(time);
  const auto rows = connection.run(list_, arguments);
  if (!rows) return rows.error();
  StorePage page;
  const int count = rows->rows();
  page.items.reserve(static_cast<std::size_t>(count));
  for (int row = 0; row < count; ++row) page.items.emplace_back(rows->bytes(row, 0), entry_of(*rows, row));
  // The server saw up to one entry more than it may answer.
  if (count > 0 && rows->number(0, 4) > count) page.next = page.items.back().first;
  return page;
}

Result<CommitOutcome> PostgresEntries::commit(PostgresConnection& connection, const std::vector<StoreWrite>& writes,
                                              Durability durability, std::int64_t sweep,
                                              std::optional<WallTime> time) const {
  std::vector<std::optional<std::string_view>> keys, values;
  std::vector<std::optional<std::int64_t>> expected, lives;
  for (const StoreWrite& write : writes) {
    keys.emplace_back(write.key);
    values.push_back(write.value ? std::optional<std::string_view>(*write.value) : std::nullopt);
    expected.emplace_back(static_cast<std::int64_t>(write.expected));
    lives.push_back(write.ttl ? std::optional<std::int64_t>(write.ttl->count()) : std::nullopt);
  }
  PostgresArguments arguments;
  arguments.bytes_array(keys).bytes_array(values).number_array(expected).number_array(lives).time(time);
  arguments.flag(durability == Durability::relaxed).number(sweep);
  const auto rows = connection.run(commit_, arguments);
  if (!rows) return rows.error();
  CommitOutcome outcome;
  outcome.committed = rows->is_null(0, 0);
  if (outcome.committed) {
    outcome.generation = static_cast<std::uint64_t>(rows->number(0, 1));
  } else {
    outcome.conflict = static_cast<std::size_t>(rows->number(0, 0));
  }
  return outcome;
}

Result<std::optional<Lease>> PostgresEntries::lease(PostgresConnection& connection, std::string_view key,
                                                    std::string_view owner, Millis ttl,
                                                    std::optional<WallTime> time) const {
  PostgresArguments arguments;
  arguments.bytes(key).bytes(owner).number(ttl.count()).time(time);
  const auto rows = connection.run(lease_, arguments);
  if (!rows) return rows.error();
  if (rows->rows() == 0) return std::optional<Lease>();
  return std::optional<Lease>(
      Lease(std::string(key), std::string(owner), static_cast<std::uint64_t>(rows->number(0, 0)), rows->time(0, 1)));
}

Result<void> PostgresEntries::release(PostgresConnection& connection, const Lease& lease) const {
  PostgresArguments arguments;
  arguments.bytes(lease.key).bytes(lease.owner).number(static_cast<std::int64_t>(lease.fence));
  const auto done = connection.run(release_, arguments);
  return done ? Result<void>() : Result<void>(done.error());
}

}  // namespace detail
KEFU_END_NAMESPACE
