#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/http.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/scheduler.hpp>
#include <kefu/core/time.hpp>
#include <kefu/sandbox/jd_app.hpp>
#include <kefu/sandbox/push.hpp>
#include <kefu/sandbox/wechat_app.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

struct SandboxOptions {
  SandboxOptions() {}
  /// The time the sandbox starts from; its own clock moves ahead of this one. Default: the system's. With simulated
  /// time give that one and use `transport` and `connect_webhook`, never `start`.
  std::shared_ptr<const Clock> clock;
  int wechat_port = 0;  ///< 0: any free port.
  int jd_port = 0;      ///< Of gateway and authorization pages alike.
  int control_port = 0;
};

/// Answer of the control API; `body` is a JSON object, {"error": "..."} unless status is 200.
struct ControlReply {
  ControlReply() {}
  int status = 0;
  std::string body;
};

/// One entry of a customer's chat.
struct ReceivedMessage {
  ReceivedMessage() {}
  std::uint64_t number = 0;  ///< 1, 2, 3 ... per customer.
  WallTime time;
  std::string channel;  ///< "api", "passive", "agent", "notification" (of a template), or "notice" (the platform
                        ///< says that nobody answered validly).
  std::string msgtype;
  std::string text;     ///< Of text messages and notices.
  std::string content;  ///< JSON object of the message's own fields.
  std::string agent;    ///< The kf_account that spoke, if named.
};

/// A fault to switch on; the names are those of GET /faults.
struct FaultSwitch {
  FaultSwitch() {}
  explicit FaultSwitch(std::string fault_name) : name(std::move(fault_name)) {}
  std::string name;
  std::string path;        ///< A path, or a method that is named inside the request (JD); empty: every call.
  std::int64_t count = 1;  ///< Calls it hits; -1: until it is removed.
  std::int64_t skip = 0;   ///< Calls that pass before.
  int errcode = -1;        ///< Of "errcode" and "business_error".
  Millis delay{0};         ///< At most 10 minutes. 0: the kind's default.
  std::int64_t size = 0;   ///< At most 64 Mi. 0: the kind's default.
  int status = 200;        ///< Of "canned" (100 to 599), with body and content_type.
  std::string body;        ///< Text of "business_error".
  std::string content_type;
};

/// Loopback platforms for tests and for trying things out. WeChat: the APIs of customer messages, agents,
/// records, media, templates and customers with the documented codes, windows, quotas and tokens, signed and encrypted
/// pushes to a webhook. JD: the signed gateway with its checks,
/// authorization pages, sessions, chat logs, evaluations, DongDong pushes, after-sale, orders. Customers are driven
/// from here, the clock can be moved, faults can be switched on. Facts it judges by: wechat-messages,
/// wechat-security-and-authorization A, jd; where sources leave a gap a switch decides (control path /switches).
///
/// Two ways to use it: `start` serves real sockets on 127.0.0.1 (also for foreign clients), or `transport` and
/// `connect_webhook` keep everything in the process and on the caller's scheduler. Everything the program kefu-sandbox
/// offers is also reachable through `control`; GET / there lists it.
///
/// Thread safety: all members may be called from any thread, `start`, `stop` and the destructor from one at a time and
/// not from a webhook handler.
class KEFU_EXPORT Sandbox {
 public:
  explicit Sandbox(SandboxOptions options = {});
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  /// Opens the ports and starts the sandbox's thread. Errors: `configuration` (port in use).
  Result<void> start();
  void stop();
  std::string wechat_url() const;  ///< "http://127.0.0.1:PORT"; empty before `start`.
  std::string jd_url() const;
  std::string control_url() const;

  /// The control API without sockets: `target` is the path with an optional query. Blocks for the call's `wait_ms`.
  ControlReply control(std::string_view method, std::string_view target, std::string_view json = {});

  /// Adds or replaces an account; the result has its generated credentials. Errors: `bad_argument` (names the field).
  Result<WechatApp> add(const WechatApp& app);
  /// A customer's act (GET / of the control API lists them) with its fields as JSON. The number of its push.
  /// Errors: `bad_argument`, `not_found`, `conflict`, `rate_limited` (5,000 pushes are still to be delivered), with
  /// the control API's sentence.
  Result<std::uint64_t> customer_does(std::string_view appid, std::string_view openid, std::string_view act,
                                      std::string_view json = {});
  Result<std::uint64_t> customer_writes(std::string_view appid, std::string_view openid, std::string_view text);
  /// What the customer received after that number.
  std::vector<ReceivedMessage> messages(std::string_view appid, std::string_view openid, std::uint64_t after = 0) const;
  /// Waits until there are `count` of them or the time is over. Not for simulated time.
  std::vector<ReceivedMessage> wait_for_messages(std::string_view appid, std::string_view openid, std::uint64_t after,
                                                 std::size_t count, Millis limit) const;

