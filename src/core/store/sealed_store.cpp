#include "core/crypto/cipher_gcm.hpp"
#include "core/crypto/crypto.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/core/sealed_store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

KEFU_BEGIN_NAMESPACE
namespace {

// A sealed value: format, salt, nonce, cipher text, tag. The salt makes a key of its own for each value, so that no
// number of values comes near the limit of random nonces under one key.
constexpr char kSealFormat = '\x01';
constexpr std::size_t kSealSaltSize = 16;
constexpr std::size_t kSealNonceSize = 12;
constexpr std::size_t kSealHeadSize = 1 + kSealSaltSize + kSealNonceSize;
static_assert(kSealHeadSize + detail::kGcmTagSize == SealedStore::kOverhead, "the header promises this");

detail::Digest value_key(const Secret& key, std::string_view salt) {
  return detail::hmac(detail::DigestKind::sha256, key.expose(), std::string("kefu sealed value 1").append(salt));
}

std::string_view text_of(const detail::Digest& digest) {
  return std::string_view(reinterpret_cast<const char*>(digest.bytes.data()), digest.size);
}

/// The part of `kefu/2/<namespace>/<platform>/<kind>/...` with this number; what the host may see in a label.
std::string_view part_of_key(std::string_view key, int number) {
  for (; number > 0; --number) {
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos) return {};
    key.remove_prefix(slash + 1);
  }
  return key.substr(0, key.find('/'));
}

}  // namespace

class SealedStore::Impl {
 public:
  Impl(std::shared_ptr<Store> store, std::vector<Secret> keys, std::shared_ptr<Observer> observer)
      : inner(std::move(store)), keys_(std::move(keys)), observer_(std::move(observer)) {}

  std::optional<std::string> seal(std::string_view key, std::string_view value) const;
  std::optional<std::string> open(std::string_view key, std::string_view sealed) const;
  /// Opens the entry where it is. False: it does not open, which is reported.
  bool open(std::string_view key, StoreEntry& entry) const;
  /// True if the write was made for an absent key and what stands in its way does not open: it may go over that.
  Result<bool> make_way(StoreWrite& write) const;

  const std::shared_ptr<Store> inner;

 private:
  const std::vector<Secret> keys_;  ///< The current one first.
  const std::shared_ptr<Observer> observer_;
};

std::optional<std::string> SealedStore::Impl::seal(std::string_view key, std::string_view value) const {
  std::string sealed(kSealHeadSize, kSealFormat);
  if (!detail::random_bytes(sealed.data() + 1, kSealHeadSize - 1)) return std::nullopt;
  const std::string_view head = sealed;
  detail::Digest own = value_key(keys_.front(), head.substr(1, kSealSaltSize));
  const auto body = detail::gcm_seal(text_of(own), head.substr(1 + kSealSaltSize), key, value);
  detail::wipe(own.bytes.data(), own.bytes.size());
  if (!body) return std::nullopt;
  return sealed.append(*body);
}

std::optional<std::string> SealedStore::Impl::open(std::string_view key, std::string_view sealed) const {
  if (sealed.size() < kOverhead || sealed.front() != kSealFormat) return std::nullopt;
  const std::string_view salt = sealed.substr(1, kSealSaltSize);
  const std::string_view nonce = sealed.substr(1 + kSealSaltSize, kSealNonceSize);
  for (const Secret& candidate : keys_) {
    detail::Digest own = value_key(candidate, salt);
    auto value = detail::gcm_open(text_of(own), nonce, key, sealed.substr(kSealHeadSize));
    detail::wipe(own.bytes.data(), own.bytes.size());
    if (value) return value;
  }
  return std::nullopt;
}

bool SealedStore::Impl::open(std::string_view key, StoreEntry& entry) const {
  auto value = open(key, entry.value);
  if (value) {
    entry.value = std::move(*value);
    return true;
  }
  if (!observer_) return false;
  const Attributes attributes{{"platform", part_of_key(key, 3)}, {"kind", part_of_key(key, 4)}};
  observer_->metric(MetricRecord{MetricRecord::Type::counter, metric::kStoreUnreadable, 1, attributes});
  observer_->log(
      LogRecord{LogLevel::error, log_event::kStoreUnreadable,
                "a stored value does not open with the host's key and is treated as absent; check that every "
                "process seals with the same key",
                attributes});
  return false;
}

