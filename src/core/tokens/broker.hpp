#pragma once

#include "core/async/runtime_core.hpp"
#include "core/tokens/breaker.hpp"
#include "core/tokens/credential.hpp"
#include "core/tokens/round.hpp"
#include "core/tokens/vault.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What one credential is and how it may be fetched.
struct TokenSettings {
  TokenSettings(std::string p, std::string a, std::string k)
      : platform(std::move(p)), app(std::move(a)), kind(std::move(k)) {}
  std::string platform;  ///< "wechat".
  std::string app;       ///< The app id; neither it nor `kind` and `account` hold a secret.
  std::string kind;      ///< "stable_token": its own record, lease and budget.
  /// Where one app holds tokens of many accounts: whose this is. Empty: the app's own.
  std::string account;
  /// With the store down a new token may be fetched all the same. Only where a second fetch does not retire the first
  /// token (stable_token); else the account waits for its store (STO-6, C4.11).
  bool fetch_without_store = false;
  std::chrono::seconds longest_life = std::chrono::hours(24);  ///< Longer lives are absurd and refused (TOK-5).
  /// A new one is fetched so long before the end, or a tenth of the life where that is shorter.
  Millis longest_margin = std::chrono::seconds(300);
  TokenIdentity identity = TokenIdentity::text;
  /// Renewed in time also while nobody asks for it: where a token that is over cannot be renewed any more.
  bool renew_unasked = false;
  /// After `needs_authorization`: how long waiting calls are told so without a look at the store.
  Millis pause_unauthorized = std::chrono::seconds(60);
  /// What callers get when renewed tokens are refused again and again.
  ErrorKind refused_again = ErrorKind::credentials_refused;
  Millis fetch_timeout{10'000};
  Millis lease{15'000};  ///< Longer than a fetch takes.
  int forced_per_day = 20;
  std::chrono::seconds forced_apart{30};

  /// Where the token is in the store; its lease goes by the same name.
  std::string record_key(std::string_view name_space) const { return key(name_space, "token"); }
  std::string budget_key(std::string_view name_space) const { return key(name_space, "forced-refresh"); }
  /// The label `account` of metrics and logs.
  const std::string& label() const { return account.empty() ? app : account; }

 private:
  std::string key(std::string_view name_space, std::string_view what) const;
};

/// The one owner of a token in this process (TOK-1): serves the live one, fetches it once for all who wait, shares it
/// with other processes through the store, renews it when the platform refuses it.
///
/// One round at a time: read the record -> somebody else's live token? use it : take the lease (or poll the record
/// while another holds it) -> fetch -> write with compare-and-set -> answer all who wait. The round owns those who wait
/// and is owned by its step under way, so that a loop that stops answers them all.
///
/// Thread safety: `live` from any thread; the rest on the loop.
class TokenBroker final : public TokenProvider, public std::enable_shared_from_this<TokenBroker> {
 public:
  TokenBroker(std::shared_ptr<RuntimeCore> core, std::shared_ptr<TokenFetcher> fetcher, TokenSettings settings);
  ~TokenBroker() override;

  /// The token in use, or null if there is none or it is over. Takes a lock of this account only (TOK-6).
  TokenPtr live() const;

  TokenPtr at_hand() override;
  void get(MonoTime deadline, CancelToken cancel, Got done) override;
  void refused(CredentialTag tag, MonoTime deadline, CancelToken cancel, Renewed done) override;
  void force(MonoTime deadline, CancelToken cancel, Renewed done) override;

 private:
  using Cause = TokenRound::Cause;
  using RoundPtr = std::shared_ptr<TokenRound>;

  // The round, in order.
  RoundPtr start(Cause cause);
  void look(const RoundPtr& round);
  void looked(const RoundPtr& round, Result<TokenVault::Found> found);
  void poll(const RoundPtr& round);
  void fetch(const RoundPtr& round, TokenFetcher::Mode mode);
  void fetched(const RoundPtr& round, Result<FetchedToken> answer);
  void same_again(const RoundPtr& round);
  void spend_forced(const RoundPtr& round);
  void spent(const RoundPtr& round, Result<TokenVault::Spent> answer);
  void keep(const RoundPtr& round, FetchedToken token);
  void adopt(const RoundPtr& round, const TokenRecord& record, MonoTime end);
  void lose(const RoundPtr& round, const Error& error);
  void fail(const RoundPtr& round, const Error& error);
  void finish(const RoundPtr& round, const Result<TokenPtr>& result);
  void give_lease_back(const RoundPtr& round);
  void plan_renewal();

  bool usable(const TokenPtr& token) const;
  MonoTime end_of(const TokenRecord& record) const;
  Error cooling() const;
  Millis pause_after(const Error& error) const;
  void report_fetch(const TokenRound& round, std::string_view outcome) const;
  void report_store(const Error& error) const;

  const std::shared_ptr<RuntimeCore> core_;
  const std::shared_ptr<TokenFetcher> fetcher_;
  const TokenSettings settings_;
  const std::shared_ptr<const TokenVault> vault_;
  const std::string owner_;
  const Affinity affinity_;

  mutable std::mutex mutex_;
  TokenPtr published_;  // under mutex_: for readers on other threads

  // Loop only.
  TokenPtr token_;
  std::weak_ptr<TokenRound> round_;
  std::optional<Error> last_error_;
  MonoTime failed_until_ = MonoTime::min();
  int failures_ = 0;
  MonoTime quiet_until_ = MonoTime::min();  // no refresh ahead before
  Scheduler::Ticket renewal_ = 0;
  TokenBreaker breaker_;
};

}  // namespace detail
KEFU_END_NAMESPACE
