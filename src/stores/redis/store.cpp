#include "stores/redis/engine.hpp"
#include "stores/shared/values.hpp"

#include <kefu/stores/redis.hpp>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE

using detail::RedisEngine;
using detail::RedisPart;
using detail::RedisScript;

namespace {

/// What stands under a name: "k2:<number>:<end>:<value>".
struct RedisRaw {
  std::int64_t number = 0;
  std::int64_t end = 0;  ///< Microseconds since 1970; 0: none.
  std::string_view value;

  static std::optional<RedisRaw> of(std::string_view text) {
    constexpr std::string_view kMark = "k2:";
    if (text.substr(0, kMark.size()) != kMark) return std::nullopt;
    text.remove_prefix(kMark.size());
    const std::size_t first = text.find(':');
    const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto number = detail::plain_number(text.substr(0, first));
    const auto end = detail::plain_number(text.substr(first + 1, second - first - 1));
    if (!number || !end) return std::nullopt;
    RedisRaw raw;
    raw.number = *number;
    raw.end = *end;
    raw.value = text.substr(second + 1);
    return raw;
  }
  StoreEntry entry() const {
    StoreEntry entry;
    entry.value = value;
    entry.generation = static_cast<std::uint64_t>(number);
    if (end != 0) entry.expires = detail::from_micros(end);
    return entry;
  }
};

Error damaged_redis() { return detail::redis_fault("KEFUDAMAGED"); }

/// Of what reads: it left nothing, whatever became of the connection.
Error left_nothing(const Error& error) { return detail::with_redis_delivery(error, Delivery::refused); }

/// The first argument of a script. Empty: by the server's clock.
std::string time_argument(const RedisEngine& engine) {
  const auto given = engine.given_time();
  return given ? std::to_string(detail::to_micros(*given)) : std::string();
}

}  // namespace

RedisStore::RedisStore(std::shared_ptr<RedisEngine> engine) : engine_(std::move(engine)) {}

RedisStore::~RedisStore() = default;

Result<std::shared_ptr<RedisStore>> RedisStore::open(RedisOptions options) {
  const bool plain = options.allow_plain;
  auto engine = RedisEngine::open(std::move(options), plain);
  if (!engine) return engine.error();
  return std::shared_ptr<RedisStore>(new RedisStore(*std::move(engine)));
}

Result<std::shared_ptr<SealedStore>> RedisStore::open_sealed(RedisOptions options, SealedOptions seal) {
  auto engine = RedisEngine::open(std::move(options), true);
  if (!engine) return engine.error();
  return SealedStore::create(std::shared_ptr<RedisStore>(new RedisStore(*std::move(engine))), std::move(seal));
}

bool RedisStore::durable() const noexcept { return engine_->durability() == detail::RedisDurability::durable; }

std::string_view RedisStore::why_not_durable() const noexcept { return detail::reason_of(engine_->durability()); }

Result<WallTime> RedisStore::now() {
  if (const auto given = engine_->given_time()) return *given;
  auto time = engine_->server_time();
  if (!time) return left_nothing(time.error());
  return time;
}

Result<std::optional<StoreEntry>> RedisStore::get(std::string_view key) {
  if (auto error = check_key(key)) return *error;
  auto found = get_many({std::string(key)});
  if (!found) return found.error();
  return std::move(found->front());
}

Result<std::vector<std::optional<StoreEntry>>> RedisStore::get_many(const std::vector<std::string>& keys) {
  if (auto error = check_keys(keys)) return *error;
  if (keys.empty()) return std::vector<std::optional<StoreEntry>>();
  const std::string time = time_argument(*engine_);
  std::vector<std::string_view> arguments{time};
  arguments.insert(arguments.end(), keys.begin(), keys.end());
  const auto reply = engine_->run(RedisScript::read, arguments, true);
  if (!reply) return left_nothing(reply.error());
  const auto now = reply->part()[0].digits();
  const RedisPart values = reply->part()[1];
  if (!now || values.size() != keys.size()) return damaged_redis();
  std::vector<std::optional<StoreEntry>> found(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (values[i].is_nothing()) continue;
    const auto raw = RedisRaw::of(values[i].text().value_or(std::string_view()));
    if (!raw) return damaged_redis();
    if (raw->end == 0 || raw->end > *now) found[i] = raw->entry();
  }
  return found;
}

