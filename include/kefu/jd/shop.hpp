#pragma once

#include <kefu/channel/channel.hpp>
#include <kefu/channel/reply_window.hpp>
#include <kefu/core/client.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/token_source.hpp>
#include <kefu/jd/app.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Leave to push messages into DongDong (咚咚) sessions. Its `aspid` and secret come from JD's DongDong team on
/// application, not from the console; its token is another one than the shop's (jd 4.5).
struct DongDongGrant {
  DongDongGrant(std::string id, Secret s, std::string pin)
      : aspid(std::move(id)), secret(std::move(s)), from_pin(std::move(pin)) {}
  std::string aspid;
  Secret secret;         ///< Exchanged for the access token by GrantService.
  std::string from_pin;  ///< The agent account that speaks, where a message names none.
  /// A token that was handed out directly; GrantService is then not asked.
  Secret access_token;
  /// How long a token of GrantService is used: its life is in no answer. At most 366 days.
  std::chrono::seconds token_life = std::chrono::hours(1);
  std::string version = "4.3";  ///< `ver` of messages.
};

/// Who acts in the after-sale APIs (jd 4.7). Polled with it: orders that changed, freight numbers that came to them
/// later (PollingSettings::freight_numbers), what waits for review, what customers say on orders.
struct AfterSaleDesk {
  AfterSaleDesk(std::string bu, std::string pin, std::string nick)
      : bu_id(std::move(bu)), operate_pin(std::move(pin)), operate_nick(std::move(nick)) {}
  std::string bu_id;         ///< Merchant number (商家编号): VenderInfo::vender_id of GetVenderInfo.
  std::string operate_pin;   ///< At most 50 characters.
  std::string operate_nick;  ///< At most 50 characters.
};

/// What is polled and how often. The platform pushes nothing that is public (jd 5).
///
/// Worst delay of a line: in a session that is new, changed or was spoken in lately, one round (`interval`, longer
/// where the budget is short: see AppConfig::calls_per_day); in one where nothing was said, its log is read after 30 s,
/// doubling to 15 minutes, so 15 minutes and a round; with more such sessions than the budget has calls, the time that
/// calls for all of them take.
struct PollingSettings {
  PollingSettings() {}
  bool chats = true;  ///< Sessions and their chat logs: customers' messages.
  /// With `chats`, also what agents wrote, as AgentSpoke, so that a human's answer is seen.
  bool agent_messages = true;
  bool evaluations = true;
  /// After-sale orders (asc.sync) and customers' unsolved messages on them; needs ShopConfig::after_sale.
  bool after_sale = true;
  /// With `after_sale`, also orders whose freight number came or changed, as TicketChanged of that moment: the order's
  /// own update time does not move with it. The number is in InboundEvent::raw (`expressCode`). One call a round.
  bool freight_numbers = true;
  std::chrono::seconds interval{30};  ///< Between two rounds with nothing new; at most 90 days.
  /// The longest time between two rounds for which sub-accounts are polled one by one, and for which logs of idle
  /// sessions are read beside the lists; when the budget does not allow it, `health()` says what is left out.
  std::chrono::seconds max_delay{120};
  /// How far behind the cursor each round reads again, because the platform shows messages late; ten minutes are added
  /// for clocks that differ. What comes later than this is not seen. At most 48 hours.
  std::chrono::seconds overlap = std::chrono::minutes(10);
  /// Where a shop without a cursor begins, before now; at most 90 days.
  std::chrono::seconds look_back = std::chrono::hours(24);
  int page_size = 50;  ///< The platform publishes no largest one.
  /// Whether lists by day include the day of `endTime`: not public (jd 4.2). Set it to false if today's messages come
  /// only tomorrow; then one day more is asked for.
  bool end_day_counts = true;
  /// Empty: the main account and every agent of the shop's group, looked up every ten minutes, while the budget allows
  /// a round within `max_delay`; else the main account alone.
  std::vector<std::string> agents;
};

