#include "core/async/host_code.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/xml_writer.hpp"
#include "wechat/push/crypto.hpp"
#include "wechat/push/passive_reply.hpp"
#include "wechat/push/query.hpp"
#include "wechat/push/reading.hpp"
#include "wechat/push/spare_block.hpp"

#include <charconv>
#include <cstring>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kMaxBody = 1024 * 1024;
constexpr std::size_t kMaxEchostr = 128;
constexpr std::string_view kAcknowledgement = "success";
constexpr std::string_view kDecodedTwice =
    "; it holds a blank where '+' belongs, so something in front has decoded it a second time";

/// What reply() must know of the push it answers.
class WechatReplyContext final : public ReplyContext {
 public:
  explicit WechatReplyContext(const SpareBlock* home_) : home(home_) {}
  /// Its receiver's: the context's own memory keeps it alive, so no other stands in its place.
  const SpareBlock* const home;
  PassiveReplyTarget target;
  bool wrap_json = false;
  std::optional<std::size_t> token;  ///< Absent: the push was clear, and so is the answer.
  std::size_t key = 0;
};

OpenedPush refused(PushFault fault, std::string detail) {
  // The same for every fault: the sender learns nothing (CBK-5).
  return OpenedPush(fault, std::move(detail), WebhookResponse(403, {}));
}

bool has_blank(std::string_view text) noexcept { return text.find(' ') != std::string_view::npos; }

std::string_view fault_hint(PushFault fault) noexcept {
  switch (fault) {
    case PushFault::bad_timestamp:
      return "timestamp must be 10 digits";
    case PushFault::bad_nonce:
      return "nonce must be 1 to 64 of [A-Za-z0-9_-]";
    case PushFault::bad_key:
      return "no EncodingAESKey is configured";
    case PushFault::bad_base64:
      return "Encrypt is not strict base64";
    case PushFault::bad_ciphertext_length:
      return "the ciphertext is not a multiple of 32 bytes";
    case PushFault::bad_padding:
      return "the padding is wrong: probably the EncodingAESKey is another one";
    case PushFault::bad_length_field:
      return "the length field is wrong: probably the EncodingAESKey is another one";
    case PushFault::wrong_receiver:
      return "the message is for another account: compare receiver_id (the app id)";
    default:
      return {};
  }
}

}  // namespace

/// See make_push_receiver. Immutable.
class WechatPushReceiver final : public PushReceiver {
 public:
  WechatPushReceiver(PushConfig config, PushCrypto crypto) : config_(std::move(config)), crypto_(std::move(crypto)) {}

  OpenedPush open(const WebhookRequest& request, WallTime now) const override;
  bool can_carry(const PassiveReply& reply) const override;
  Result<WebhookResponse> reply(const ReplyContext& context, const PassiveReply& reply, WallTime now) const override;
  WebhookResponse acknowledge() const override { return WebhookResponse(200, std::string(kAcknowledgement)); }
  Result<InboundEvent> reopen(std::string_view raw, WallTime received) const override;

 private:
  struct Staleness {
    bool refuse = false;
    std::string detail;
  };
  Staleness check_freshness(std::string_view timestamp, WallTime now) const;
  OpenedPush check_url(const PushQuery& query) const;
  OpenedPush open_clear(const PushQuery& query, std::string_view body, WallTime now) const;
  OpenedPush open_sealed(const PushQuery& query, std::string_view body, WallTime now) const;
  OpenedPush deliver(std::string raw, std::shared_ptr<WechatReplyContext> context, WallTime now) const;
  bool wants(TextFormat format) const noexcept;
  std::string_view encrypt_name(TextFormat format) const noexcept;
  std::string_view wrapping_of(const WechatReplyContext& context) const noexcept;
  Result<void> wrap(std::string& text, std::size_t frame, const WechatReplyContext& context, WallTime now) const;
  bool random(void* out, std::size_t size) const {
    if (!config_.random) return detail::random_bytes(out, size);
    bool drawn = false;  // the host's may throw
    return detail::call_host_quietly([&] { drawn = config_.random(out, size); }) && drawn;
  }

  std::shared_ptr<WechatReplyContext> new_context() const {
    return std::allocate_shared<WechatReplyContext>(SpareBlockAllocator<WechatReplyContext>(spare_context_),
                                                    spare_context_.get());
  }

