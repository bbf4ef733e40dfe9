#pragma once

#include "core/async/time_range.hpp"
#include "sandbox/http/event_loop.hpp"
#include "sandbox/jd/twin.hpp"
#include "sandbox/twin/faults.hpp"
#include "sandbox/wechat/push.hpp"
#include "sandbox/wechat/twin.hpp"

#include <kefu/sandbox/push.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// The sandbox without its sockets: the twins behind one lock, the movable clock, faults and the deliverer of pushes.
///
/// Thread safety: methods from any thread; the twins and `faults` only with `mutex` held.
class SandboxCore : public std::enable_shared_from_this<SandboxCore> {
 public:
  using Respond = MoveFunction<void(WebAnswer)>;
  using SocketSender =
      std::function<void(const std::string& url, Delivery, MonoTime deadline, MoveFunction<void(PushReply)> done)>;

  explicit SandboxCore(std::shared_ptr<const Clock> base) : base_(std::move(base)) {}

  WallTime now() const { return detail::later(base_->wall(), Millis(offset_ms_.load())); }
  const std::shared_ptr<const Clock>& base_clock() const { return base_; }
  /// With `mutex` held.
  void move_clock(Millis by);
  std::int64_t offset_ms() const { return offset_ms_.load(); }

  /// Answers one request of that twin's API. `respond` is called once, possibly later on `timers`.
  void serve(Twin& twin, const WebRequest& request, Timers& timers, Respond respond);
  /// The answer that leaves before the body is read, if such a fault is on.
  std::optional<WebAnswer> answer_early(Twin& twin, const WebRequest& head);

  /// Where pushes to callback URLs run; set when the server starts, cleared when it stops.
  void use_sockets(std::shared_ptr<Timers> timers, SocketSender sender);
  /// Pushes of this account go to a handler in the process.
  void use_handler(const std::string& appid, PushHandler handler, std::shared_ptr<Timers> timers);

  /// Starts the deliveries of a queued push. May be called with `mutex` held.
  void deliver(std::uint64_t push);
  /// The same for the pushes that calls led to, and the tickets that are due. With `mutex` held.
  void deliver_new();
  /// Whether anybody calls or not, tickets come by the clock: asks each third-party platform's way for a wake at its
  /// next one. To be called after whatever makes a ticket due earlier or opens a way. With `mutex` held.
  void await_tickets();
  /// No ticket comes by itself any more: a transport or a scheduler may outlive the sandbox, not its clock's work.
  void end_tickets();
  /// One more delivery of an old push, as the platform's repetitions are; the same or new signatures.
  void deliver_again(std::uint64_t push, bool same_signature);

  /// Something that a waiting caller may look at has changed. Called with `mutex` held.
  void changed();
  /// Called by `changed`; must only post.
  void on_change(std::function<void()> listener);

  std::mutex mutex;
  std::condition_variable condition;
  WechatTwin wechat;
  JdTwin jd;
  const std::vector<Twin*> twins{&wechat, &jd};  ///< All platforms.
  FaultBox faults;

 private:
  struct Route {
    std::shared_ptr<Timers> timers;
    PushHandler handler;  ///< Empty: the socket sender.
  };
  /// What a third-party platform's way was asked for. Timers cannot be taken back: of several the last one counts.
  struct TicketWake {
    WallTime due;
    std::uint64_t number;
  };
  WebAnswer faulty_answer(Twin& twin, const Fault& fault, const WebRequest& request);
  WebAnswer sound_answer(const std::function<WebAnswer()>& work) const;
  Route route_of(const std::string& appid);
  void end_deliveries();
  void wake_for_ticket(const std::string& appid, std::uint64_t wake);
  void post_attempt(const Route& route, MonoTime when, std::uint64_t push, bool extra, bool same_signature);
  void attempt(std::uint64_t push, bool extra, bool same_signature);
  void send_to_handler(const Route& route, PushRequest request, MonoTime deadline, MoveFunction<void(PushReply)> done);
  void take_reply(std::uint64_t push, std::size_t attempt, bool extra, MonoTime started, const PushReply& reply);
  void judge(Push& push, PushAttempt& attempt, const PushReply& reply);
  void give_up(Push& push, std::string_view why);

  std::shared_ptr<const Clock> base_;
  std::atomic<std::int64_t> offset_ms_{0};
  Route sockets_;
  SocketSender socket_sender_;
  std::map<std::string, Route> handlers_;
  std::map<std::string, TicketWake> ticket_wakes_;  ///< By the platform's app id; only where one is under way.
  std::uint64_t ticket_wakes_made_ = 0;
  bool tickets_ended_ = false;
  std::function<void()> listener_;
};

}  // namespace sandbox
KEFU_END_NAMESPACE
