#pragma once

#include <kefu/channel/webhook.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/time.hpp>
#include <kefu/wechat/push.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// What the platform pushes to the authorization event URL (授权事件接收URL) of a third-party platform
// (wechat-security-and-authorization B2, B3, B11). Field comments give the platform's names. Customers' messages of the
// authorizers go to the other URL and are opened by the accounts' own receivers, with the component's keys and
// PushConfig::receiver_id set to the component's app id.

/// component_verify_ticket: comes every ten minutes and works for 12 hours. Store it before the push is acknowledged.
struct ComponentTicket {
  ComponentTicket() {}
  Secret ticket;  ///< ComponentVerifyTicket
};

/// authorized, updateauthorized: a merchant granted permission sets, or changed which. The redirect of the link brings
/// a code too, before or after this. The code works once: redeem it after the push was acknowledged.
struct AuthorizationGranted {
  AuthorizationGranted() {}
  std::string app_id;      ///< AuthorizerAppid
  bool is_update = false;  ///< It was updateauthorized.
  Secret code;             ///< AuthorizationCode
  /// AuthorizationCodeExpiredTime, a moment; small numbers, which one source has, are seconds from CreateTime on.
  std::optional<WallTime> code_expires;
  Secret pre_auth_code;  ///< PreAuthCode: of the link that was followed; older pushes have none.
};

/// unauthorized: the merchant ended it. A late one may come after a new grant: compare `ComponentPush::create_time`.
struct AuthorizationWithdrawn {
  AuthorizationWithdrawn() {}
  std::string app_id;  ///< AuthorizerAppid
};

/// notify_third_fasteregister, notify_third_fastregisterbetaapp, notify_third_fastverifybetaapp: how a registration
/// that the platform was asked for went; which one is in `ComponentPush::info_type`.
struct RegistrationReported {
  RegistrationReported() {}
  std::string app_id;       ///< appid: the new account's; may be empty where it failed.
  std::int64_t status = 0;  ///< status; 0: done, else a code (89247 to 89255 ...).
  Secret code;              ///< auth_code: to be redeemed as that of AuthorizationGranted.
  std::string message;      ///< msg
  std::string name;         ///< info/name: of the company.
};

/// Everything else (verification, filing, order paths, what is newer): acknowledge it, read `ComponentPush::raw`.
struct UnknownComponentPush {
  UnknownComponentPush() {}
};

/// What a push of the authorization event URL says. Later versions add alternatives at the end: see `match`.
using ComponentPushBody = std::variant<UnknownComponentPush, ComponentTicket, AuthorizationGranted,
                                       AuthorizationWithdrawn, RegistrationReported KEFU_LATER_KIND>;
/// "ticket", "granted", "withdrawn", "registration"; "unknown" also for an alternative of another version.
KEFU_EXPORT std::string_view to_string(const ComponentPushBody& body) noexcept;

/// One push in the platform's own terms.
struct ComponentPush {
  ComponentPush() {}
  std::string app_id;            ///< AppId: the component's.
  std::int64_t create_time = 0;  ///< CreateTime, seconds since 1970: orders the events of one account.
  std::string info_type;         ///< InfoType as sent.
  ComponentPushBody body;
  Secret raw;  ///< The clear XML. It may hold a ticket or a code.
};

/// Reads the clear text of such a push, for hosts that decrypt it themselves (PushCrypto). Element names count with
/// their case. Errors: `bad_argument` (no XML, no InfoType, or the ids, codes or the ticket of a known type are missing
/// or cannot be such). An absent AuthorizationCode is none of these.
KEFU_EXPORT Result<ComponentPush> read_component_push(std::string_view text);

/// What the receiver of a third-party platform must know.
struct ComponentPushConfig {
  ComponentPushConfig(std::string app_id, PushKeys keys_)
      : component_app_id(std::move(app_id)), keys(std::move(keys_)) {}

  std::string component_app_id;  ///< Stands at the end of every ciphertext.
  PushKeys keys;  ///< Token and EncodingAESKey of the platform's console (消息校验Token, 消息加解密Key).
  /// Keys before a rotation, as PushConfig::previous. At most 8.
  std::vector<PushKeys> previous;
  /// Tickets are taken whatever their age: a wrong clock must not stop authorization.
  PushFreshness freshness;
};

/// What became of a request to the authorization event URL.
struct OpenedComponentPush {
  enum class Outcome : unsigned char {
    event,      ///< `push` is set: make durable what it says, then send `answer`.
    url_check,  ///< The URL was verified: send `answer`.
    refused,    ///< `fault` says why: send `answer`, count it, use nothing of it.
  };
  OpenedComponentPush() {}
  Outcome outcome = Outcome::refused;
  ComponentPush push;
  WebhookResponse answer;  ///< For an event "success"; nothing else is taken by the platform.
  std::optional<PushFault> fault;
  std::string detail;  ///< What to look at, for the operator; no secret.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(OpenedComponentPush::Outcome outcome) noexcept;

/// Opens the pushes of the authorization event URL: always in safe mode and XML, with the component's keys and app id.
/// Pure: no clock, no network, no store.
///
/// Thread safety: all members may be called from any thread. A cheap handle.
class KEFU_EXPORT ComponentPushReceiver {
 public:
  /// Errors: `bad_argument` naming the field.
  static Result<ComponentPushReceiver> create(ComponentPushConfig config);

  /// Verifies, decrypts and parses. A message without InfoType is refused as `bad_message`: it belongs to the message
  /// URL, and acknowledged here it would be lost.
  OpenedComponentPush open(const WebhookRequest& request, WallTime now) const;

 private:
  ComponentPushReceiver(std::shared_ptr<PushReceiver> strict, std::shared_ptr<PushReceiver> of_any_age)
      : strict_(std::move(strict)), of_any_age_(std::move(of_any_age)) {}
  std::shared_ptr<PushReceiver> strict_;
  std::shared_ptr<PushReceiver> of_any_age_;  ///< For tickets.
};

}  // namespace wechat
KEFU_END_NAMESPACE
