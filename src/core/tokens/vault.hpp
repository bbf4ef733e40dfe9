#pragma once

#include "core/tokens/credential.hpp"
#include "core/tokens/record.hpp"

#include <kefu/core/store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One credential's place in the store: its record, its lease and its budget of forced refreshes. Stateless; the
/// members block, so they run on the store thread.
///
/// Thread safety: all members may be called from any thread.
class TokenVault {
 public:
  TokenVault(std::shared_ptr<const Clock> clock, std::string record_key, std::string budget_key,
             TokenIdentity identity = TokenIdentity::text)
      : clock_(std::move(clock)),
        record_key_(std::move(record_key)),
        budget_key_(std::move(budget_key)),
        identity_(identity) {}

  /// What a CredentialTag calls the record's token.
  std::uint64_t digest_of(const TokenRecord& record) const {
    return tag_digest(record.value.expose(), record.generation, identity_);
  }

  struct Found {
    std::optional<TokenRecord> record;
    bool usable = false;           ///< The record is alive and neither of the tokens that were named.
    std::uint64_t generation = 0;  ///< Of the store's entry.
    std::optional<Lease> lease;    ///< Ours to fetch; never together with `usable`.
  };
  /// Reads the record; if it does not serve, takes the lease and reads once more, as its last holder may have written.
  /// `refused` and `known` are digests of tokens that are of no use.
  Result<Found> look(Store& store, const std::string& owner, Millis lease, std::uint64_t refused,
                     std::uint64_t known) const;
  /// Takes the lease whatever the record says, to replace it.
  Result<Found> claim(Store& store, const std::string& owner, Millis lease) const;

  /// Writes the record if the entry still has that generation. If somebody wrote a token that serves, nothing is
  /// written and that one comes back (TOK-2).
  Result<std::optional<TokenRecord>> keep(Store& store, TokenRecord record, std::uint64_t expected,
                                          std::uint64_t refused) const;

  /// Removes a record whose token is of no use to anybody, unless it was replaced meanwhile.
  Result<bool> retire(Store& store, std::uint64_t expected) const;

  struct Spent {
    bool allowed = false;
    int today = 0;   ///< Forced refreshes of this day so far.
    Millis wait{0};  ///< Until the next one is far enough from the last.
  };
  /// Takes one forced refresh from the day's budget, before it is made. `unavailable` if others were faster each time.
  Result<Spent> spend(Store& store, int per_day, std::chrono::seconds apart) const;

 private:
  Result<Found> read(Store& store) const;
  bool serves(const TokenRecord& record, std::uint64_t refused, std::uint64_t known) const;
  const std::shared_ptr<const Clock> clock_;
  const std::string record_key_;
  const std::string budget_key_;
  const TokenIdentity identity_;
};

}  // namespace detail
KEFU_END_NAMESPACE
