#include <kefu/core/store.hpp>

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace {

std::optional<Error> check_size(std::string_view field, std::size_t size, std::size_t least, std::size_t most) {
  if (size >= least && size <= most) return std::nullopt;
  return Error(ErrorKind::bad_argument,
               fmt::format("store: {} has {} bytes; {} to {} are allowed", field, size, least, most));
}

bool names_a_key_twice(const std::vector<StoreWrite>& writes) {
  std::vector<std::string_view> keys(writes.size());
  for (std::size_t i = 0; i < writes.size(); ++i) keys[i] = writes[i].key;
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

void append_escaped(std::string& out, std::string_view part) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : part) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%' && c != '/') {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
}

}  // namespace

Result<CommitOutcome> Store::put_if(std::string key, std::string value, std::uint64_t expected,
                                    std::optional<WallTime> expires, Durability durability) {
  std::vector<StoreWrite> writes;
  writes.push_back(StoreWrite::put(std::move(key), std::move(value), expected, expires));
  return commit(writes, durability);
}

Result<CommitOutcome> Store::remove_if(std::string key, std::uint64_t expected) {
  std::vector<StoreWrite> writes;
  writes.push_back(StoreWrite::remove(std::move(key), expected));
  return commit(writes, Durability::relaxed);
}

std::optional<Error> Store::check_key(std::string_view key) {
  return check_size("the key", key.size(), 1, kMaxKeySize);
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
    total += write.value->size();
  }
  if (auto error = check_size("the commit", total, 0, kMaxCommitSize)) return error;
  if (writes.size() > 1 && names_a_key_twice(writes)) {
    return Error(ErrorKind::bad_argument, "store: the commit writes one key twice; join the two writes");
  }
  return std::nullopt;
}

std::optional<Error> Store::check_list(std::string_view prefix, std::string_view after, std::size_t limit) {
  if (auto error = check_size("the prefix", prefix.size(), 0, kMaxKeySize)) return error;
  if (auto error = check_size("the key to list after", after.size(), 0, kMaxKeySize)) return error;
  if (limit == 0 || limit > kMaxListed) {
    return Error(ErrorKind::bad_argument,
                 fmt::format("store: a listing of {} entries was asked for; 1 to {} are allowed", limit, kMaxListed));
  }
  return std::nullopt;
}

std::optional<Error> Store::check_lease(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
  if (auto error = check_key(key)) return error;
  if (auto error = check_size("the lease's owner", owner.size(), 1, kMaxKeySize)) return error;
  const std::chrono::milliseconds most = kMaxLeaseTime;
  if (ttl.count() <= 0 || ttl > most) {
    return Error(ErrorKind::bad_argument, fmt::format("store: the lease's time to live is {} ms; 1 to {} are allowed",
                                                      ttl.count(), most.count()));
  }
  return std::nullopt;
}

StoreKey::StoreKey(std::string_view name_space, std::string_view platform, std::string_view kind, std::string_view app)
    : key_("kefu/1") {
  for (const std::string_view part : {name_space, platform, kind, app}) add(part);
}

StoreKey& StoreKey::add(std::string_view part) {
  key_ += '/';
  append_escaped(key_, part);
  return *this;
}

KEFU_END_NAMESPACE
