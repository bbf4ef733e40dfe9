#pragma once

#include <kefu/channel/channel.hpp>
#include <kefu/channel/reply_window.hpp>
#include <kefu/core/client.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/token_source.hpp>
#include <kefu/wechat/account_kind.hpp>
#include <kefu/wechat/api_security.hpp>
#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/push.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {
class RuntimeCore;
class TokenProvider;
}  // namespace detail
namespace wechat {

/// Which of the two isolated token families the account uses.
enum class TokenMode : unsigned char {
  stable,   ///< /cgi-bin/stable_token: safe for many owners. The default.
  classic,  ///< /cgi-bin/token: kefu must be its only owner.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(TokenMode mode) noexcept;

/// What kefu must know of one official account or mini program.
struct AccountConfig {
  AccountConfig(std::string app_id_, Secret app_secret_, AccountKind kind_)
      : app_id(std::move(app_id_)), app_secret(std::move(app_secret_)), kind(kind_) {}

  std::string app_id;  ///< "wx" and 16 characters.
  Secret app_secret;   ///< May be empty only with a token_source.
  AccountKind kind;
  /// WeChat verification is valid: official accounts need it for customer messages.
  bool verified = true;
  /// Calls of APIs that the platform's tables deny this kind of account are refused here, with what it lacks
  /// (`unsupported`, `permission`). False: the platform is asked, for tables that have changed.
  bool check_account_kind = true;
  /// The permission sets (权限集) that the account's owner granted, where it is called on behalf of the owner. Calls
  /// that need others are refused here. Absent: not known, or the account's own.
  std::optional<std::vector<int>> permission_sets;
  TokenMode token_mode = TokenMode::stable;
  /// The host's own token service; kefu then never fetches a token (TOK-1).
  std::shared_ptr<TokenSource> token_source;
  /// Callback settings; absent: the account takes no pushes. Its `kind` is that of the account, its `app_id` may be
  /// left empty, `receiver_id` defaults to it.
  std::optional<PushConfig> push;
  /// The API signature mode, where it is switched on in the console.
  std::optional<ApiSecurity> api_security;
  /// Scheme and host of the API; a regional host, a gateway or the sandbox.
  std::string base_url = "https://api.weixin.qq.com";
  /// Where pictures of QR codes are (GetQrCodePicture): the platform keeps them on another host. The sandbox serves
  /// both.
  std::string qr_code_base_url = "https://mp.weixin.qq.com";
  /// False: typing signs of a mini program go to custom/business/typing only in the session of a sub-merchant, whose id
  /// they carry, else to custom/typing, as older pages and other libraries have it. True: always to
  /// custom/business/typing, as the current page has it; business/send was seen to refuse what has no id (40101).
  bool business_typing = false;
  /// False: messages in the session of a sub-merchant go to custom/send with its id as text, as the page has it. True:
  /// to custom/business/send with the number, as another library has it.
  bool business_send = false;
  /// Instead of the documented rules (5 messages in 48 h after a message, 3 in 1 min after a menu tap ...).
  std::optional<ReplyRules> reply_rules;
  /// Local limit of API calls per second; 0: none. The platform publishes no number; quota/get tells the day's.
  int calls_per_second = 0;
  /// The longest answer that is read, downloads apart, which have their target's limit. A page of articles with their
  /// content has several MB.
  std::size_t max_answer_bytes = 4 * 1024 * 1024;
};

/// The reply rules of the documentation for this kind of account (wechat guide pages 客服消息).
KEFU_EXPORT ReplyRules default_reply_rules(AccountKind kind);

/// One official account or mini program: the channel interface over it, and every typed operation.
///
/// A cheap handle: copies share the account. Thread safety: all members may be called from any thread. Lifetime: facets
/// and calls keep what they need alive; after `close` or the end of the runtime they answer `cancelled`.
class KEFU_EXPORT Account final : public Channel {
 public:
  /// Errors: `bad_argument` naming the field (TOK-8: empty, blank or placeholder app id or secret; push, limits,
  /// reply_rules, api_security), `configuration` (base_url, qr_code_base_url).
  static Result<std::shared_ptr<Account>> create(const Runtime& runtime, AccountConfig config);
  ~Account() override;

  const std::string& id() const override;
  const std::string& platform() const override;
  const Capabilities& capabilities() const override;
  std::shared_ptr<Messenger> messenger() const override;
  std::shared_ptr<PushReceiver> push_receiver() const override;
  std::shared_ptr<MediaLibrary> media_library() const override;
  std::shared_ptr<AgentSessions> agent_sessions() const override;
  std::shared_ptr<Transcripts> transcripts() const override;
  std::shared_ptr<Profiles> profiles() const override;
  std::shared_ptr<Outreach> outreach() const override;
  std::shared_ptr<ReplyLedger> reply_ledger() const override;

  /// Starts a typed operation, e.g. `account->call(SendCustomMessage(openid, TextContent("你好"))).get()`.
  template <class Op>
  Pending<typename Op::Response> call(Op op, CallOptions options = {}) const {
    return client().call(std::move(op), std::move(options));
  }

  /// As messenger()->send.
  Pending<Receipt> send(Message message, CallOptions options = {}) const;

  /// Fetches a new token now although the present one may be good: after a leak. Takes one of the 20 forced refreshes a
  /// day (30 s apart); refused with `quota_exhausted` or `rate_limited` when they are used up.
  Pending<void> force_token_refresh(CallOptions options = {}) const;

  /// Ends the account: calls and messages that wait (for the store, a token, a slot, a pause, an earlier message) and
  /// all later ones answer `cancelled`; other accounts are not touched. What is on the wire is let finish, as its
  /// outcome is worth knowing, and is not repeated.
  void close() const;

  const ApiClient& client() const;

 private:
  class Core;
  friend class AccountMessenger;
  friend class OpenPlatform;
  /// With `tokens`: served through a third-party platform.
  static Result<std::shared_ptr<Account>> make(const std::shared_ptr<detail::RuntimeCore>& runtime,
                                               AccountConfig config, std::shared_ptr<detail::TokenProvider> tokens);
  explicit Account(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
