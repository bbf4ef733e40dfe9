#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/observer.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/store.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// A key of the host for sealing, and the number that values sealed with it carry.
struct SealKey {
  SealKey(std::uint32_t i, Secret s) : id(i), key(std::move(s)) {}
  std::uint32_t id;  ///< Every key its own, never used again for another one.
  Secret key;        ///< SealedStore::kKeySize random bytes.
};

/// What a SealedStore opens and seals with. To change the key while processes run: first give the new one to all of
/// them, while `seals_with` stays; then, when all can open what it seals, let it seal; the old one stays among `keys`
/// as long as values sealed with it are left.
struct SealedOptions {
  /// One key, which opens and seals.
  explicit SealedOptions(SealKey only) : seals_with(only.id) { keys.push_back(std::move(only)); }
  std::vector<SealKey> keys;           ///< All that open values; 1 to SealedStore::kMaxKeys.
  std::uint32_t seals_with;            ///< The id of the one that seals what is written.
  std::shared_ptr<Observer> observer;  ///< Hears of values that do not open; safe to call from any thread.
};

/// Seals the values of another store with keys of the host (AES-256-GCM), so that who reads the file or the backup
/// reads no token. Each value is bound to its key: it does not open under another one. Keys, expiry and leases stay
/// readable, and an old value put back under its own key is not noticed.
///
/// A value that does not open (a key that this process was not given, changed, written without sealing) is reported:
/// metric::kStoreUnreadable and log_event::kStoreUnreadable. An access token, which can be fetched again, then counts
/// as absent and is written over. Anything else answers `configuration`, also to a commit that expects it to be absent,
/// and nothing is written: it may be a refresh token that exists only there.
///
/// Thread safety: see Store.
class KEFU_EXPORT SealedStore final : public Store {
 public:
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kMaxKeys = 8;
  /// What sealing adds to each value: the limit for values is smaller by this.
  static constexpr std::size_t kOverhead = 49;

  /// Errors: `bad_argument` (no store, size or number of keys, an id that is there twice or not at all).
  static Result<std::shared_ptr<SealedStore>> create(std::shared_ptr<Store> store, SealedOptions options);
  ~SealedStore() override;

  bool durable() const noexcept override;
  Result<WallTime> now() override;
  bool blocks() const noexcept override;
  Result<std::optional<StoreEntry>> get(std::string_view key) override;
  Result<std::vector<std::optional<StoreEntry>>> get_many(const std::vector<std::string>& keys) override;
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) override;
  Result<StorePage> list(std::string_view prefix, std::string_view after, ListLimits limits) override;
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner,
                                     std::chrono::milliseconds ttl) override;
  Result<void> release(const Lease& lease) override;

 private:
  class Impl;
  explicit SealedStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

KEFU_END_NAMESPACE
