#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// One stored value. Generations are taken from one counter per store that only grows: a value that was removed and
/// written again never gets an old generation back.
struct StoreEntry {
  StoreEntry() {}
  std::string value;
  std::uint64_t generation = 0;
  std::optional<WallTime> expires;  ///< Absent: kept until removed.
};

/// One write of a commit: stores or removes a key if its generation is the expected one.
struct StoreWrite {
  /// Stores `value`; `expected` is the generation last read, or 0: the key must be absent (or expired). Without
  /// `expires` the entry is kept until it is removed, whatever it had before.
  static StoreWrite put(std::string key, std::string value, std::uint64_t expected,
                        std::optional<WallTime> expires = std::nullopt) {
    return StoreWrite(std::move(key), std::move(value), expected, expires);
  }
  /// Removes the key. `expected` 0 removes nothing and only demands that the key is absent.
  static StoreWrite remove(std::string key, std::uint64_t expected) {
    return StoreWrite(std::move(key), std::nullopt, expected, std::nullopt);
  }

  std::string key;
  std::optional<std::string> value;  ///< Absent: remove.
  std::uint64_t expected;
  std::optional<WallTime> expires;

 private:
  StoreWrite(std::string k, std::optional<std::string> v, std::uint64_t e, std::optional<WallTime> x)
      : key(std::move(k)), value(std::move(v)), expected(e), expires(x) {}
};

/// How hard a write is pushed to the disk before it is reported as done.
enum class Durability : unsigned char {
  relaxed,  ///< Survives the death of the process; a power cut may take the last moments.
  full,     ///< Survives a power cut too (tickets, refresh tokens, accepted pushes).
};

/// What became of a commit: either all writes were done, or none.
struct CommitOutcome {
  CommitOutcome() {}
  bool committed = false;
  std::vector<std::uint64_t> generations;  ///< Per write the new generation (0 for a removal), if committed.
  std::size_t conflict = 0;                ///< Index of the first write whose expectation failed, if not.
};

/// A lease that is held. Fencing numbers grow with each holder: what a holder writes elsewhere carries its fence, and
/// the receiver refuses a smaller one than it has seen.
struct Lease {
  Lease() {}
  Lease(std::string k, std::string o, std::uint64_t f, WallTime u)
      : key(std::move(k)), owner(std::move(o)), fence(f), until(u) {}
  std::string key;
  std::string owner;
  std::uint64_t fence = 0;
  WallTime until;
};

/// Key and entry of a listing.
using StoreItem = std::pair<std::string, StoreEntry>;

/// Key/value storage with compare-and-set, expiry and leases: tokens, windows, accepted pushes, cursors.
///
/// Keys are `kefu/1/<namespace>/<platform>/<kind>/<app>/<escaped rest>` (see StoreKey) and never hold a secret.
///
/// Thread safety: all members may be called from any thread; they block, so the runtime calls them on its store
/// thread only.
///
/// Errors: `bad_argument` (a limit below is exceeded; the message names it and the size), `unavailable` (locked, I/O
/// error: the same call may succeed later), `quota_exhausted` (no room: nothing was stored, free some), `configuration`
/// (cannot be opened, wrong or damaged file). After an error of commit() read the keys again before deciding.
class KEFU_EXPORT Store {
 public:
  static constexpr std::size_t kMaxKeySize = 512;              ///< Bytes of a key, a prefix, a lease's key or owner.
  static constexpr std::size_t kMaxValueSize = 1024 * 1024;    ///< Bytes of a value.
  static constexpr std::size_t kMaxWrites = 256;               ///< Writes of a commit.
  static constexpr std::size_t kMaxCommitSize = 16 * 1048576;  ///< Bytes of all values of a commit.
  static constexpr std::size_t kMaxListed = 1000;              ///< Entries of one listing.
  static constexpr std::chrono::hours kMaxLeaseTime{24};       ///< Longest time to live of a lease.

  virtual ~Store() = default;

  /// True if what was committed survives the end of the process.
  virtual bool durable() const noexcept = 0;

  /// The entry, or nothing if absent or expired.
  virtual Result<std::optional<StoreEntry>> get(std::string_view key) = 0;
  /// Does all writes or none, at one instant; a key may appear once. No writes: committed.
  virtual Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) = 0;
  /// Up to `limit` (1 to kMaxListed) live entries whose key starts with `prefix` and comes after `after`, in byte
  /// order. A page shorter than `limit` is the last one; the next page begins after the last key of this one.
  virtual Result<std::vector<StoreItem>> list(std::string_view prefix, std::string_view after, std::size_t limit) = 0;

  /// Takes or extends the lease on `key` for `ttl` (over 0, up to kMaxLeaseTime) from now: granted if nobody holds it,
  /// the last one is over, or `owner` holds it; else nothing, at once: this never waits. Extending one that is not over
  /// keeps the fence. Leases and values do not share names. `owner` names one holder, not one process.
  virtual Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner,
                                             std::chrono::milliseconds ttl) = 0;
  /// Gives a lease back; one that is no longer ours (owner and fence) is left alone.
  virtual Result<void> release(const Lease& lease) = 0;

  /// commit() of one put. `committed` false: somebody else was there first.
  Result<CommitOutcome> put_if(std::string key, std::string value, std::uint64_t expected,
                               std::optional<WallTime> expires, Durability durability);
  /// commit() of one removal, relaxed.
  Result<CommitOutcome> remove_if(std::string key, std::uint64_t expected);

 protected:
  /// The limits above, for implementations: the `bad_argument` to answer, or nothing.
  static std::optional<Error> check_key(std::string_view key);
  static std::optional<Error> check_writes(const std::vector<StoreWrite>& writes);
  static std::optional<Error> check_list(std::string_view prefix, std::string_view after, std::size_t limit);
  static std::optional<Error> check_lease(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl);
};

/// Builds keys that never meet: other namespaces, platforms, kinds and apps give other prefixes, whatever the parts
/// hold. Each part is escaped (`%` and `/` and bytes outside `!`..`~` as `%XX`).
///
/// Thread safety: as a value.
class KEFU_EXPORT StoreKey {
 public:
  StoreKey(std::string_view name_space, std::string_view platform, std::string_view kind, std::string_view app);
  /// Appends one more escaped part.
  StoreKey& add(std::string_view part);
  const std::string& str() const noexcept { return key_; }
  /// For Store::list: what every key made from this one by add() begins with, and no other key.
  std::string prefix() const { return key_ + '/'; }

 private:
  std::string key_;
};

/// The store of one process: nothing survives its end.
///
/// Bounded: past `max_entries` entries or `max_bytes` bytes of keys and values a write that needs more is refused with
/// `quota_exhausted`; expired entries are dropped first. Expired entries also go little by little with every write.
/// Memory per entry: about 150 bytes beside its key and value. A commit locks only the parts it touches; `list` locks
/// the whole store for its page.
///
/// Thread safety: see Store.
class KEFU_EXPORT MemoryStore final : public Store {
 public:
  /// Without a clock expiry follows the system's.
  explicit MemoryStore(std::shared_ptr<const Clock> clock = nullptr, std::size_t max_entries = 4'000'000,
                       std::size_t max_bytes = std::size_t{1} << 31);
  ~MemoryStore() override;
  bool durable() const noexcept override { return false; }
  Result<std::optional<StoreEntry>> get(std::string_view key) override;
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) override;
  Result<std::vector<StoreItem>> list(std::string_view prefix, std::string_view after, std::size_t limit) override;
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner,
                                     std::chrono::milliseconds ttl) override;
  Result<void> release(const Lease& lease) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

KEFU_END_NAMESPACE
