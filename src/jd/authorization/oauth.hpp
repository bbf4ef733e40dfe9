#pragma once

#include <kefu/core/client.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/time.hpp>
#include <kefu/jd/app.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {
class RuntimeCore;
class MerchantEvents;
}  // namespace detail
namespace jd {

/// What an exchange or a refresh answers (jd 2.1). Old applications: `time` is text, the body was GBK (jd 2.2).
struct GrantAnswer {
  GrantAnswer() {}
  Secret access_token;
  Secret refresh_token;         ///< May be another one each time; empty: the one before stays.
  std::int64_t expires_in = 0;  ///< Seconds.
  std::int64_t time = 0;        ///< Moment of issue by the platform's clock, ms since 1970; 0: not said.
  std::string uid;
  std::string open_id;
  std::string xid;
  std::string scope;  ///< Words, by blanks or commas.
};

// The operations of the authorization service. Secrets travel in the query, as the platform wants it; nothing that
// prints a request exists, and an Error holds no URL. All are `idempotent` in what matters: a code or refresh token
// that was used up by an answer that got lost is gone with or without a repeat, and one that was not used is saved by
// it.

/// Redeems the code of a redirect. The code works once, for about five minutes.
struct ExchangeCode {
  using Response = GrantAnswer;
  static const Operation& operation();
  ExchangeCode(std::string key, Secret secret, Secret c)
      : app_key(std::move(key)), app_secret(std::move(secret)), code(std::move(c)) {}
  std::string app_key;
  Secret app_secret;
  Secret code;
};

/// Lengthens a grant. The text of the access token may stay the same.
struct RefreshGrant {
  using Response = GrantAnswer;
  static const Operation& operation();
  RefreshGrant(std::string key, Secret secret, Secret token)
      : app_key(std::move(key)), app_secret(std::move(secret)), refresh_token(std::move(token)) {}
  std::string app_key;
  Secret app_secret;
  Secret refresh_token;
};

/// As ExchangeCode, for applications of before 2018.
struct LegacyExchangeCode {
  using Response = GrantAnswer;
  static const Operation& operation();
  LegacyExchangeCode(std::string id, Secret secret, std::string uri, Secret c, std::string s)
      : client_id(std::move(id)),
        client_secret(std::move(secret)),
        redirect_uri(std::move(uri)),
        code(std::move(c)),
        state(std::move(s)) {}
  std::string client_id;
  Secret client_secret;
  std::string redirect_uri;
  Secret code;
  std::string state;
};

/// As RefreshGrant, for applications of before 2018.
struct LegacyRefreshGrant {
  using Response = GrantAnswer;
  static const Operation& operation();
  LegacyRefreshGrant(std::string id, Secret secret, Secret token)
      : client_id(std::move(id)), client_secret(std::move(secret)), refresh_token(std::move(token)) {}
  std::string client_id;
  Secret client_secret;
  Secret refresh_token;
};

std::vector<const Operation*> oauth_operations();

/// Where to send the merchant's browser (jd 2.1, 2.2). `scope` empty: the usual one.
std::string authorize_url(const AppConfig& app, std::string_view state, std::string_view scope = {});

/// Tokens live a day, a year, or the term of a subscription (jd 2.1); more is absurd.
inline constexpr std::chrono::seconds kLongestTokenLife = std::chrono::hours(24 * 366 * 3);

/// How long the token of an answer may be used from `now` on: `expires_in`, and not beyond its moment of issue plus
/// `expires_in`. Zero or less: over already by this host's clock.
std::chrono::seconds life_of(const GrantAnswer& answer, WallTime now);

/// What links, exchanges and refreshes need of an application.
struct OauthAccess {
  OauthAccess(std::shared_ptr<detail::RuntimeCore> r, std::shared_ptr<const AppConfig> a, ApiClient c,
              std::shared_ptr<detail::MerchantEvents> e)
      : runtime(std::move(r)), app(std::move(a)), client(std::move(c)), events(std::move(e)) {}
  std::shared_ptr<detail::RuntimeCore> runtime;
  std::shared_ptr<const AppConfig> app;
  ApiClient client;  ///< Of a pipeline whose platform carries no token.
  std::shared_ptr<detail::MerchantEvents> events;

  using Answered = MoveFunction<void(Result<GrantAnswer>)>;
  /// `answered` is called on the loop; its error repeats none of what was sent.
  void exchange(Secret code, std::string state, CallOptions options, CancelToken cancel, Answered answered) const;
  void refresh(const Secret& refresh_token, CallOptions options, CancelToken cancel, Answered answered) const;
};

}  // namespace jd
KEFU_END_NAMESPACE