  const PushConfig config_;
  const PushCrypto crypto_;
  const std::shared_ptr<SpareBlock> spare_context_ = std::make_shared<SpareBlock>();
};

OpenedPush WechatPushReceiver::open(const WebhookRequest& request, WallTime now) const {
  const bool is_check = request.method == "GET";
  if (!is_check && request.method != "POST") {
    const bool lower = request.method == "get" || request.method == "post";
    return refused(PushFault::bad_method, lower ? "the method is written in lower case: pass it as it was received, "
                                                  "GET or POST"
                                                : "the method is not GET or POST");
  }
  if (request.body.size() > kMaxBody) {
    return refused(PushFault::too_large,
                   "the body has " + std::to_string(request.body.size()) + " bytes, the limit is 1 MiB");
  }
  PushQuery query;
  if (auto wrong = query.read(request.query)) return refused(PushFault::bad_query, *std::move(wrong));
  for (const auto name : {PushQuery::timestamp, PushQuery::nonce}) {
    if (!query.has(name)) return refused(PushFault::bad_query, "timestamp or nonce is missing");
  }
  if (const auto fault = PushCrypto::check_form(query[PushQuery::timestamp], query[PushQuery::nonce])) {
    return refused(*fault, std::string(fault_hint(*fault)));
  }
  Staleness staleness = check_freshness(query[PushQuery::timestamp], now);
  if (staleness.refuse) return refused(PushFault::stale, std::move(staleness.detail));
  OpenedPush opened = is_check                          ? check_url(query)
                      : config_.mode == PushMode::plain ? open_clear(query, request.body, now)
                                                        : open_sealed(query, request.body, now);
  if (opened.detail.empty()) opened.detail = std::move(staleness.detail);
  return opened;
}

WechatPushReceiver::Staleness WechatPushReceiver::check_freshness(std::string_view timestamp, WallTime now) const {
  Staleness result;
  if (config_.freshness.mode == PushFreshness::Mode::off) return result;
  std::int64_t sent = 0;
  std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), sent);
  const std::int64_t age = unix_seconds(now) - sent;
  if (age <= config_.freshness.past.count() && -age <= config_.freshness.future.count()) return result;
  result.refuse = config_.freshness.mode == PushFreshness::Mode::enforce;
  result.detail = "the timestamp is " + std::to_string(age < 0 ? -age : age) + " s in the " +
                  (age < 0 ? "future" : "past") + ", PushFreshness allows " +
                  std::to_string((age < 0 ? config_.freshness.future : config_.freshness.past).count()) +
                  ": a replay, or this host's clock is wrong";
  return result;
}

OpenedPush WechatPushReceiver::check_url(const PushQuery& query) const {
  const std::string_view echostr = query[PushQuery::echostr];
  if (!query.has(PushQuery::echostr)) return refused(PushFault::bad_query, "echostr is missing");
  const bool sealed = config_.dialect == PushDialect::wecom;
  const auto name = sealed ? PushQuery::msg_signature : PushQuery::signature;
  if (!query.has(name)) return refused(PushFault::bad_query, "the signature is missing");
  const auto token = crypto_.match(query[PushQuery::timestamp], query[PushQuery::nonce],
                                   sealed ? echostr : std::string_view(), query[name]);
  if (!token) {
    std::string detail = "the signature does not match: compare the Token";
    if (sealed && has_blank(echostr)) detail += kDecodedTwice;
    return refused(PushFault::bad_signature, std::move(detail));
  }
  if (sealed) {
    PushPlaintext plain = crypto_.decrypt(echostr);
    if (plain.fault) return refused(*plain.fault, std::string(fault_hint(*plain.fault)));
    return OpenedPush(WebhookResponse(200, std::move(plain.message)));
  }
  // Anything else would let a signed URL print a text of the sender's choice on this host.
  constexpr std::string_view kEchoCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_";
  if (echostr.size() > kMaxEchostr || echostr.find_first_not_of(kEchoCharacters) != std::string_view::npos) {
    return refused(PushFault::bad_query, "echostr (" + std::to_string(echostr.size()) +
                                             " bytes) is not 1 to 128 of [A-Za-z0-9+/=_-]" +
                                             (has_blank(echostr) ? std::string(kDecodedTwice) : std::string()));
  }
  return OpenedPush(WebhookResponse(200, std::string(echostr)));
}

