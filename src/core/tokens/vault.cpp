#include "core/tokens/vault.hpp"

#include "core/store/commit_known.hpp"
#include "core/text/wipe.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

/// The record of an entry, whose text holds the token and is wiped.
std::optional<TokenRecord> taken_from(std::optional<StoreEntry>& entry) {
  if (!entry) return std::nullopt;
  auto record = TokenRecord::read(entry->value);
  wipe(entry->value);
  return record;
}

}  // namespace

bool TokenVault::serves(const TokenRecord& record, std::uint64_t refused, std::uint64_t known) const {
  if (record.expires <= clock_->wall()) return false;
  const std::uint64_t digest = digest_of(record);
  return digest != refused && digest != known;
}

Result<TokenVault::Found> TokenVault::read(Store& store) const {
  auto entry = store.get(record_key_);
  if (!entry) return entry.error();
  Found found;
  found.generation = *entry ? (*entry)->generation : 0;
  found.record = taken_from(*entry);
  return found;
}

Result<TokenVault::Found> TokenVault::look(Store& store, const std::string& owner, Millis lease, std::uint64_t refused,
                                           std::uint64_t known) const {
  const auto usable = [&](const Found& found) { return found.record && serves(*found.record, refused, known); };
  auto found = read(store);
  if (!found) return found;
  if (!usable(*found)) {
    found = claim(store, owner, lease);
    if (!found) return found;
  }
  found->usable = usable(*found);
  if (found->usable && found->lease)
    static_cast<void>(store.release(*std::exchange(found->lease, std::nullopt)));  // it ends by itself too
  return found;
}

Result<TokenVault::Found> TokenVault::claim(Store& store, const std::string& owner, Millis lease) const {
  auto taken = store.lease(record_key_, owner, lease);
  if (!taken) return taken.error();
  auto found = read(store);
  if (found) found->lease = std::move(*taken);
  return found;
}

Result<std::optional<TokenRecord>> TokenVault::keep(Store& store, TokenRecord record, std::uint64_t expected,
                                                    std::uint64_t refused) const {
  auto before = read(store);
  if (before && before->record && before->generation == expected) record.kept = before->record->kept;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto left = std::chrono::duration_cast<Millis>(record.expires - clock_->wall());
    auto put = put_known(store, record_key_, record.json(), expected, left, Durability::relaxed);
    if (!put) return put.error();
    if (put->committed) break;
    auto entry = store.get(record_key_);
    if (!entry) return entry.error();
    expected = *entry ? (*entry)->generation : 0;
    auto other = taken_from(*entry);
    if (other && serves(*other, refused, digest_of(record))) return other;
    if (other) record.generation = std::max(record.generation, other->generation + 1);
  }
  return std::optional<TokenRecord>();
}

Result<bool> TokenVault::retire(Store& store, std::uint64_t expected) const {
  auto removed = commit_known(store, {StoreWrite::remove(record_key_, expected)}, Durability::relaxed);
  if (!removed) return removed.error();
  return removed->committed;
}

Result<TokenVault::Spent> TokenVault::spend(Store& store, int per_day, std::chrono::seconds apart) const {
  for (int attempt = 0; attempt < 8; ++attempt) {
    auto entry = store.get(budget_key_);
    if (!entry) return entry.error();
    const WallTime now = clock_->wall();
    ForceBudget budget = *entry ? ForceBudget::read((*entry)->value) : ForceBudget();
    if (budget.day != ForceBudget::day_of(now)) budget.spent = 0;
    Spent spent;
    spent.today = budget.spent;
    const auto since = now - budget.last;
    if (since >= WallTime::duration::zero() && since < apart)
      spent.wait = std::chrono::duration_cast<Millis>(apart - since);
    if (budget.spent >= per_day || spent.wait.count() > 0) return spent;
    budget.day = ForceBudget::day_of(now);
    budget.last = now;
    ++budget.spent;
    auto put = put_known(store, budget_key_, budget.json(), *entry ? (*entry)->generation : 0, std::chrono::hours(48),
                         Durability::relaxed);
    if (!put) return put.error();
    if (put->committed) {
      spent.allowed = true;
      return spent;
    }
  }
  return Error(ErrorKind::unavailable,
               "other processes take forced refreshes at the same time, none was taken here: try again");
}

}  // namespace detail
KEFU_END_NAMESPACE
