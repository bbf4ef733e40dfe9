#pragma once

#include <kefu/channel/authorizer.hpp>
#include <kefu/channel/webhook.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/client.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/time.hpp>
#include <kefu/wechat/account.hpp>
#include <kefu/wechat/component.hpp>
#include <kefu/wechat/component_push.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

struct ComponentGrant;

/// What kefu must know of one third-party platform (第三方平台) of the WeChat open platform.
struct OpenPlatformConfig {
  OpenPlatformConfig(std::string app_id, Secret app_secret, PushKeys keys)
      : component_app_id(std::move(app_id)), component_app_secret(std::move(app_secret)), push_keys(std::move(keys)) {}

  std::string component_app_id;
  Secret component_app_secret;
  PushKeys push_keys;  ///< Token and EncodingAESKey of the platform's console, for both of its URLs.
  /// Keys before a rotation, as PushConfig::previous.
  std::vector<PushKeys> previous_push_keys;
  PushFreshness push_freshness;
  /// Where merchants' browsers come back to, on the registered domain (授权发起页域名); needed to make links. A `state`
  /// is added to its query.
  std::string redirect_uri;
  /// Whom links let in: 1 official accounts, 2 mini programs, 3 both (B6 has more).
  int auth_type = 3;
  /// The permission sets (权限集) that links ask for; empty: those of the console. A merchant may grant fewer.
  std::vector<int> permission_sets;
  /// Scheme and host of the authorization pages; the sandbox serves both.
  std::string page_url = "https://mp.weixin.qq.com";
  std::string mobile_page_url = "https://open.weixin.qq.com";
  /// Scheme and host of the API; a gateway or the sandbox.
  std::string base_url = "https://api.weixin.qq.com";
  /// Local limit of the component's own calls per second; 0: none. The platform publishes no number.
  int calls_per_second = 0;
  /// The longest answer that is read.
  std::size_t max_answer_bytes = 4 * 1024 * 1024;
};

/// Whether the platform's tickets come.
struct TicketState {
  TicketState() {}
  std::optional<WallTime> received;  ///< When the newest one came; absent: none ever did.
  bool usable = false;               ///< It is younger than 12 hours. Without one no component_access_token can be had.
  std::string advice;                ///< Where it is not: what to do.
};

/// What a reconciliation found.
struct ReconcileReport {
  ReconcileReport() {}
  std::size_t listed = 0;    ///< Merchants in the platform's list.
  std::size_t adopted = 0;   ///< Of these, taken in: we had not known them, or as ended.
  std::size_t repaired = 0;  ///< Of these, whose refresh token was another one than ours.
  std::size_t ended = 0;     ///< Ours that the list does not have: they need a new authorization.
};

/// One third-party platform: its tickets, its token, its merchants' authorizations, and the calls in its own name.
///
/// A cheap handle: copies share the platform. All processes of one store share tickets and token. Thread safety: all
/// members may be called from any thread. Lifetime: may outlive its runtime and then answers `cancelled`.
class KEFU_EXPORT OpenPlatform final {
 public:
  /// Errors: `bad_argument` naming the field (app id, secret, keys, limits), `configuration` (base_url).
  static Result<OpenPlatform> create(const Runtime& runtime, OpenPlatformConfig config);

  const std::string& component_app_id() const;

  /// Takes a request to the authorization event URL: opens it and makes durable what it says of tickets and
  /// authorizations. Send the `answer` of what comes back. A code that was pushed is redeemed after that. Errors: of
  /// the store, if it could not be kept: answer with status 503, the platform repeats. The request is read before this
  /// returns.
  Pending<OpenedComponentPush> receive(const WebhookRequest& request);

  /// Starts an operation of component.hpp, e.g. `platform.call(ListAuthorizers()).get()`. While no ticket has come it
  /// is answered `unavailable`, not sent.
  template <class Op>
  Pending<typename Op::Response> call(Op op, CallOptions options = {}) const {
    if (op.component_app_id.empty()) op.component_app_id = component_app_id();
    return client().call(std::move(op), std::move(options));
  }

  /// Links, redirects, grants of the merchants (B6 to B11). A merchant who authorizes without a link of ours goes by
  /// the account's app id, until a redirect names it. A grant ends when the merchant withdraws it (`withdrawn`, also
  /// where the platform's list or 61003 says so), or when the platform refuses to renew it and has no other refresh
  /// token for it (`needs_authorization`). A redirect that comes again after its process ended is redeemed again; what
  /// that process spent is found in the platform's list.
  std::shared_ptr<Authorizer> authorizer() const;

  /// The account of a merchant who authorized, as if it had been configured directly: its tokens come from the grant,
  /// its capabilities follow what was granted (a call that needs another permission set is refused before it is made),
  /// its push receiver opens what the platform's message URL gets for it. Make it anew after `updateauthorized`; close
  /// it after a withdrawal. Errors: `bad_argument`, `not_found`, `needs_authorization`; of the call that asks what the
  /// account is, and of the store.
  Pending<std::shared_ptr<Account>> account(std::string merchant, CallOptions options = {}) const;

  /// Answers what the console's whole-network release check (全网发布检测) sends to the message URL, for its ten
  /// published test accounts alone; `app_id` is the one in the URL's path. Absent: the message is a merchant's. What
  /// the check wants sent through the API is sent after this has returned.
  std::optional<WebhookResponse> answer_release_check(const std::string& app_id, const WebhookRequest& request) const;

  /// Compares the stored grants with the platform's list (B9), and mends them: after a restart in the middle of
  /// something, after a restored backup, once a day. Merchants whom nobody here knew are taken in by the name of the
  /// one link that was on its way then, else by the account's app id; those whom the list does not have any more need a
  /// new authorization. Errors: of the calls and of the store; what was mended before stays.
  Pending<ReconcileReport> reconcile(CallOptions options = {}) const;

  /// As call(StartPushTicket), with the platform's own secret: for when tickets have stopped.
  Pending<TicketPushState> start_push_ticket(CallOptions options = {}) const;
  /// Errors: of the store; `configuration` (what is stored cannot be read).
  Pending<TicketState> ticket_state() const;

  /// For raw calls, and for operations whose quota the component's token owns (GetQuota).
  const ApiClient& client() const;

  /// Ends the platform's own calls: those that wait and all later ones answer `cancelled`.
  void close() const;

 private:
  class Core;
  static Result<std::shared_ptr<Account>> make_account(const Core& core, const ComponentGrant& grant);
  explicit OpenPlatform(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  std::shared_ptr<Core> core_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