bool WechatPushReceiver::wants(TextFormat format) const noexcept {
  switch (config_.format) {
    case PushFormat::any:
      return format != TextFormat::none;
    case PushFormat::xml:
      return format == TextFormat::xml;
    case PushFormat::json:
      return format == TextFormat::json;
  }
  return false;
}

std::string_view WechatPushReceiver::encrypt_name(TextFormat format) const noexcept {
  return config_.dialect == PushDialect::wecom && format == TextFormat::json ? "encrypt" : "Encrypt";
}

OpenedPush WechatPushReceiver::open_clear(const PushQuery& query, std::string_view body, WallTime now) const {
  if (!query.has(PushQuery::signature)) return refused(PushFault::bad_query, "signature is missing");
  if (query.has(PushQuery::encrypt_type) && query[PushQuery::encrypt_type] != "raw") {
    return refused(PushFault::bad_query,
                   "encrypt_type is not raw although plain mode is configured: compare the mode with the console");
  }
  if (!crypto_.match(query[PushQuery::timestamp], query[PushQuery::nonce], query[PushQuery::signature])) {
    return refused(PushFault::bad_signature, "signature does not match: compare the Token");
  }
  return deliver(std::string(body), new_context(), now);
}

OpenedPush WechatPushReceiver::open_sealed(const PushQuery& query, std::string_view body, WallTime now) const {
  if (!query.has(PushQuery::msg_signature)) {
    return refused(PushFault::bad_query, "msg_signature is missing: is the console in plain mode?");
  }
  if (query.has(PushQuery::encrypt_type) && query[PushQuery::encrypt_type] != "aes") {
    return refused(PushFault::bad_query, "encrypt_type is not aes: compare the mode with the console");
  }
  const TextFormat format = text_format(body);
  if (!wants(format)) return refused(PushFault::bad_envelope, "the body is not in the configured format");
  detail::DocumentRoom room;
  const detail::Document envelope = read_text(body, format, room);
  if (!envelope) return refused(PushFault::bad_envelope, "the body " + std::string(to_string(envelope.fault())));
  detail::Value encrypt;
  std::size_t found = 0;
  for (const auto& member : envelope.root()) {
    if (member.name != encrypt_name(format)) continue;
    encrypt = member.value;
    ++found;
  }
  if (found != 1 || encrypt.kind() != detail::Value::Kind::string) {
    return refused(PushFault::bad_envelope, "the body must hold one Encrypt: compare the mode with the console");
  }
  const auto token = crypto_.match(query[PushQuery::timestamp], query[PushQuery::nonce], encrypt.text(),
                                   query[PushQuery::msg_signature]);
  if (!token) {
    std::string detail = "msg_signature does not match: compare the Token";
    if (has_blank(encrypt.text())) detail += kDecodedTwice;
    return refused(PushFault::bad_signature, std::move(detail));
  }
  PushPlaintext plain = crypto_.decrypt(encrypt.text());
  if (plain.fault) {
    std::string detail(fault_hint(*plain.fault));
    if (has_blank(encrypt.text())) detail += kDecodedTwice;
    return refused(*plain.fault, std::move(detail));
  }
  auto context = new_context();
  if (config_.mode == PushMode::safe || config_.encrypt_replies_in_compatible_mode) context->token = token;
  context->key = plain.key;
  context->wrap_json = format == TextFormat::json;
  return deliver(std::move(plain.message), std::move(context), now);
}

OpenedPush WechatPushReceiver::deliver(std::string raw, std::shared_ptr<WechatReplyContext> context,
                                       WallTime now) const {
  const TextFormat format = text_format(raw);
  if (!wants(format)) return refused(PushFault::bad_message, "the message is not in the configured format");
  detail::DocumentRoom room;
  const detail::Document document = read_text(raw, format, room);
  if (!document) return refused(PushFault::bad_message, "the message " + std::string(to_string(document.fault())));
  Push push = typed_push(document.root());
  if (!config_.original_id.empty() && push.head.to != config_.original_id) {
    return refused(PushFault::wrong_receiver, "ToUserName is not the configured original_id");
  }
  context->target.customer = push.head.from;
  context->target.account = push.head.to;
  context->target.kind = config_.kind;
  context->target.is_event = !push.head.event.empty();
  context->target.is_json = format == TextFormat::json;
  // Filled in place: an event is some 600 bytes of strings to move.
  OpenedPush opened(std::move(context));
  fill_channel_event(std::move(push), document.root(), config_.app_id, now, opened.event);
  opened.event.raw = std::move(raw);
  opened.answer.body.assign(kAcknowledgement);
  const detail::Repairs& repairs = document.repairs();
  if (repairs.control_characters + repairs.invalid_utf8 != 0) {
    opened.detail = "read after repairs: " + std::to_string(repairs.control_characters) +
                    " control characters dropped, " + std::to_string(repairs.invalid_utf8) +
                    " malformed characters replaced; raw has them still";
  }
  return opened;
}

