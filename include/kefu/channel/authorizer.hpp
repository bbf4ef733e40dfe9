#pragma once

#include <kefu/core/call_options.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// Where to send a merchant's browser so that the merchant lets the application act for the shop.
struct AuthorizationLink {
  AuthorizationLink() {}
  std::string url;  ///< Holds no secret. For a browser on a computer.
  /// The same for a phone, where the platform has a page of its own for it (WeChat: to be opened inside WeChat); else
  /// empty. Both lead to the same authorization.
  std::string mobile_url;
  std::string state;
  WallTime expires;  ///< The redirect is not taken after that.
};

/// A merchant that let, or had let, the application act for its shop.
struct Merchant {
  enum class State : unsigned char {
    authorized,
    needs_authorization,  ///< The platform refused to renew: the merchant has to authorize once more.
  };
  Merchant() {}
  std::string id;  ///< The host's own name of the shop, as given to `link`.
  State state = State::authorized;
  std::string why;  ///< For `needs_authorization`: what the platform said, and since when.
  WallTime authorized_at;
  WallTime token_expires;  ///< Of the access token; kefu renews it before. WeChat: not told.
  /// The platform's ids of the shop or account, by its names: "uid", "open_id", "xid"; WeChat: "app_id",
  /// "original_id" (gh_...).
  std::vector<std::pair<std::string, std::string>> ids;
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(Merchant::State state) noexcept;

/// Third-party authorization: makes the link, takes the redirect, keeps and renews what the merchant granted. What it
/// yields is an account with the same interface as one that was configured directly.
///
/// Grants are durable (with a durable store) before `redeem` answers, and before a renewed one is used. They are shared
/// by all processes of the store: any of them may take the redirect of a link that another one made.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT Authorizer {
 public:
  virtual ~Authorizer() = default;

  /// A link for one merchant; `merchant` is the host's own name of the shop (1 to 64 bytes of printable ASCII). It may
  /// be used once. Errors: `bad_argument`; `configuration` (the application has no redirect address); of the store.
  virtual Pending<AuthorizationLink> link(std::string merchant, CallOptions options = {}) = 0;

  /// Takes the raw query of the redirect (`code=...&state=...`, of WeChat `auth_code=...&state=...`): checks that the
  /// state is one of ours and unused, exchanges the code, stores the grant. The state is used up by the first who
  /// redeems it, in whatever process, also if the rest fails. Accounts of the merchant that answered
  /// `needs_authorization` work again within moments. Errors: `bad_argument` (no code, not a well-formed query),
  /// `not_found` (state unknown, used, or too old: begin anew with `link`), `needs_authorization` (the platform does
  /// not take the code), `conflict` (another account of the platform authorized than before: `forget` first if that is
  /// right), of the transport and of the store.
  virtual Pending<Merchant> redeem(std::string_view redirect_query, CallOptions options = {}) = 0;

  /// What is known of a merchant. Error: `not_found`.
  virtual Pending<Merchant> merchant(std::string id) = 0;
  /// Known merchants after `after`, in the order of the bytes of their names ('/' and '%' aside, which sort as %2F and
  /// %25); a page shorter than `limit` (1 to 1000) is the last.
  virtual Pending<std::vector<Merchant>> merchants(std::string after = {}, std::size_t limit = 100) = 0;

  /// Forgets a merchant's grant here. The merchant ends it at the platform. Accounts that run may use the token they
  /// hold until its end: close them. Error: `not_found`.
  virtual Pending<void> forget(std::string merchant) = 0;
};

KEFU_END_NAMESPACE
