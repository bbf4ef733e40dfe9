#pragma once

#include <kefu/channel/webhook.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/wechat/account_kind.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Token and EncodingAESKey of one callback configuration (console: 消息推送 / 服务器配置). Both are copied from a web
/// page by hand, so blanks around them are cut off.
struct PushKeys {
  explicit PushKeys(Secret token_ = {}, Secret encoding_aes_key_ = {})
      : token(std::move(token_)), encoding_aes_key(std::move(encoding_aes_key_)) {}

  Secret token;
  /// 43 characters of [A-Za-z0-9+/]; surplus bits in the last one are fine. May be empty in plain mode only.
  Secret encoding_aes_key;
};

/// Whether `key` is an EncodingAESKey. Error: `bad_argument` naming the field and its length, never the key.
KEFU_EXPORT Result<void> check_encoding_aes_key(const Secret& key);

/// One signed ciphertext, opened or not.
struct PushPlaintext {
  PushPlaintext() {}
  std::optional<PushFault> fault;  ///< Absent: `message` is authentic and for this receiver.
  std::string message;
  std::size_t key = 0;  ///< Which EncodingAESKey opened it: 0 the current one, then the previous ones.
};

/// The cryptography of message pushes alone, for hosts that have their own webhook code: the two signatures and the
/// AES frame (message push page; wechat-security A3, A5, A6). Everything that comes in is taken as it stands after
/// percent-decoding.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT PushCrypto {
 public:
  /// `previous` holds what was current before a rotation; a Token or key that is empty there is skipped. `receiver_id`
  /// is the app id, component app id or corp id; empty accepts only messages whose receiver is empty.
  /// Errors: `bad_argument` naming the field (CBK-8).
  static Result<PushCrypto> create(const PushKeys& current, const std::vector<PushKeys>& previous,
                                   std::string receiver_id);
  PushCrypto(PushCrypto&&) noexcept;
  PushCrypto& operator=(PushCrypto&&) noexcept;
  ~PushCrypto();

  /// What must be checked before any digest counts, since the signed fields are joined without separators: `timestamp`
  /// is 10 digits, `nonce` 1 to 64 of [A-Za-z0-9_-].
  static std::optional<PushFault> check_form(std::string_view timestamp, std::string_view nonce) noexcept;

  /// Which Token (0: the current one) gives `signature` over timestamp and nonce; absent: none. Constant time per
  /// Token.
  std::optional<std::size_t> match(std::string_view timestamp, std::string_view nonce,
                                   std::string_view signature) const noexcept;
  /// As above for `msg_signature`, which covers the ciphertext `encrypt` too.
  std::optional<std::size_t> match(std::string_view timestamp, std::string_view nonce, std::string_view encrypt,
                                   std::string_view msg_signature) const noexcept;

  /// Decodes and decrypts with the current key, then with the previous ones. Check `match` first: without it the answer
  /// is a padding oracle.
  PushPlaintext decrypt(std::string_view encrypt) const;

  /// 16 bytes that make equal messages differ.
  using Prefix = std::array<unsigned char, 16>;
  /// The base64 text of `message` under key number `key`. `prefix` is for reproducing published samples; leave it out
  /// and it is fresh. Errors: `bad_argument` (no such key), `internal` (the system gives no random bytes).
  Result<std::string> encrypt(std::string_view message, std::size_t key = 0, const Prefix* prefix = nullptr) const;
  /// msg_signature under Token number `token`, 40 lower-case hex digits. Error: `bad_argument` (no such Token).
  Result<std::string> sign(std::string_view timestamp, std::string_view nonce, std::string_view encrypt,
                           std::size_t token = 0) const;

 private:
  friend class WechatPushReceiver;
  class Impl;
  explicit PushCrypto(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// How the console is set. The request never chooses it (CBK-2).
enum class PushMode : unsigned char {
  plain,       ///< 明文模式. The body is not signed: whoever has seen one request can post any body. Avoid.
  compatible,  ///< 兼容模式. Clear fields are ignored; only the encrypted copy counts.
  safe,        ///< 安全模式.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(PushMode mode) noexcept;
enum class PushFormat : unsigned char { any, xml, json };
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(PushFormat format) noexcept;
/// Whose envelopes: WeCom (WeChat Kf) encrypts the echostr of the URL check and writes JSON names in lower case.
enum class PushDialect : unsigned char { wechat, wecom };
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(PushDialect dialect) noexcept;

/// How far the platform's timestamp may be from `now` (CBK-11). Published samples are opened with `off`.
struct PushFreshness {
  enum class Mode : unsigned char {
    enforce,
    log_only,  ///< Accepted; `OpenedPush.detail` says how far off it was.
    off,
  };
  explicit PushFreshness(Mode m = Mode::enforce) : mode(m) {}
  Mode mode;
  std::chrono::seconds past{300};
  std::chrono::seconds future{60};
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(PushFreshness::Mode mode) noexcept;

/// Everything a receiver of pushes must know.
struct PushConfig {
  PushConfig(std::string app_id_, PushKeys keys_) : app_id(std::move(app_id_)), keys(std::move(keys_)) {}

  std::string app_id;  ///< The account's id in events: "wx" and 16 characters.
  PushKeys keys;
  /// Keys before a rotation: every combination of old and new Token and key is accepted, answers use the pair that
  /// matched (CBK-12). An empty Token or key means that it did not change. At most 8.
  std::vector<PushKeys> previous;
  /// What stands at the end of every ciphertext; absent: app_id. The component app id, corp id or suite id where
  /// pushes come for one; empty only where the platform leaves it empty.
  std::optional<std::string> receiver_id;
  /// The account's original id (gh_...); empty: not checked. It is what tells accounts apart in plain mode (CBK-3).
  std::string original_id;
  AccountKind kind = AccountKind::service_account;  ///< Of a receiver alone; an Account has its own.
  PushMode mode = PushMode::safe;
  PushFormat format = PushFormat::any;
  PushDialect dialect = PushDialect::wechat;
  PushFreshness freshness;
  /// Compatible mode takes clear and encrypted answers; safe mode only encrypted ones.
  bool encrypt_replies_in_compatible_mode = true;
  /// Source of prefixes and nonces of answers, for reproducible tests; empty: the system's. Fills `size` bytes, false
  /// on failure. May be called from any thread.
  std::function<bool(void* out, std::size_t size)> random;
};

/// The answer that hands a customer's message to the account's own AI reply (official accounts that have it switched on
/// in the console; wechat-messages 7.3): `turn.reply(kefu::wechat::transfer_to_ai())`. Only within the answer to the
/// push; what leaves later as a message of its own is refused.
KEFU_EXPORT Content transfer_to_ai();

/// A receiver that needs neither Runtime nor account. Errors: `bad_argument` naming the field.
KEFU_EXPORT Result<std::shared_ptr<PushReceiver>> make_push_receiver(PushConfig config);

}  // namespace wechat
KEFU_END_NAMESPACE