  /// An agent's act in the platform's console (login, accept, write, close ...; GET / of the control API lists them)
  /// with its fields as JSON. The agent, as JSON. Errors: as of `customer_does`.
  Result<std::string> agent_does(std::string_view appid, std::string_view kf_account, std::string_view act,
                                 std::string_view json = {});
  /// The customer consents to that many messages of a subscription template.
  Result<void> customer_subscribes(std::string_view appid, std::string_view openid, std::string_view template_id,
                                   int count = 1);
  /// The customer logs in ("mini", "web") or gives a phone number ("phone"). The code that the host redeems; `scope` is
  /// of web logins, by default snsapi_base.
  Result<std::string> customer_logs_in(std::string_view appid, std::string_view openid, std::string_view way,
                                       std::string_view scope = {});
  /// What the account's content checks say from now on: "pass", "review" or "risky", with its label (20001 ...).
  Result<void> set_verdict(std::string_view appid, std::string_view suggest, std::int64_t label = 100);
  /// The platform forgets the media, as if it were too old. Errors: `not_found`.
  Result<void> void_media(std::string_view media_id);

  /// Adds or replaces an application or a shop at JD; the result has what was generated. Errors: `bad_argument`.
  Result<JdApp> add(const JdApp& app);
  Result<JdShop> add(const JdShop& shop);
  /// As if the merchant had just authorized the application; earlier tokens of the pair stop working. Errors:
  /// `not_found`.
  Result<JdToken> jd_authorize(std::string_view app_key, std::string_view shop);
  /// The pair's tokens as they are now. Errors: `not_found`.
  Result<JdToken> jd_token(std::string_view app_key, std::string_view shop) const;
  /// A buyer's act (open, write, end, rate ...; GET / of the control API lists them) with its fields as JSON. What the
  /// control API answers, as JSON. Errors: `bad_argument`, `not_found`, `conflict`, with its sentence.
  Result<std::string> jd_buyer_does(std::string_view shop, std::string_view pin, std::string_view act,
                                    std::string_view json = {});
  /// The buyer writes into the open session, or opens one. The session's sid.
  Result<std::string> jd_buyer_writes(std::string_view shop, std::string_view pin, std::string_view text);
  /// The same for an agent in the workbench: answer, take-over, end, login, logout.
  Result<std::string> jd_agent_does(std::string_view shop, std::string_view agent, std::string_view act,
                                    std::string_view json = {});
  /// Adds a record (tickets, orders, skus, wares, refunds, traces, reviews; GET / of the control API lists their
  /// fields). What the control API answers, as JSON: the record's id. Errors: as above.
  Result<std::string> jd_add(std::string_view shop, std::string_view records, std::string_view json);
  /// A buyer applies for after-sale with a first message (may be empty). The service order's id.
  Result<std::int64_t> jd_add_ticket(std::string_view shop, std::string_view pin, std::string_view content = {});
  /// What happens to a service order: ask, approve, refuse, complete, cancel, ship, touch. It, as JSON.
  Result<std::string> jd_ticket_does(std::string_view shop, std::int64_t service_id, std::string_view act,
                                     std::string_view json = {});
  /// What the buyer received after that number.
  std::vector<JdReceived> jd_received(std::string_view shop, std::string_view pin, std::uint64_t after = 0) const;
  /// Sessions of the past in bulk. Errors: `bad_argument`, `not_found`.
  Result<void> jd_add_history(std::string_view shop, const JdHistory& history);

  WallTime now() const;
  /// The sandbox's clock for the host under test (webhook freshness, reply windows). Its `mono` is the base clock's.
  std::shared_ptr<const Clock> clock() const;
  void advance(Millis by);
  void set_time(WallTime to);

  /// Errors: `bad_argument` if there is no such fault, or a member is out of its range (the sentence names it).
  Result<void> switch_on(const FaultSwitch& fault);
  void clear_faults();
  /// Another process has fetched new tokens of this account; the old ones stop working at once, those that third-party
  /// platforms hold for it too.
  void rotate_tokens(std::string_view appid);
  /// Calls that reached the twins, by path, or by method where requests name one; all with an empty path.
  std::uint64_t calls(std::string_view path = {}) const;

  /// The twins as a transport inside the process: the platforms' hosts (api.weixin.qq.com; api.jd.com,
  /// open-oauth.jd.com, oauth.jd.com) and this sandbox's own URLs are answered, other hosts do not exist. Faults of the
  /// wire become the TransportFault a client would see; delays pass on `scheduler`. `clock` is the one that belongs to
  /// the scheduler; default: the sandbox's base clock.
  std::shared_ptr<Transport> transport(std::shared_ptr<Scheduler> scheduler, std::shared_ptr<const Clock> clock = {});
  /// Pushes of this account go to `handler`, on `scheduler`, instead of a callback URL. A third-party platform's
  /// tickets come there by the sandbox's clock, every ten minutes, until the sandbox ends.
  void connect_webhook(std::string_view appid, PushHandler handler, std::shared_ptr<Scheduler> scheduler,
                       std::shared_ptr<const Clock> clock = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sandbox
KEFU_END_NAMESPACE