Result<InboundEvent> WechatPushReceiver::reopen(std::string_view raw, WallTime received) const {
  detail::DocumentRoom room;
  const detail::Document document = read_text(raw, text_format(raw), room);
  if (!document) {
    return Error(ErrorKind::bad_argument,
                 "raw (" + std::to_string(raw.size()) + " bytes) " + std::string(to_string(document.fault())));
  }
  InboundEvent event;
  fill_channel_event(typed_push(document.root()), document.root(), config_.app_id, received, event);
  event.raw.assign(raw);
  return event;
}

/// What can be written as the answer to a customer's message, the most that a push may be.
bool WechatPushReceiver::can_carry(const PassiveReply& reply) const {
  if (std::holds_alternative<NoReply>(reply)) return true;
  PassiveReplyTarget target;
  target.kind = config_.kind;
  target.customer = "somebody";
  std::string text;
  return append_passive_reply(reply, target, 0, text).has_value();
}

Result<WebhookResponse> WechatPushReceiver::reply(const ReplyContext& context, const PassiveReply& reply,
                                                  WallTime now) const {
  if (std::holds_alternative<NoReply>(reply)) return acknowledge();
  const auto* known = dynamic_cast<const WechatReplyContext*>(&context);
  if (known == nullptr || known->home != spare_context_.get()) {  // its keys are not these
    return Error(ErrorKind::bad_argument, "the context is not of a push that this receiver opened");
  }
  const WechatReplyContext& own = *known;
  const bool sealed = own.token.has_value();
  std::string text;
  const std::size_t room = passive_reply_room(reply, own.target);
  // One block of memory: the frame stands behind the place of its own base64 text.
  std::size_t frame = 0;
  if (sealed) {
    frame = wrapping_of(own).size() + crypto_.impl_->sealed_size(room);
    text.reserve(frame + crypto_.impl_->frame_size(room));
    text.resize(frame + kFrameHead);
  } else {
    text.reserve(room);
  }
  if (auto written = append_passive_reply(reply, own.target, unix_seconds(now), text); !written) {
    return std::move(written).error();
  }
  if (!sealed)
    return WebhookResponse(200, std::move(text), own.target.is_json ? "application/json" : "application/xml");
  if (auto wrapped = wrap(text, frame, own, now); !wrapped) return std::move(wrapped).error();
  return WebhookResponse(200, std::move(text), own.wrap_json ? "application/json" : "application/xml");
}

std::string_view WechatPushReceiver::wrapping_of(const WechatReplyContext& context) const noexcept {
  if (!context.wrap_json) return "<xml><Encrypt><![CDATA[";
  return config_.dialect == PushDialect::wecom ? "{\"encrypt\":\"" : "{\"Encrypt\":\"";
}

