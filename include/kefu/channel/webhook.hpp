#pragma once

#include <kefu/channel/content.hpp>
#include <kefu/channel/inbound.hpp>
#include <kefu/core/error.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// What any HTTP server can hand over. Views are read during the call only. Hand over the *raw* query string, not
/// decoded (CBK-6): a server or gateway that decodes first turns '+' into a blank and breaks signatures.
struct WebhookRequest {
  WebhookRequest(std::string_view m, std::string_view p, std::string_view q, std::string_view b)
      : method(m), path(p), query(q), body(b) {}
  std::string_view method;  ///< "GET" or "POST".
  std::string_view path;
  std::string_view query;  ///< After '?', without it.
  std::string_view body;   ///< At most 1 MiB is read; more is refused.
  std::vector<std::pair<std::string_view, std::string_view>> headers;
};

/// What the server sends back.
struct WebhookResponse {
  WebhookResponse(int s = 200, std::string b = {}, std::string type = "text/plain")
      : status(s), content_type(std::move(type)), body(std::move(b)) {}
  int status;
  std::string content_type;
  std::string body;
};

/// Why a push was refused. For the host's eyes only: the answer to the sender is the same for all.
enum class PushFault : unsigned char {
  bad_method,     ///< Neither GET nor POST.
  bad_query,      ///< A parameter is missing, repeated, empty or of unknown value.
  bad_timestamp,  ///< Not 10 decimal digits.
  bad_nonce,      ///< Not 1 to 64 of [A-Za-z0-9_-].
  stale,          ///< Outside the freshness window: replay, or one of the clocks is wrong.
  bad_signature,
  too_large,
  bad_envelope,  ///< The body is not what the account's mode and format demand.
  bad_key,       ///< The configured EncodingAESKey is not one.
  bad_base64,    ///< Also: something in front decoded the request twice ('+' became a blank).
  bad_ciphertext_length,
  bad_padding,
  bad_length_field,
  wrong_receiver,
  bad_message,  ///< Authentic, but the message cannot be read.
};
/// The vector files' words: "bad-signature", "wrong-receiver"...
KEFU_EXPORT std::string_view to_string(PushFault fault) noexcept;

/// Hands the customer to a human agent on the platform's own console. `agent` names one; empty: any.
struct TransferToAgent {
  explicit TransferToAgent(std::string a = {}) : agent(std::move(a)) {}
  std::string agent;
};
/// Nothing to say within the answer itself.
struct NoReply {
  NoReply() {}
};
/// What the answer to a push may carry.
using PassiveReply = std::variant<NoReply, Content, TransferToAgent>;
/// "no_reply", "content", "transfer_to_agent".
KEFU_EXPORT std::string_view to_string(const PassiveReply& reply) noexcept;

/// What `reply` must know of the push it answers: keys that matched, format, addresses. Opaque.
class KEFU_EXPORT ReplyContext {
 public:
  virtual ~ReplyContext() = default;
};

/// What a push says that brings no event: an account has something new, to be polled now.
struct PollWake {
  explicit PollWake(std::string a = {}, std::string t = {}) : account(std::move(a)), token(std::move(t)) {}
  std::string account;  ///< Whose; empty: the one that the receiver belongs to.
  std::string token;    ///< What the platform wants to see with the polls that follow, see Poller::poll_woken.
};

/// What became of a request to the webhook.
class OpenedPush {
 public:
  enum class Outcome : unsigned char {
    event,      ///< `event` and `context` are set.
    url_check,  ///< The platform verified the URL: send `answer`.
    refused,    ///< `fault` says why: send `answer`, count it, use nothing of it.
    wake,       ///< `wake` is set: poll, and send `answer` without waiting for that.
  };
  OpenedPush(InboundEvent e, std::shared_ptr<const ReplyContext> c)
      : outcome(Outcome::event), event(std::move(e)), context(std::move(c)) {}
  /// As the first, with an event that the receiver fills in place.
  explicit OpenedPush(std::shared_ptr<const ReplyContext> c) : outcome(Outcome::event), context(std::move(c)) {}
  OpenedPush(PollWake w, WebhookResponse a) : outcome(Outcome::wake), answer(std::move(a)), wake(std::move(w)) {}
  explicit OpenedPush(WebhookResponse a) : outcome(Outcome::url_check), answer(std::move(a)) {}
  OpenedPush(PushFault f, std::string d, WebhookResponse a)
      : outcome(Outcome::refused), answer(std::move(a)), fault(f), detail(std::move(d)) {}

  Outcome outcome;
  InboundEvent event;
  std::shared_ptr<const ReplyContext> context;
  WebhookResponse answer;  ///< For an event or a wake: the plain acknowledgement.
  std::optional<PushFault> fault;
  std::string detail;  ///< What to look at, for the operator; no secret.
  std::optional<PollWake> wake;
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(OpenedPush::Outcome outcome) noexcept;

/// Facet: opens a webhook's requests and builds the answers. Pure: no clock, no network, no store, no HTTP server.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT PushReceiver {
 public:
  virtual ~PushReceiver() = default;

  /// Verifies, decrypts and parses. `now` serves the freshness check and `received_time`.
  virtual OpenedPush open(const WebhookRequest& request, WallTime now) const = 0;

  /// False for what no reply() of this account can ever carry, so that nobody waits for a request to take it along. The
  /// default does not know better than to try.
  virtual bool can_carry(const PassiveReply& reply) const;

  /// Builds the answer to an opened push, encrypted if the push was. Errors: `bad_argument`, `unsupported` (this
  /// account kind has no such passive reply; the message names what to use).
  virtual Result<WebhookResponse> reply(const ReplyContext& context, const PassiveReply& reply, WallTime now) const = 0;

  /// Finds out which customer an opened event is about, on a platform that knows one customer by several ids; done by
  /// the Inbox before it chooses the event's place. `done` is called once, perhaps within the call, with the event as
  /// it is to be handled; an error: it cannot be told now. What it finds out it keeps in `raw`: reopen() must name the
  /// same customer, or a process that takes the event over cannot handle it (dead letters). The default hands the
  /// event on.
  virtual void recognize(InboundEvent event, MoveFunction<void(Result<InboundEvent>)> done) const;

  /// The answer that says "received" and nothing else.
  virtual WebhookResponse acknowledge() const = 0;

  /// Reads an event again that was stored (see Inbox) from its `raw`, without the request. Error: `bad_argument`.
  virtual Result<InboundEvent> reopen(std::string_view raw, WallTime received) const = 0;
};

KEFU_END_NAMESPACE
