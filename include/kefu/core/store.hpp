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

/// One stored value. Generations only grow: a value that was removed and written again never gets an old one back.
/// Generations of different keys say nothing about each other.
struct StoreEntry {
  StoreEntry() {}
  std::string value;
  std::uint64_t generation = 0;
  std::optional<WallTime> expires;  ///< By the store's clock. Absent: kept until removed.
};

/// One write of a commit: stores or removes a key if its generation is the expected one.
struct StoreWrite {
  /// Stores `value`; `expected` is the generation last read, or 0: the key must be absent (or expired). With `ttl` the
  /// entry expires so long after the store does the work, by the store's clock: time that the write waits in a queue
  /// takes nothing off it. Without, it is kept until it is removed, whatever it had before. A `ttl` is brought into 1
  /// ms to Store::kMaxTimeToLive.
  KEFU_EXPORT static StoreWrite put(std::string key, std::string value, std::uint64_t expected,
                                    std::optional<std::chrono::milliseconds> ttl = std::nullopt);
  /// Removes the key. `expected` 0 removes nothing and only demands that the key is absent.
  static StoreWrite remove(std::string key, std::uint64_t expected) {
    return StoreWrite(std::move(key), std::nullopt, expected, std::nullopt);
  }

  std::string key;
  std::optional<std::string> value;  ///< Absent: remove.
  std::uint64_t expected;
  std::optional<std::chrono::milliseconds> ttl;

 private:
  StoreWrite(std::string k, std::optional<std::string> v, std::uint64_t e, std::optional<std::chrono::milliseconds> t)
      : key(std::move(k)), value(std::move(v)), expected(e), ttl(t) {}
};

/// How hard a write is pushed to the disk before it is reported as done.
enum class Durability : unsigned char {
  relaxed,  ///< Survives the death of the process; a power cut may take the last moments.
  full,     ///< Survives a power cut too (tickets, refresh tokens, accepted pushes).
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(Durability durability) noexcept;

/// What became of a commit: either all writes were done, or none.
struct CommitOutcome {
  CommitOutcome() {}
  bool committed = false;
  std::uint64_t generation = 0;  ///< Of everything that this commit stored, if committed.
  std::size_t conflict = 0;      ///< Index of the first write whose expectation failed, if not.
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
  WallTime until;  ///< By the store's clock.
};

/// Key and entry of a listing.
using StoreItem = std::pair<std::string, StoreEntry>;

/// How much one page of a listing may hold.
struct ListLimits {
  /// `entries` is 1 to Store::kMaxListed, `bytes` 1 to Store::kMaxListedBytes: keys and values together. An entry that
  /// is larger than `bytes` comes alone.
  ListLimits(std::size_t e, std::size_t b = std::size_t{4} * 1048576) : entries(e), bytes(b) {}
  /// Entries without their values, which stay empty.
  static ListLimits keys(std::size_t entries) {
    ListLimits limits(entries);
    limits.keys_only = true;
    return limits;
  }
  std::size_t entries;
  std::size_t bytes;
  bool keys_only = false;
};

/// One page of a listing.
struct StorePage {
  StorePage() {}
  std::vector<StoreItem> items;
  std::string next;  ///< Where the next page begins: give it as `after`. Empty: this was the last one.
};

/// Key/value storage with compare-and-set, expiry and leases: tokens, windows, accepted pushes, cursors. What follows
/// is the whole contract, for those who call it and for a host that writes one of its own.
///
/// **Keys** are `kefu/2/<namespace>/<platform>/<kind>/<app>/<escaped rest>` (see StoreKey) and never hold a secret. The
/// number is that of the format. From 2 on, versions of kefu whose formats differ by one run side by side on one store:
/// members of a stored record that a version does not know are kept when it rewrites the record.
///
/// **Time** is the store's: whoever shares a store must see one clock, or clocks that agree within a second. Ends are
/// computed when the store does the work, so that work which waited takes nothing from anybody.
///
/// **Numbers** (generations and fences) come from one source that only grows, also over restarts: a
/// number once given out never comes again. Writers need not wait for each other because of it.
///
/// **Errors.** `bad_argument` (a limit below is exceeded; the message names it and the size), `unavailable` (locked,
/// out of reach, I/O error: the same call may succeed later), `quota_exhausted` (no room: free some), `configuration`
/// (cannot be opened, wrong or damaged data: somebody has to look). The error of a commit also says by
/// Error::delivery() what it left behind: `unknown` means that it may have been written, also later on, so read the
/// keys before you decide or tell anybody; with everything else (stores say `refused`) nothing was written and nothing
/// will be. The error of a lease may leave the lease with its owner, who may ask again, until it ends; that of a
/// release may leave it too. A reading error leaves nothing.
///
/// **Threads.** All members may be called from any thread; they block, so the runtime calls them on its store threads
/// only, never on the I/O thread. One call at a time is enough for progress: no member waits for another caller to do
/// something. An implementation does not call back into kefu and does not throw; what it throws from a commit all the
/// same counts as outcome unknown.
class KEFU_EXPORT Store {
 public:
  static constexpr std::size_t kMaxKeySize = 512;               ///< Bytes of a key, a prefix, a lease's key or owner.
  static constexpr std::size_t kMaxValueSize = 1024 * 1024;     ///< Bytes of a value.
  static constexpr std::size_t kMaxWrites = 256;                ///< Writes of a commit.
  static constexpr std::size_t kMaxCommitSize = 16 * 1048576;   ///< Bytes of all values of a commit.
  static constexpr std::size_t kMaxRead = 256;                  ///< Keys of one get_many().
  static constexpr std::size_t kMaxListed = 1000;               ///< Entries of one page of a listing.
  static constexpr std::size_t kMaxListedBytes = 16 * 1048576;  ///< Bytes of one page of a listing.
  static constexpr std::chrono::hours kMaxLeaseTime{24};        ///< Longest time to live of a lease.
  static constexpr std::chrono::hours kMaxTimeToLive{876'000};  ///< Longest time to live of an entry: 100 years.
  static constexpr int kFormat = 2;                             ///< Of keys and records.

  virtual ~Store() = default;

  /// True if what was committed survives the end of the process.
  virtual bool durable() const noexcept = 0;
  /// The store's clock, for those who compare with ends that other processes wrote.
  virtual Result<WallTime> now() = 0;
  /// False if no call ever waits for a disk, a network or another process: such a store may be asked on the I/O thread,
  /// which spares the way to the store's thread.
  virtual bool blocks() const noexcept { return true; }

  /// The entry, or nothing if absent or expired. What a commit that was reported as done wrote is seen by every later
  /// read, from whatever process.
  virtual Result<std::optional<StoreEntry>> get(std::string_view key) = 0;
  /// The entries of up to kMaxRead keys, in their order, as they stood at one instant. A key may appear twice.
  virtual Result<std::vector<std::optional<StoreEntry>>> get_many(const std::vector<std::string>& keys) = 0;
  /// Does all writes or none, at one instant; a key may appear once. No writes: committed.
  virtual Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) = 0;
  /// The live entries whose key starts with `prefix` and comes after `after`, in byte order, a page of them. Pages are
  /// not of one instant. A page may be short, even empty, and not the last: StorePage::next says it.
  virtual Result<StorePage> list(std::string_view prefix, std::string_view after, ListLimits limits) = 0;

