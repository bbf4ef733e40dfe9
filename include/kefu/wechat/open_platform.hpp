#pragma once

#include <kefu/channel/webhook.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/client.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/time.hpp>
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

/// One third-party platform: its tickets, its token and the calls in its own name.
///
/// A cheap handle: copies share the platform. All processes of one store share tickets and token. Thread safety: all
/// members may be called from any thread. Lifetime: may outlive its runtime and then answers `cancelled`.
class KEFU_EXPORT OpenPlatform final {
 public:
  /// Errors: `bad_argument` naming the field (app id, secret, keys, limits), `configuration` (base_url).
  static Result<OpenPlatform> create(const Runtime& runtime, OpenPlatformConfig config);

  const std::string& component_app_id() const;

  /// Takes a request to the authorization event URL: opens it and makes a ticket durable. Send the `answer` of what
  /// comes back; what other pushes say is the host's to keep before it does. Errors: of the store, if the ticket could
  /// not be kept: answer with status 503, the platform repeats. The request is read before this returns.
  Pending<OpenedComponentPush> receive(const WebhookRequest& request);

  /// Starts an operation of component.hpp, e.g. `platform.call(ListAuthorizers()).get()`. While no ticket has come it
  /// is answered `unavailable`, not sent.
  template <class Op>
  Pending<typename Op::Response> call(Op op, CallOptions options = {}) const {
    if (op.component_app_id.empty()) op.component_app_id = component_app_id();
    return client().call(std::move(op), std::move(options));
  }

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
  explicit OpenPlatform(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  std::shared_ptr<Core> core_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