/// From `frame` on `text` holds a frame's free head and message; it becomes the whole answer.
Result<void> WechatPushReceiver::wrap(std::string& text, std::size_t frame, const WechatReplyContext& context,
                                      WallTime now) const {
  struct {
    PushCrypto::Prefix prefix;
    std::uint64_t nonce;
  } fresh;
  static_assert(sizeof fresh == PushCrypto::Prefix().size() + sizeof fresh.nonce);
  if (!random(&fresh, sizeof fresh)) {
    return Error(ErrorKind::internal, "the system gives no random bytes");
  }
  char nonce_digits[10];
  for (char& digit : nonce_digits) {
    digit = static_cast<char>('0' + fresh.nonce % 10);
    fresh.nonce /= 10;
  }
  const std::string_view nonce(nonce_digits, sizeof nonce_digits);
  char time_digits[24];
  const auto time_end = std::to_chars(time_digits, time_digits + sizeof time_digits, unix_seconds(now)).ptr;
  const std::string_view timestamp(time_digits, static_cast<std::size_t>(time_end - time_digits));

  const std::string_view opening = wrapping_of(context);
  const std::size_t sealed_size = crypto_.impl_->sealed_size(text.size() - frame - kFrameHead);
  if (const std::size_t needed = opening.size() + sealed_size; needed > frame) {  // longer than was foreseen
    text.insert(frame, needed - frame, '\0');
    frame = needed;
  }
  char signature[40];
  if (!crypto_.impl_->encrypt_frame(text, frame, fresh.prefix, context.key)) {
    return Error(ErrorKind::internal, "OpenSSL cannot encrypt");
  }
  opening.copy(text.data(), opening.size());
  char* const sealed = text.data() + opening.size();
  detail::base64_encode(reinterpret_cast<const unsigned char*>(text.data()) + frame, text.size() - frame, sealed);
  if (!crypto_.impl_->sign_into(*context.token, timestamp, nonce, {sealed, sealed_size}, signature)) {
    return Error(ErrorKind::internal, "OpenSSL cannot sign");
  }
  text.resize(opening.size() + sealed_size);
  // Base64, hex and digits need no escaping in either format.
  const auto append = [&](std::string_view before, std::string_view value) { text.append(before).append(value); };
  const std::string_view hex(signature, sizeof signature);
  const bool json = context.wrap_json;
  if (json && config_.dialect == PushDialect::wecom) {
    append("\",\"msgsignature\":\"", hex);
    append("\",\"timestamp\":\"", timestamp);
    append("\",\"nonce\":\"", nonce);
    text.append("\"}");
  } else if (json) {
    append("\",\"MsgSignature\":\"", hex);
    append("\",\"TimeStamp\":", timestamp);
    append(",\"Nonce\":\"", nonce);
    text.append("\"}");
  } else {
    append("]]></Encrypt><MsgSignature><![CDATA[", hex);
    append("]]></MsgSignature><TimeStamp>", timestamp);
    append("</TimeStamp><Nonce><![CDATA[", nonce);
    text.append("]]></Nonce></xml>");
  }
  return {};
}

Content transfer_to_ai() { return RawContent(std::string(kTransferToAi), "{}"); }

Result<std::shared_ptr<PushReceiver>> make_push_receiver(PushConfig config) {
  const auto wrong = [](std::string message) { return Error(ErrorKind::bad_argument, std::move(message)); };
  constexpr std::size_t kMaxId = 64;
  constexpr std::size_t kMaxPrevious = 8;
  if (config.app_id.empty()) return wrong("app_id is empty: it names the account in events");
  if (config.app_id.size() > kMaxId) {
    return wrong("app_id has " + std::to_string(config.app_id.size()) + " bytes, the limit is 64");
  }
  if (config.receiver_id && config.receiver_id->size() > kMaxId) {
    return wrong("receiver_id has " + std::to_string(config.receiver_id->size()) + " bytes, the limit is 64");
  }
  if (config.previous.size() > kMaxPrevious) {
    return wrong("previous has " + std::to_string(config.previous.size()) + " entries, the limit is 8");
  }
  if (config.original_id.compare(0, 2, "wx") == 0) {
    return wrong("original_id is an AppID: take the original id (原始ID), which begins with gh_, or leave it empty");
  }
  if (config.mode != PushMode::plain && config.keys.encoding_aes_key.empty()) {
    return wrong("keys.encoding_aes_key is empty: set it, or choose plain mode, whose bodies nothing protects");
  }
  if (config.freshness.past.count() < 0 || config.freshness.future.count() < 0) {
    return wrong("freshness.past and freshness.future must not be negative");
  }
  auto crypto = PushCrypto::create(config.keys, config.previous, config.receiver_id.value_or(config.app_id));
  if (!crypto) return std::move(crypto).error();
  config.keys = PushKeys();  // the crypto has them
  config.previous = std::vector<PushKeys>();
  return std::shared_ptr<PushReceiver>(std::make_shared<WechatPushReceiver>(std::move(config), std::move(*crypto)));
}

}  // namespace wechat
KEFU_END_NAMESPACE