Result<CommitOutcome> RedisStore::commit(const std::vector<StoreWrite>& writes, Durability) {
  if (auto error = check_writes(writes)) return with_delivery(*error, Delivery::refused);
  CommitOutcome outcome;
  outcome.committed = true;
  if (writes.empty()) return outcome;
  const std::string time = time_argument(*engine_);
  const auto expiring = std::count_if(writes.begin(), writes.end(), [](const auto& write) { return write.ttl; });
  const std::string sweep = std::to_string(std::max<std::ptrdiff_t>(8, 2 * expiring));
  std::vector<std::string> numbers;  // Made first, so that views of them stay.
  numbers.reserve(2 * writes.size());
  std::vector<std::string_view> arguments{time, sweep};
  bool puts = false;
  for (const StoreWrite& write : writes) {
    puts = puts || write.value.has_value();
    const std::string& expected = numbers.emplace_back(std::to_string(write.expected));
    const std::string& life = numbers.emplace_back(!write.value ? "-"
                                                   : write.ttl  ? std::to_string(write.ttl->count())
                                                                : std::string());
    const std::string_view value = write.value ? std::string_view(*write.value) : std::string_view();
    arguments.insert(arguments.end(), {write.key, expected, life, value});
  }
  auto reply = engine_->run(puts ? RedisScript::commit : RedisScript::free, arguments, false);
  if (!reply && detail::is_out_of_memory(reply.error())) {
    // What is over makes room, if there is any.
    const auto swept = engine_->run(RedisScript::free, {time, "1000"}, true);
    if (swept && swept->part()[1].digits().value_or(0) > 0) reply = engine_->run(RedisScript::commit, arguments, false);
  }
  if (!reply) return reply.error().delivery() == Delivery::unknown ? reply.error() : left_nothing(reply.error());
  const auto done = reply->part()[0].digits();
  const auto number = reply->part()[1].digits();
  if (!done || !number) return detail::with_redis_delivery(damaged_redis(), Delivery::unknown);
  outcome.committed = *done == 1;
  if (outcome.committed) {
    outcome.generation = static_cast<std::uint64_t>(*number);
  } else {
    outcome.conflict = static_cast<std::size_t>(*number);
  }
  return outcome;
}

Result<StorePage> RedisStore::list(std::string_view prefix, std::string_view after, ListLimits limits) {
  if (auto error = check_list(prefix, after, limits)) return *error;
  const std::string time = time_argument(*engine_), entries = std::to_string(limits.entries),
                    bytes = std::to_string(limits.bytes);
  const std::string first = !after.empty() && after >= prefix ? "(" + std::string(after) : "[" + std::string(prefix);
  const std::string last = "(" + detail::end_of(prefix);
  const auto reply =
      engine_->run(RedisScript::list, {time, first, last, entries, bytes, limits.keys_only ? "1" : "0"}, true);
  if (!reply) return left_nothing(reply.error());
  const RedisPart items = reply->part()[0];
  const auto more = reply->part()[1].digits();
  const auto end = reply->part()[2].text();
  if (!more || !end || items.size() % 2 != 0) return damaged_redis();
  StorePage page;
  page.items.reserve(items.size() / 2);
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const auto key = items[i].text();
    const auto raw = RedisRaw::of(items[i + 1].text().value_or(std::string_view()));
    if (!key || !raw) return damaged_redis();
    page.items.emplace_back(*key, raw->entry());
  }
  if (*more == 1) page.next = *end;
  return page;
}

Result<std::optional<Lease>> RedisStore::lease(std::string_view key, std::string_view owner, Millis ttl) {
  if (auto error = check_lease(key, owner, ttl)) return *error;
  const std::string time = time_argument(*engine_), life = std::to_string(ttl.count());
  // Asking again for what was given extends it: an answer that was lost does no harm.
  const auto reply = engine_->run(RedisScript::lease, {time, key, owner, life}, true);
  if (!reply) return reply.error();
  if (reply->part().is_nothing()) return std::optional<Lease>();
  const auto fence = reply->part()[0].digits();
  const auto until = reply->part()[1].digits();
  if (!fence || !until) return damaged_redis();
  return std::optional<Lease>(
      Lease(std::string(key), std::string(owner), static_cast<std::uint64_t>(*fence), detail::from_micros(*until)));
}

Result<void> RedisStore::release(const Lease& lease) {
  if (auto error = check_key(lease.key)) return *error;
  const std::string time = time_argument(*engine_), fence = std::to_string(lease.fence);
  const auto reply = engine_->run(RedisScript::release, {time, lease.key, lease.owner, fence}, true);
  return reply ? Result<void>() : Result<void>(reply.error());
}

KEFU_END_NAMESPACE