/// What kefu must know of one shop.
struct ShopConfig {
  explicit ShopConfig(std::string s) : shop(std::move(s)) {}
  /// The name under which it was authorized (Authorizer::link); one shop of this name per store namespace, whatever the
  /// application, as cursors, events and windows are kept under it.
  std::string shop;
  /// The host's own token service; grants of the Authorizer are then not used.
  std::shared_ptr<TokenSource> token_source;
  std::optional<DongDongGrant> dongdong;
  std::optional<AfterSaleDesk> after_sale;
  PollingSettings polling;
  /// The host reads JD's message queue itself and hands decoded messages to the PushReceiver.
  bool host_feed = false;
  /// Reply windows of DongDong sessions, by the trigger "message"; the platform publishes none, so without rules
  /// nothing is refused for time or number. PushChatText, PushChatImage, PushChatMessage and raw calls of their methods
  /// take from the same windows as the messenger. Replies on after-sale orders take none.
  std::optional<ReplyRules> reply_rules;
  /// The longest text of one message in bytes; longer ones are refused, or split where the message allows it. The
  /// platform publishes none; 0: no limit.
  std::size_t max_text_bytes = 0;
};

/// One shop at JD: the channel interface over it, and every typed operation.
///
/// What it can do depends on the grants (see Capabilities): messages come by polling (or the host's feed); answers go
/// into DongDong sessions with a DongDongGrant (Address::thread "sid:<sid>"), and to after-sale orders with an
/// AfterSaleDesk (thread "asc:<serviceId>:<orderId>"). Evaluations, orders and after-sale are typed operations.
///
/// A cheap handle. Thread safety: all members may be called from any thread. Lifetime: facets and calls keep what they
/// need alive; after `close` or the end of the runtime they answer `cancelled`. A shop that is not authorized (any
/// more) answers `needs_authorization` without a call.
class KEFU_EXPORT Shop final : public Channel {
 public:
  /// Errors: `bad_argument` naming the field.
  static Result<std::shared_ptr<Shop>> create(const App& app, ShopConfig config);
  ~Shop() override;

  const std::string& id() const override;  ///< ShopConfig::shop.
  const std::string& platform() const override;
  const Capabilities& capabilities() const override;
  const Capabilities& capabilities_at(const Address& to) const override;
  std::shared_ptr<Messenger> messenger() const override;
  std::shared_ptr<PushReceiver> push_receiver() const override;
  std::shared_ptr<Poller> poller() const override;
  std::shared_ptr<AgentSessions> agent_sessions() const override;
  std::shared_ptr<Transcripts> transcripts() const override;
  std::shared_ptr<Profiles> profiles() const override;
  std::shared_ptr<ReplyLedger> reply_ledger() const override;
  Result<InboundEvent> reopen(std::string_view raw, WallTime received) const override;
  AccountHealth health() const override;

  /// Passes over what stops a stream of `health()` (a page or a log that cannot be read), once, at the next poll of
  /// this process: what is in it is lost. Error: `bad_argument`: no such stream polled here.
  Result<void> skip(const std::string& stream) const;

  /// Starts a typed operation, e.g. `shop->call(ListEvaluations(from, to)).get()`, or a RawCall:
  /// `RawCall("POST", "jingdong.vender.shop.query", "{}", Effect::read)`.
  template <class Op>
  Pending<typename Op::Response> call(Op op, CallOptions options = {}) const {
    return client().call(std::move(op), std::move(options));
  }

  /// Ends the shop: calls and messages that wait and all later ones answer `cancelled`; other shops are not touched.
  void close() const;

  const ApiClient& client() const;

  class Core;
  /// For what reads a shop as a whole (quality_report).
  const std::shared_ptr<Core>& core() const { return core_; }

 private:
  explicit Shop(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace jd
KEFU_END_NAMESPACE
