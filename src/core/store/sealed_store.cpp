#include "core/crypto/cipher_gcm.hpp"
#include "core/crypto/crypto.hpp"
#include "core/report/redaction.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/core/sealed_store.hpp>

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace {

// A sealed value: format, id of the key, salt, nonce, cipher text, tag. The salt makes a key of its own for each value,
// so that no number of values comes near the limit of random nonces under one key.
constexpr char kSealFormat = '\x02';
constexpr std::size_t kSealIdSize = 4;
constexpr std::size_t kSealSaltSize = 16;
constexpr std::size_t kSealNonceSize = 12;
constexpr std::size_t kSealSaltPlace = 1 + kSealIdSize;
constexpr std::size_t kSealHeadSize = kSealSaltPlace + kSealSaltSize + kSealNonceSize;
static_assert(kSealHeadSize + detail::kGcmTagSize == SealedStore::kOverhead, "the header promises this");

/// The kind of key (see StoreKey) whose values the platform gives again; refresh tokens are in records of other kinds.
constexpr std::string_view kFetchedAgain = "token";

detail::Digest value_key(const Secret& key, std::string_view salt) {
  return detail::hmac(detail::DigestKind::sha256, key.expose(), std::string("kefu sealed value 2").append(salt));
}

std::string_view text_of(const detail::Digest& digest) {
  return std::string_view(reinterpret_cast<const char*>(digest.bytes.data()), digest.size);
}

std::uint32_t seal_id_of(std::string_view sealed) {
  std::uint32_t id = 0;
  for (std::size_t i = 1; i <= kSealIdSize; ++i) id = id << 8 | static_cast<unsigned char>(sealed[i]);
  return id;
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

Error bad_seal_argument(std::string message) {
  return Error(ErrorKind::bad_argument, "sealed store: " + std::move(message));
}

}  // namespace

class SealedStore::Impl {
 public:
  Impl(std::shared_ptr<Store> store, SealedOptions options) : inner(std::move(store)), options_(std::move(options)) {}

  std::optional<std::string> seal(std::string_view key, std::string_view value) const;
  /// Opens the entry where it is, or takes it away if it counts as absent. Error: `configuration`.
  Result<void> open(std::string_view key, std::optional<StoreEntry>& entry) const;
  /// True if the write was made for an absent key and what stands in its way counts as absent: it may go over that.
  Result<bool> make_way(StoreWrite& write) const;

  const std::shared_ptr<Store> inner;

 private:
  const SealKey* find(std::uint32_t id) const;
  /// Why it does not open; empty if it did.
  std::string open(std::string_view key, StoreEntry& entry) const;
  void report(std::string_view key, std::string_view why) const;

  const SealedOptions options_;
};

const SealKey* SealedStore::Impl::find(std::uint32_t id) const {
  for (const SealKey& key : options_.keys) {
    if (key.id == id) return &key;
  }
  return nullptr;
}

std::optional<std::string> SealedStore::Impl::seal(std::string_view key, std::string_view value) const {
  std::string sealed(kSealHeadSize, kSealFormat);
  for (std::size_t i = 0; i < kSealIdSize; ++i)
    sealed[1 + i] = static_cast<char>(options_.seals_with >> (8 * (kSealIdSize - 1 - i)) & 0xFF);
  if (!detail::random_bytes(sealed.data() + kSealSaltPlace, kSealHeadSize - kSealSaltPlace)) return std::nullopt;
  const std::string_view head = sealed;
  detail::Digest own = value_key(find(options_.seals_with)->key, head.substr(kSealSaltPlace, kSealSaltSize));
  const auto body = detail::gcm_seal(text_of(own), head.substr(kSealSaltPlace + kSealSaltSize), key, value);
  detail::wipe(own.bytes.data(), own.bytes.size());
  if (!body) return std::nullopt;
  return sealed.append(*body);
}

std::string SealedStore::Impl::open(std::string_view key, StoreEntry& entry) const {
  const std::string_view sealed = entry.value;
  if (sealed.size() < kOverhead || sealed.front() != kSealFormat) return "it was written without sealing, or cut";
  const std::uint32_t id = seal_id_of(sealed);
  const SealKey* sealer = find(id);
  if (sealer == nullptr) {
    return fmt::format(
        "it was sealed with key {}, which this process was not given: every process needs a key before "
        "one of them seals with it",
        id);
  }
  detail::Digest own = value_key(sealer->key, sealed.substr(kSealSaltPlace, kSealSaltSize));
  const auto nonce = sealed.substr(kSealSaltPlace + kSealSaltSize, kSealNonceSize);
  auto value = detail::gcm_open(text_of(own), nonce, key, sealed.substr(kSealHeadSize));
  detail::wipe(own.bytes.data(), own.bytes.size());
  if (!value)
    return fmt::format("it was changed, stood under another key, or key {} is not the one that sealed it", id);
  entry.value = std::move(*value);
  return {};
}

Result<void> SealedStore::Impl::open(std::string_view key, std::optional<StoreEntry>& entry) const {
  if (!entry) return {};
  const std::string why = open(key, *entry);
  if (why.empty()) return {};
  report(key, why);
  const std::string_view kind = part_of_key(key, 4);
  if (kind == kFetchedAgain) {
    entry.reset();
    return {};
  }
  return Error(ErrorKind::configuration,
               fmt::format("a sealed value of kind {} does not open: {}. It is left as it is; give SealedOptions::keys "
                           "the right key, or restore or remove the value",
                           kind, why));
}

void SealedStore::Impl::report(std::string_view key, std::string_view why) const {
  if (!options_.observer) return;
  const Attributes attributes{{"platform", part_of_key(key, 3)}, {"kind", part_of_key(key, 4)}, {"why", why}};
  const Attributes labels{{"platform", part_of_key(key, 3)}, {"kind", part_of_key(key, 4)}};
  options_.observer->metric(MetricRecord{MetricRecord::Type::counter, metric::kStoreUnreadable, 1, labels});
  options_.observer->log(LogRecord{LogLevel::error, log_event::kStoreUnreadable,
                                   "a stored value does not open with the host's keys; check that every process was "
                                   "given the key that sealed it",
                                   attributes});
}

Result<bool> SealedStore::Impl::make_way(StoreWrite& write) const {
  if (write.expected != 0) return false;
  auto entry = inner->get(write.key);
  if (!entry) return entry.error();
  if (!*entry) return true;  // It has gone meanwhile.
  const std::uint64_t generation = (*entry)->generation;
  if (auto opened = open(write.key, *entry); !opened) return opened.error();
  if (*entry) return false;
  write.expected = generation;
  return true;
}

SealedStore::SealedStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SealedStore::~SealedStore() = default;

Result<std::shared_ptr<SealedStore>> SealedStore::create(std::shared_ptr<Store> store, SealedOptions options) {
  if (!store) return bad_seal_argument("store is empty; give the store whose values to seal");
  const std::vector<SealKey>& keys = options.keys;
  if (keys.empty() || keys.size() > kMaxKeys)
    return bad_seal_argument(fmt::format("there are {} keys; 1 to {} are allowed", keys.size(), kMaxKeys));
  bool seals = false;
  for (const SealKey& key : keys) {
    if (key.key.size() != kKeySize) {
      return bad_seal_argument(
          fmt::format("key {} has {} bytes; {} random bytes are needed", key.id, key.key.size(), kKeySize));
    }
    if (std::count_if(keys.begin(), keys.end(), [&](const SealKey& other) { return other.id == key.id; }) > 1)
      return bad_seal_argument(fmt::format("two keys have the id {}; every key has its own", key.id));
    seals = seals || key.id == options.seals_with;
  }
  if (!seals) return bad_seal_argument(fmt::format("seals_with is {}, which is none of the keys", options.seals_with));
  options.observer = detail::make_redacting(std::move(options.observer));
  return std::shared_ptr<SealedStore>(new SealedStore(std::make_unique<Impl>(std::move(store), std::move(options))));
}

bool SealedStore::durable() const noexcept { return impl_->inner->durable(); }
bool SealedStore::blocks() const noexcept { return impl_->inner->blocks(); }

Result<WallTime> SealedStore::now() { return impl_->inner->now(); }

Result<std::optional<StoreEntry>> SealedStore::get(std::string_view key) {
  auto entry = impl_->inner->get(key);
  if (!entry) return entry;
  if (auto opened = impl_->open(key, *entry); !opened) return opened.error();
  return entry;
}

Result<std::vector<std::optional<StoreEntry>>> SealedStore::get_many(const std::vector<std::string>& keys) {
  auto entries = impl_->inner->get_many(keys);
  if (!entries) return entries;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (auto opened = impl_->open(keys[i], (*entries)[i]); !opened) return opened.error();
  }
  return entries;
}

