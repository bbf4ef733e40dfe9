#pragma once

#include <kefu/channel/agent_sessions.hpp>
#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/health.hpp>
#include <kefu/channel/media_library.hpp>
#include <kefu/channel/message.hpp>
#include <kefu/channel/outreach.hpp>
#include <kefu/channel/poller.hpp>
#include <kefu/channel/profiles.hpp>
#include <kefu/channel/reply_window.hpp>
#include <kefu/channel/send_plan.hpp>
#include <kefu/channel/transcripts.hpp>
#include <kefu/channel/webhook.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE

/// Facet: sends content to customers.
///
/// Thread safety: all members may be called from any thread. Lifetime: a facet keeps what it needs alive; after its
/// account was closed its calls answer `cancelled`.
class KEFU_EXPORT Messenger {
 public:
  virtual ~Messenger() = default;

  /// Adapts, reserves the reply window for all parts and sends them in order. Sending the same message twice shows it
  /// twice. Errors: of `adapt`; `window_closed` before anything was sent, with the reason; `parts_delivered` says how
  /// many parts went out before a later one failed; `delivery` unknown: the customer may have seen it, it is not
  /// repeated.
  virtual Pending<Receipt> send(Message message, CallOptions options = {}) = 0;

  /// Says what `send` would do with this message now, before anything is sent: how many messages it would be, what the
  /// reply window holds and until when; or why not, and what would reach the customer. Errors: `timeout`, `cancelled`
  /// and those of the store; a message that would be refused is a plan with `refusal`.
  virtual Pending<SendPlan> plan(Message message, CallOptions options = {}) = 0;

  /// Shows or hides the typing sign; what the platform ignores (already shown) is a success.
  virtual Pending<void> typing(Address to, bool on, CallOptions options = {}) = 0;
};

/// One account on one platform: what it is, what it can do, and its facets. A facet that is absent is a null pointer,
/// and `capabilities().missing` says why.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT Channel {
 public:
  virtual ~Channel() = default;
  virtual const std::string& id() const = 0;        ///< The account's id (app id).
  virtual const std::string& platform() const = 0;  ///< "wechat", "jd".
  virtual const Capabilities& capabilities() const = 0;
  /// What it can do at one address, where places differ (a JD shop's after-sale orders take text alone, and no key).
  /// The default: `capabilities()`.
  virtual const Capabilities& capabilities_at(const Address& to) const { return static_cast<void>(to), capabilities(); }

  virtual std::shared_ptr<Messenger> messenger() const { return nullptr; }
  virtual std::shared_ptr<PushReceiver> push_receiver() const { return nullptr; }
  virtual std::shared_ptr<Poller> poller() const { return nullptr; }
  virtual std::shared_ptr<AgentSessions> agent_sessions() const { return nullptr; }
  virtual std::shared_ptr<Transcripts> transcripts() const { return nullptr; }
  virtual std::shared_ptr<Profiles> profiles() const { return nullptr; }
  virtual std::shared_ptr<MediaLibrary> media_library() const { return nullptr; }
  virtual std::shared_ptr<Outreach> outreach() const { return nullptr; }

  /// Reads an event of this account again that was stored (see Inbox) from its `raw`, however it came. Errors:
  /// `bad_argument`; `unsupported` where nothing comes in. The default asks the PushReceiver, else the Poller; an
  /// account with both says which of them wrote the text.
  virtual Result<InboundEvent> reopen(std::string_view raw, WallTime received) const;

  /// The reply windows of this account; null where the platform has none. Tell it of every event that is accepted
  /// (`opened`); the Inbox does so itself.
  virtual std::shared_ptr<ReplyLedger> reply_ledger() const { return nullptr; }

  /// How reading from this account stands: since when, how far behind, why it stopped. Of this process; nothing is
  /// asked for it.
  virtual AccountHealth health() const { return AccountHealth(); }
};

KEFU_END_NAMESPACE
