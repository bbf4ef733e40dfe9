#pragma once

#include <kefu/core/call_options.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

namespace log_event {
/// warning {platform, account, event}: RuntimeOptions::callback_queue is full; the listener of Authorizer::on_event did
/// not hear of this.
inline constexpr std::string_view kAuthorizationEventDropped = "authorization.event_dropped";
}  // namespace log_event

/// What a link asks for, where it differs from the application's settings.
struct LinkRequest {
  LinkRequest() {}
  /// Only accounts of this kind are let in: WeChat: "official_account", "mini_program"; JD: "shop". Empty: what the
  /// application's settings say.
  std::string account_kind;
  /// WeChat: only this account is let in, by its app id (biz_appid).
  std::string account_id;
  /// What the merchant is asked for, by the platform's names: WeChat: ids of permission sets (权限集), "1", "19"; JD:
  /// words of `scope`, "snsapi_base". Empty: what the settings say. A merchant may grant fewer.
  std::vector<std::string> scopes;
};

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

/// A merchant that let, had let, or is about to let the application act for its shop.
struct Merchant {
  enum class State : unsigned char {
    pending,  ///< A link was made, or its code is being redeemed; no grant can be used.
    active,   ///< The grant can be used.
    /// The platform does not renew the grant, or the code of a link or a refresh token was spent and what it brought is
    /// lost: the merchant has to authorize once more.
    needs_authorization,
    withdrawn,  ///< The merchant ended it at the platform. JD does not tell.
  };
  Merchant() {}
  std::string id;  ///< The host's own name of the shop, as given to `link`.
  State state = State::pending;
  WallTime since;  ///< The state's first moment, as far as it is known here.
  /// For `needs_authorization` and `withdrawn`: what happened. For `pending` and `active`: what became of the last
  /// attempt to authorize if nothing came of it, else empty.
  std::string why;
  WallTime authorized_at;  ///< Of the last grant; before any: 1970.
  WallTime token_expires;  ///< Of the access token; kefu renews it before. WeChat: not told.
  /// As `Capabilities::account_kind`: "official_account.service", "mini_program", "shop"; empty while not known.
  std::string account_kind;
  /// What the merchant granted, by the platform's names (see LinkRequest::scopes); empty where it was not told.
  std::vector<std::string> scopes;
  /// The platform's ids of the shop or account, by its names: "uid", "open_id", "xid"; WeChat: "app_id",
  /// "original_id" (gh_...).
  std::vector<std::pair<std::string, std::string>> ids;
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(Merchant::State state) noexcept;

/// Something that this process learned of a merchant.
struct MerchantEvent {
  enum class Kind : unsigned char {
    authorized,           ///< A grant can be used that could not before.
    updated,              ///< One that could be used was renewed by the merchant, or is of another extent now.
    withdrawn,            ///< The merchant ended it.
    needs_authorization,  ///< The platform does not renew it: make a link.
  };
  MerchantEvent() {}
  Kind kind = Kind::authorized;
  Merchant merchant;  ///< As it was then.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(MerchantEvent::Kind kind) noexcept;

/// Third-party authorization: makes the link, takes the redirect, keeps and renews what the merchant granted. What it
/// yields is an account with the same interface as one that was configured directly.
///
/// Grants are durable (with a durable store) before `redeem` answers, and before a renewed one is used. They are shared
/// by all processes of the store: any of them may take the redirect of a link that another one made. That a code
/// (JD: or a refresh token) is about to be spent is durable before it is; if what it brought is lost, `merchant` tells.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT Authorizer {
 public:
  virtual ~Authorizer() = default;

  /// A link for one merchant; `merchant` is the host's own name of the shop (1 to 64 bytes of printable ASCII). It may
  /// be used once. Errors: `bad_argument`; `unsupported` (a kind of account that the platform does not have);
  /// `configuration` (the application has no redirect address); of the store.
  virtual Pending<AuthorizationLink> link(std::string merchant, LinkRequest request = {}, CallOptions options = {}) = 0;

  /// Takes the raw query of the redirect (`code=...&state=...`, of WeChat `auth_code=...&state=...`): checks that the
  /// state is one of ours and unused, exchanges the code, stores the grant. The state is used up by the first who
  /// redeems it, in whatever process, also if the rest fails. Accounts of the merchant that answered
  /// `needs_authorization` work again within moments. Errors: `bad_argument` (no code, not a well-formed query),
  /// `not_found` (state unknown, used, or too old: begin anew with `link`), `needs_authorization` (the platform does
  /// not take the code; or it was sent before and what it brought is lost: begin anew), `conflict` (another account of
  /// the platform authorized than before: `forget` first if that is right), of the transport and of the store.
  virtual Pending<Merchant> redeem(std::string_view redirect_query, CallOptions options = {}) = 0;

  /// What is known of a merchant. Error: `not_found`.
  virtual Pending<Merchant> merchant(std::string id) = 0;
  /// Known merchants after `after`, in the order of the bytes of their names ('/' and '%' aside, which sort as %2F and
  /// %25); a page shorter than `limit` (1 to 1000) is the last.
  virtual Pending<std::vector<Merchant>> merchants(std::string after = {}, std::size_t limit = 100) = 0;

  /// Forgets a merchant's grant, and its links, here. The merchant ends it at the platform. Accounts that run may use
  /// the token they hold until its end: close them. Error: `not_found`.
  virtual Pending<void> forget(std::string merchant) = 0;

  /// Reads an option of the merchant's account. WeChat (B10): "location_report" ("0" to "2"), "voice_recognize",
  /// "customer_service" ("0", "1"). Errors: `unsupported` (JD has none), `not_found`, `needs_authorization`; of the
  /// call.
  virtual Pending<std::string> option(std::string merchant, std::string name, CallOptions options = {}) = 0;
  /// Sets one. Errors: as `option`.
  virtual Pending<void> set_option(std::string merchant, std::string name, std::string value,
                                   CallOptions options = {}) = 0;

  /// `listener` is called for what this process learns from now on, one that is empty ends that. It runs where
  /// callbacks run (RuntimeOptions::executor), with no lock held, on several threads at once if there are more; what it
  /// throws goes to the observer. An event is told once, to the process that learned of it, and not at all if that
  /// process ends before, or while RuntimeOptions::callback_queue is full (log_event::kAuthorizationEventDropped):
  /// `merchants` has what is true. There is one listener.
  virtual void on_event(MoveFunction<void(const MerchantEvent&)> listener) = 0;
};

KEFU_END_NAMESPACE
