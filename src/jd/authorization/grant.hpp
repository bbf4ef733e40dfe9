#pragma once

#include "channel/accounts/links.hpp"
#include "core/text/kept_members.hpp"

#include <kefu/channel/authorizer.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

struct GrantAnswer;

/// That a refresh token is about to be spent, written before it is. What the platform answers replaces it, so that one
/// which stays tells of a process that ended between the two: nobody knows then whether the token is still good.
struct RenewalIntent {
  std::int64_t renewals = 0;  ///< Of the grant that is renewed: one of an earlier grant says nothing.
  WallTime since{};           ///< Whole milliseconds.
  WallTime until{};           ///< When who is at it gives up.
};

/// What a merchant granted, as the store keeps it: JSON with times in milliseconds since 1970. The access token has a
/// record of its own (TokenRecord); this one says how to renew it, and whether that is still possible.
struct Grant {
  Grant() {}

  std::string merchant;  ///< The host's own name of the shop.
  Merchant::State state = Merchant::State::active;
  WallTime since{};            ///< Of `state`; of records of before: 1970 but for `active`.
  std::string why;             ///< Of `needs_authorization`.
  std::string refused_secret;  ///< Fingerprint of the app secret with which renewing was refused.
  Secret refresh_token;        ///< Empty: it cannot be renewed.
  WallTime authorized_at{};    ///< Whole milliseconds: tells one authorization of a merchant from the next.
  std::int64_t renewals = 0;   ///< Of this authorization.
  WallTime token_expires{};
  std::optional<WallTime>
      refused_since;  ///< The first answer of the platform that did not renew it; not yet a verdict.
  std::optional<RenewalIntent> intent;
  std::string uid;
  std::string open_id;
  std::string xid;
  std::string scope;
  detail::KeptMembers kept;

  /// Takes over what an exchange or a refresh answered; what the answer leaves out stays as it is.
  void take(const GrantAnswer& answer, WallTime now);
  /// True if both come from one authorization and this one is the later: it may replace the other whatever that says.
  bool follows(const Grant& other) const { return authorized_at == other.authorized_at && renewals > other.renewals; }
  /// True if both are the same renewal of the same authorization.
  bool equals(const Grant& other) const {
    return authorized_at == other.authorized_at && renewals == other.renewals && state == other.state &&
           refresh_token == other.refresh_token;
  }
  /// True unless both name an account at the platform, and another one.
  bool same_account(const Grant& other) const;

  std::string json() const;
  /// Nothing if the text is no grant.
  static std::optional<Grant> read(std::string_view text);
  /// The intent that nothing came of yet; null: none.
  const RenewalIntent* pending_intent() const;
  /// A process ended while it renewed this grant: the merchant has to authorize again. Says so, and forgets the token.
  void lose_renewal(WallTime now);
  Merchant describe() const;
};

/// Key of a merchant's grant. The names are in the order of the bytes of their escaped form.
std::string grant_key(std::string_view name_space, std::string_view app_key, std::string_view merchant);
/// What all grants of an application begin with.
std::string grant_prefix(std::string_view name_space, std::string_view app_key);
using detail::check_merchant_name;
using detail::unescaped_merchant;

}  // namespace jd
KEFU_END_NAMESPACE
