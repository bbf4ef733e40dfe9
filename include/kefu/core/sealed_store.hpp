#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/observer.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/store.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// Seals the values of another store with a key of the host (AES-256-GCM), so that who reads the file or the backup
/// reads no token. Each value is bound to its key: it does not open under another one. Keys, expiry and leases stay
/// readable, and an old value put back under its own key is not noticed.
///
/// A value that does not open (other key, changed, written without sealing) is treated as absent, so that it is fetched
/// or asked for anew and written over, and reported: metric::kStoreUnreadable and log_event::kStoreUnreadable.
///
/// Thread safety: see Store.
class KEFU_EXPORT SealedStore final : public Store {
 public:
  static constexpr std::size_t kKeySize = 32;
  /// What sealing adds to each value: the limit for values is smaller by this.
  static constexpr std::size_t kOverhead = 45;

  /// `key` is 32 random bytes; values sealed with one of `previous` (at most 4, newest first) still open, so that keys
  /// can be changed. The observer must be safe to call from any thread. Errors: `bad_argument` (no store, key sizes).
  static Result<std::shared_ptr<SealedStore>> create(std::shared_ptr<Store> store, Secret key,
                                                     std::vector<Secret> previous = {},
                                                     std::shared_ptr<Observer> observer = nullptr);
  ~SealedStore() override;

  bool durable() const noexcept override;
  Result<WallTime> now() override;
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
