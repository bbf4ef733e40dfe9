#include <kefu/core/store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

KEFU_BEGIN_NAMESPACE
namespace {

std::optional<Error> check_size(std::string_view field, std::size_t size, std::size_t least, std::size_t most) {
  if (size >= least && size <= most) return std::nullopt;
  return Error(ErrorKind::bad_argument,
               fmt::format("store: {} has {} bytes; {} to {} are allowed", field, size, least, most));
}

std::optional<Error> check_time(std::string_view what, Millis ttl, Millis most) {
  if (ttl.count() > 0 && ttl <= most) return std::nullopt;
  return Error(ErrorKind::bad_argument, fmt::format("store: the time to live of {} is {} ms; 1 to {} are allowed", what,
                                                    ttl.count(), most.count()));
}

bool names_a_key_twice(const std::vector<StoreWrite>& writes) {
  constexpr std::size_t kFew = 8;  // are compared with each other faster than sorted
  if (writes.size() <= kFew) {
    for (auto write = writes.begin(); write != writes.end(); ++write) {
      const auto same = [&](const StoreWrite& other) { return other.key == write->key; };
      if (std::any_of(std::next(write), writes.end(), same)) return true;
    }
    return false;
  }
  std::vector<std::string_view> keys(writes.size());
  for (std::size_t i = 0; i < writes.size(); ++i) keys[i] = writes[i].key;
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

bool stays_plain(char c) { return c > 0x20 && c < 0x7f && c != '%' && c != '/'; }

void append_escaped(std::string& out, std::string_view part) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  while (true) {
    const auto odd = std::find_if_not(part.begin(), part.end(), stays_plain);
    out.append(part.begin(), odd);
    if (odd == part.end()) return;
    const auto byte = static_cast<unsigned char>(*odd);
    out.append({'%', digits[byte >> 4], digits[byte & 15]});
    part.remove_prefix(static_cast<std::size_t>(odd - part.begin()) + 1);
  }
}

}  // namespace

StoreWrite StoreWrite::put(std::string key, std::string value, std::uint64_t expected,
                           std::optional<std::chrono::milliseconds> ttl) {
  if (ttl) ttl = std::clamp(*ttl, Millis(1), Millis(Store::kMaxTimeToLive));
  return StoreWrite(std::move(key), std::move(value), expected, ttl);
}

Result<CommitOutcome> Store::put_if_unchanged(std::string key, std::string value, std::uint64_t expected,
                                              std::optional<std::chrono::milliseconds> ttl, Durability durability) {
  std::vector<StoreWrite> writes;
  writes.push_back(StoreWrite::put(std::move(key), std::move(value), expected, ttl));
  return commit(writes, durability);
}

Result<CommitOutcome> Store::remove_if_unchanged(std::string key, std::uint64_t expected) {
  std::vector<StoreWrite> writes;
  writes.push_back(StoreWrite::remove(std::move(key), expected));
  return commit(writes, Durability::relaxed);
}

Error Store::with_delivery(const Error& error, Delivery delivery) {
  return error.delivery() == delivery ? error : Error(error.kind(), delivery, error.details());
}

std::optional<Error> Store::check_key(std::string_view key) {
  return check_size("the key", key.size(), 1, kMaxKeySize);
}

std::optional<Error> Store::check_keys(const std::vector<std::string>& keys) {
  if (keys.size() > kMaxRead) {
    return Error(ErrorKind::bad_argument,
                 fmt::format("store: {} keys were asked for; at most {} are allowed", keys.size(), kMaxRead));
  }
  for (const std::string& key : keys) {
    if (auto error = check_key(key)) return error;
  }
  return std::nullopt;
}

std::optional<Error> Store::check_writes(const std::vector<StoreWrite>& writes) {
  if (writes.size() > kMaxWrites) {
    return Error(ErrorKind::bad_argument,
                 fmt::format("store: the commit has {} writes; at most {} are allowed", writes.size(), kMaxWrites));
  }
  std::size_t total = 0;
  for (const StoreWrite& write : writes) {
    if (auto error = check_key(write.key)) return error;
    if (!write.value) continue;
    if (auto error = check_size("the value", write.value->size(), 0, kMaxValueSize)) return error;
    if (write.ttl) {
      if (auto error = check_time("the entry", *write.ttl, kMaxTimeToLive)) return error;
    }
    total += write.value->size();
  }
  if (auto error = check_size("the commit", total, 0, kMaxCommitSize)) return error;
  if (writes.size() > 1 && names_a_key_twice(writes)) {
    return Error(ErrorKind::bad_argument, "store: the commit writes one key twice; join the two writes");
  }
  return std::nullopt;
}

std::optional<Error> Store::check_list(std::string_view prefix, std::string_view after, const ListLimits& limits) {
  if (auto error = check_size("the prefix", prefix.size(), 0, kMaxKeySize)) return error;
  if (auto error = check_size("the key to list after", after.size(), 0, kMaxKeySize)) return error;
  if (limits.entries == 0 || limits.entries > kMaxListed) {
    return Error(ErrorKind::bad_argument, fmt::format("store: a page of {} entries was asked for; 1 to {} are allowed",
                                                      limits.entries, kMaxListed));
  }
  return check_size("the page asked for", limits.bytes, 1, kMaxListedBytes);
}

std::optional<Error> Store::check_lease(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
  if (auto error = check_key(key)) return error;
  if (auto error = check_size("the lease's owner", owner.size(), 1, kMaxKeySize)) return error;
  return check_time("the lease", ttl, kMaxLeaseTime);
}

StoreKey::StoreKey(std::string_view name_space, std::string_view platform, std::string_view kind, std::string_view app)
    : key_(fmt::format("kefu/{}", Store::kFormat)) {
  for (const std::string_view part : {name_space, platform, kind, app}) add(part);
}

StoreKey& StoreKey::add(std::string_view part) {
  key_ += '/';
  append_escaped(key_, part);
  return *this;
}

std::string StoreKey::with(std::string_view part) const {
  std::string key;
  key.reserve(key_.size() + 1 + part.size() + 8);  // ids have little to escape
  key.append(key_).push_back('/');
  append_escaped(key, part);
  return key;
}

KEFU_END_NAMESPACE
