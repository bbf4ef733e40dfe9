#pragma once

#include "core/tokens/broker.hpp"
#include "core/tokens/credential.hpp"
#include "jd/authorization/app_core.hpp"
#include "jd/authorization/grant.hpp"
#include "jd/authorization/oauth.hpp"

#include <kefu/core/store.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// How the broker keeps the tokens of an application's shop.
detail::TokenSettings shop_token_settings(std::string app_key, std::string shop);

/// The token of a shop that authorized the application: served, renewed and shared by a broker. A shop that did not,
/// or whose grant the platform does not renew any more, answers `needs_authorization` without a call, until
/// Authorizer::redeem, in whatever process, stores a new grant.
std::shared_ptr<detail::TokenProvider> make_grant_tokens(OauthAccess access, std::string shop);
std::shared_ptr<detail::TokenProvider> make_grant_tokens(const App::Core& app, std::string shop);

/// A grant as found in the store.
struct StoredGrant {
  StoredGrant() {}
  std::uint64_t generation = 0;  ///< 0: there is none.
  std::optional<Grant> grant;    ///< Absent also if what is stored cannot be read.
};
Result<StoredGrant> read_grant(Store& store, const std::string& key);

/// Renews a shop's grant at the platform. The new refresh token is durable before the token is handed on (JD-4); if the
/// store fails then, it is kept in memory and written by the next fetch.
///
/// Before the refresh token is spent the grant says that it is about to be (Grant::intent), and whatever comes of it,
/// an error too, takes that away. A process that dies between the two leaves the refresh token of before, which the
/// platform may not take any more: whoever fetches next, or lists the merchants, finds the intent, the token is not
/// used again, and the shop has to authorize anew.
///
/// Thread safety: as TokenFetcher, on the loop.
class GrantFetcher final : public detail::TokenFetcher, public std::enable_shared_from_this<GrantFetcher> {
 public:
  GrantFetcher(OauthAccess access, std::string shop);
  void fetch(Mode mode, MonoTime deadline, CancelToken cancel,
             MoveFunction<void(Result<detail::FetchedToken>)> done) override;

 private:
  struct Job;
  using JobPtr = std::shared_ptr<Job>;
  /// What a refresh brought.
  class SaveAgain;
  struct Renewal {
    Grant grant;
    Secret access_token;
    std::uint64_t expected = 0;  ///< Generation of the grant that was renewed.
  };

  void found(const JobPtr& job, Result<StoredGrant> stored);
  void begin(const JobPtr& job, StoredGrant before);
  void refresh(const JobPtr& job, StoredGrant before);
  void interrupted(const JobPtr& job, StoredGrant before);
  void not_renewed(const JobPtr& job, StoredGrant before, const Error& error);
  /// Writes the grant over that generation, and tries until the deadline where the store fails for a moment.
  void put(const JobPtr& job, Grant grant, std::uint64_t expected, MoveFunction<void(Result<CommitOutcome>)> done);
  void refreshed(const JobPtr& job, StoredGrant before, Result<GrantAnswer> answer);
  void refused(const JobPtr& job, StoredGrant before, const Error& error);
  void give_up(const JobPtr& job, StoredGrant before, const Error& error);
  void put_lost(const JobPtr& job, Grant lost, std::uint64_t expected, const Error& error);
  void save(const JobPtr& job, std::shared_ptr<Renewal> renewal);
  void not_saved(const JobPtr& job, std::shared_ptr<Renewal> renewal, const Error& error);
  void report_lost(const Error& error, const std::string& why) const;

  const OauthAccess access_;
  const std::string shop_;
  const std::string key_;
  std::shared_ptr<Renewal> unsaved_;  // loop only
  WallTime heard_{};                  // loop only: of the intent whose end this process knows, should it still stand
};

}  // namespace jd
KEFU_END_NAMESPACE