  /// Takes or extends the lease on `key` for `ttl` (over 0, up to kMaxLeaseTime) from the moment at which the store
  /// does it: granted if nobody holds it, the last one is over, or `owner` holds it; else nothing, at once: this never
  /// waits. Extending one that is not over keeps the fence. Leases and values do not share names. `owner` names one
  /// holder, not one process.
  virtual Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner,
                                             std::chrono::milliseconds ttl) = 0;
  /// Gives a lease back; one that is no longer ours (owner and fence) is left alone.
  virtual Result<void> release(const Lease& lease) = 0;

  /// commit() of one put. `committed` false: somebody else was there first.
  Result<CommitOutcome> put_if_unchanged(std::string key, std::string value, std::uint64_t expected,
                                         std::optional<std::chrono::milliseconds> ttl, Durability durability);
  /// commit() of one removal, relaxed.
  Result<CommitOutcome> remove_if_unchanged(std::string key, std::uint64_t expected);

 protected:
  /// The limits above, for implementations: the `bad_argument` to answer, or nothing.
  static std::optional<Error> check_key(std::string_view key);
  static std::optional<Error> check_keys(const std::vector<std::string>& keys);
  static std::optional<Error> check_writes(const std::vector<StoreWrite>& writes);
  static std::optional<Error> check_list(std::string_view prefix, std::string_view after, const ListLimits& limits);
  static std::optional<Error> check_lease(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl);
  /// The same error, with what a commit left behind: `refused` or `unknown`.
  static Error with_delivery(const Error& error, Delivery delivery);
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
  /// The key that add() would make, with one allocation: for those who make many from one.
  std::string with(std::string_view part) const;
  /// For Store::list: what every key made from this one by add() begins with, and no other key.
  std::string prefix() const { return key_ + '/'; }

 private:
  std::string key_;
};

/// The store of one process: nothing survives its end.
///
/// Bounded: past `max_entries` entries or `max_bytes` bytes of keys and values a write that needs more is refused with
/// `quota_exhausted`; expired entries are dropped first. Expired entries also go little by little with every write.
/// Memory per entry: about 150 bytes beside its key and value. Its errors never leave a commit's outcome unknown.
///
/// Thread safety: see Store. One lock over all.
class KEFU_EXPORT MemoryStore final : public Store {
 public:
  /// Without a clock expiry follows the system's.
  explicit MemoryStore(std::shared_ptr<const Clock> clock = nullptr, std::size_t max_entries = 4'000'000,
                       std::size_t max_bytes = std::size_t{1} << 31);
  ~MemoryStore() override;
  /// Entries held, those among them that have expired and are not yet dropped.
  std::size_t size() const;

  bool durable() const noexcept override { return false; }
  Result<WallTime> now() override;
  bool blocks() const noexcept override { return false; }
  Result<std::optional<StoreEntry>> get(std::string_view key) override;
  Result<std::vector<std::optional<StoreEntry>>> get_many(const std::vector<std::string>& keys) override;
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) override;
  Result<StorePage> list(std::string_view prefix, std::string_view after, ListLimits limits) override;
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner,
                                     std::chrono::milliseconds ttl) override;
  Result<void> release(const Lease& lease) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

KEFU_END_NAMESPACE