Result<CommitOutcome> SealedStore::commit(const std::vector<StoreWrite>& writes, Durability durability) {
  if (auto error = check_writes(writes)) return with_delivery(*error, Delivery::refused);
  std::vector<StoreWrite> sealed;
  sealed.reserve(writes.size());
  for (const StoreWrite& write : writes) {
    if (!write.value) {
      sealed.push_back(write);
      continue;
    }
    if (write.value->size() > kMaxValueSize - kOverhead) {
      return with_delivery(bad_seal_argument(fmt::format("the value has {} bytes; 0 to {} are allowed",
                                                         write.value->size(), kMaxValueSize - kOverhead)),
                           Delivery::refused);
    }
    auto value = impl_->seal(write.key, *write.value);
    if (!value) {
      return with_delivery(Error(ErrorKind::internal, "sealed store: OpenSSL could not seal a value; check its set-up"),
                           Delivery::refused);
    }
    sealed.push_back(StoreWrite::put(write.key, std::move(*value), write.expected, write.ttl));
  }
  // Each round moves one write over a value that does not open; a store that changes all the time ends as a conflict.
  for (std::size_t round = 0;; ++round) {
    auto outcome = impl_->inner->commit(sealed, durability);
    if (!outcome || outcome->committed || round > sealed.size()) return outcome;
    const auto again = impl_->make_way(sealed[outcome->conflict]);
    if (!again) return with_delivery(again.error(), Delivery::refused);
    if (!*again) return outcome;
  }
}

Result<StorePage> SealedStore::list(std::string_view prefix, std::string_view after, ListLimits limits) {
  auto page = impl_->inner->list(prefix, after, limits);
  if (!page || limits.keys_only) return page;
  StorePage opened;
  opened.next = std::move(page->next);
  for (StoreItem& item : page->items) {
    std::optional<StoreEntry> entry(std::move(item.second));
    if (auto result = impl_->open(item.first, entry); !result) return result.error();
    if (entry) opened.items.emplace_back(std::move(item.first), std::move(*entry));
  }
  return opened;
}

Result<std::optional<Lease>> SealedStore::lease(std::string_view key, std::string_view owner, Millis ttl) {
  return impl_->inner->lease(key, owner, ttl);
}

Result<void> SealedStore::release(const Lease& lease) { return impl_->inner->release(lease); }

KEFU_END_NAMESPACE