Result<bool> SealedStore::Impl::make_way(StoreWrite& write) const {
  if (write.expected != 0) return false;
  auto entry = inner->get(write.key);
  if (!entry) return entry.error();
  if (!*entry) return true;  // It has gone meanwhile.
  if (open(write.key, (*entry)->value)) return false;
  write.expected = (*entry)->generation;
  return true;
}

SealedStore::SealedStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SealedStore::~SealedStore() = default;

Result<std::shared_ptr<SealedStore>> SealedStore::create(std::shared_ptr<Store> store, Secret key,
                                                         std::vector<Secret> previous,
                                                         std::shared_ptr<Observer> observer) {
  if (!store)
    return Error(ErrorKind::bad_argument, "sealed store: store is empty; give the store whose values to seal");
  if (previous.size() > 4) {
    return Error(ErrorKind::bad_argument,
                 fmt::format("sealed store: previous has {} keys; at most 4 are allowed", previous.size()));
  }
  previous.insert(previous.begin(), std::move(key));
  for (const Secret& each : previous) {
    if (each.size() == kKeySize) continue;
    return Error(ErrorKind::bad_argument,
                 fmt::format("sealed store: a key has {} bytes; {} random bytes are needed", each.size(), kKeySize));
  }
  return std::shared_ptr<SealedStore>(
      new SealedStore(std::make_unique<Impl>(std::move(store), std::move(previous), std::move(observer))));
}

bool SealedStore::durable() const noexcept { return impl_->inner->durable(); }

Result<std::optional<StoreEntry>> SealedStore::get(std::string_view key) {
  auto entry = impl_->inner->get(key);
  if (!entry || !*entry || impl_->open(key, **entry)) return entry;
  return std::optional<StoreEntry>();
}

Result<WallTime> SealedStore::now() { return impl_->inner->now(); }

Result<std::vector<std::optional<StoreEntry>>> SealedStore::get_many(const std::vector<std::string>& keys) {
  auto entries = impl_->inner->get_many(keys);
  if (!entries) return entries;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto& entry = (*entries)[i];
    if (entry && !impl_->open(keys[i], *entry)) entry.reset();
  }
  return entries;
}

Result<CommitOutcome> SealedStore::commit(const std::vector<StoreWrite>& writes, Durability durability) {
  if (auto error = check_writes(writes)) return *error;
  std::vector<StoreWrite> sealed = writes;
  for (StoreWrite& write : sealed) {
    if (!write.value) continue;
    if (write.value->size() > kMaxValueSize - kOverhead) {
      return Error(ErrorKind::bad_argument, fmt::format("sealed store: the value has {} bytes; 0 to {} are allowed",
                                                        write.value->size(), kMaxValueSize - kOverhead));
    }
    auto value = impl_->seal(write.key, *write.value);
    if (!value) return Error(ErrorKind::internal, "sealed store: OpenSSL could not seal a value; check its set-up");
    write.value = std::move(*value);
  }
  // Each round moves one write over a value that does not open; a store that changes all the time ends as a conflict.
  for (std::size_t round = 0;; ++round) {
    auto outcome = impl_->inner->commit(sealed, durability);
    if (!outcome || outcome->committed || round > sealed.size()) return outcome;
    const auto again = impl_->make_way(sealed[outcome->conflict]);
    if (!again) return again.error();
    if (!*again) return outcome;
  }
}

Result<StorePage> SealedStore::list(std::string_view prefix, std::string_view after, ListLimits limits) {
  auto page = impl_->inner->list(prefix, after, limits);
  if (!page || limits.keys_only) return page;
  StorePage opened;
  opened.next = std::move(page->next);
  for (StoreItem& item : page->items) {
    if (impl_->open(item.first, item.second)) opened.items.push_back(std::move(item));
  }
  return opened;
}

Result<std::optional<Lease>> SealedStore::lease(std::string_view key, std::string_view owner, Millis ttl) {
  return impl_->inner->lease(key, owner, ttl);
}

Result<void> SealedStore::release(const Lease& lease) { return impl_->inner->release(lease); }

KEFU_END_NAMESPACE
