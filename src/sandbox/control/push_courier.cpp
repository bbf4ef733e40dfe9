#include "core/async/host_code.hpp"
#include "core/async/time_range.hpp"
#include "core/text/json_writer.hpp"
#include "sandbox/component/component.hpp"
#include "sandbox/control/core.hpp"
#include "sandbox/wechat/kf.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

void SandboxCore::use_sockets(std::shared_ptr<Timers> timers, SocketSender sender) {
  const std::lock_guard<std::mutex> lock(mutex);
  sockets_.timers = std::move(timers);
  socket_sender_ = std::move(sender);
  ticket_wakes_.clear();
  if (!sockets_.timers) end_deliveries();
  await_tickets();
}

void SandboxCore::await_tickets() {
  for (const std::string& appid : wechat.components) {
    const WechatAccount* component = wechat.find(appid);
    const auto next = component == nullptr || tickets_ended_ ? std::nullopt : next_ticket_of(*component);
    const auto wake = ticket_wakes_.find(appid);
    if (wake != ticket_wakes_.end() && next && wake->second.due <= *next) continue;
    const Route route = next ? route_of(appid) : Route();
    if (!route.timers) {
      ticket_wakes_.erase(appid);
      continue;
    }
    const WallTime current = now();
    // A calendar that stands or was set back finds nothing due when it wakes: it asks again, never at once.
    const auto wait = *next <= current ? Millis(0) : std::chrono::ceil<Millis>(*next - current);
    const std::uint64_t number = ++ticket_wakes_made_;
    ticket_wakes_[appid] = TicketWake{*next, number};
    route.timers->run_at(detail::later(route.timers->now(), wait), [weak = weak_from_this(), appid, number] {
      if (const auto self = weak.lock()) self->wake_for_ticket(appid, number);
    });
  }
}

void SandboxCore::wake_for_ticket(const std::string& appid, std::uint64_t wake) {
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = ticket_wakes_.find(appid);
  if (found == ticket_wakes_.end() || found->second.number != wake) return;
  ticket_wakes_.erase(found);
  deliver_new();
}

void SandboxCore::end_tickets() {
  const std::lock_guard<std::mutex> lock(mutex);
  tickets_ended_ = true;
  ticket_wakes_.clear();
}

/// The server has stopped, and what it was delivering with it.
void SandboxCore::end_deliveries() {
  for (auto& [number, push] : wechat.pushes) {
    if (handlers_.count(push.appid) != 0) continue;
    if (push.state == "waiting") push.state = "not_delivered";
    push.repeats_due = 0;
    for (PushAttempt& attempt : push.attempts)
      if (attempt.result == "under_way") attempt.result = "stopped";
  }
}

void SandboxCore::use_handler(const std::string& appid, PushHandler handler, std::shared_ptr<Timers> timers) {
  const std::lock_guard<std::mutex> lock(mutex);
  handlers_[appid] = Route{std::move(timers), std::move(handler)};
  ticket_wakes_.erase(appid);
  await_tickets();
}

/// With `mutex` held. A route without timers goes nowhere.
SandboxCore::Route SandboxCore::route_of(const std::string& appid) {
  const auto own = handlers_.find(appid);
  if (own != handlers_.end()) return own->second;
  const WechatAccount* account = wechat.find(appid);
  return account == nullptr || push_settings(wechat, *account).url.empty() ? Route() : sockets_;
}

void SandboxCore::deliver(std::uint64_t number) {
  Push* push = find_push(wechat, number);
  if (push == nullptr) return;
  if (push->state == "with_agent") return changed();
  const Route route = route_of(push->appid);
  if (!route.timers) {
    push->state = "not_delivered";
    return changed();
  }
  post_attempt(route, MonoTime::min(), number, false, false);
}

void SandboxCore::deliver_new() {
  if (!tickets_ended_) push_due_tickets(wechat, now());
  await_tickets();
  const std::vector<std::uint64_t> numbers = std::move(wechat.undelivered);
  wechat.undelivered.clear();
  for (const std::uint64_t number : numbers) deliver(number);
}

void SandboxCore::deliver_again(std::uint64_t number, bool same_signature) {
  Push* push = find_push(wechat, number);
  if (push == nullptr) return;
  const Route route = route_of(push->appid);
  if (!route.timers) return;
  ++push->repeats_due;
  post_attempt(route, MonoTime::min(), number, true, same_signature);
}

void SandboxCore::post_attempt(const Route& route, MonoTime when, std::uint64_t push, bool extra, bool same_signature) {
  route.timers->run_at(when, [weak = weak_from_this(), push, extra, same_signature] {
    if (const auto self = weak.lock()) self->attempt(push, extra, same_signature);
  });
}

void SandboxCore::attempt(std::uint64_t number, bool extra, bool same_signature) {
  Delivery delivery;
  Route route;
  SocketSender sender;
  std::string url;
  std::size_t index = 0;
  MonoTime deadline;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    Push* push = find_push(wechat, number);
    if (push == nullptr) return;
    if (extra) --push->repeats_due;
    const WechatAccount* account = wechat.find(push->appid);
    if (account == nullptr) return;
    route = route_of(push->appid);
    if (!route.timers) return;
    sender = socket_sender_;
    const PushSettings settings = push_settings(wechat, *account);
    url = settings.url;
    const bool again = same_signature || wechat.setting("push_retry_same_signature") != 0;
    const PushAttempt* earlier = again && !push->attempts.empty() ? &push->attempts.front() : nullptr;
    delivery = make_delivery(settings, *push, earlier, now());
    if (!extra) --push->deliveries_left;
    index = push->attempts.size();
    PushAttempt& record = push->attempts.emplace_back();
    record.time = now();
    record.query = delivery.query;
    record.result = "under_way";
    deadline = detail::later(route.timers->now(), Millis(wechat.setting("push_deadline_ms")));
  }
  const MonoTime started = route.timers->now();
  auto done = [weak = weak_from_this(), number, index, extra, started](PushReply reply) {
    if (const auto self = weak.lock()) self->take_reply(number, index, extra, started, reply);
  };
  if (route.handler) return send_to_handler(route, std::move(delivery.request), deadline, std::move(done));
  sender(url, std::move(delivery), deadline, std::move(done));
}

void SandboxCore::send_to_handler(const Route& route, PushRequest request, MonoTime deadline,
                                  MoveFunction<void(PushReply)> done) {
  // Whoever comes first, the answer or the deadline, takes `done` out.
  struct Race {
    std::mutex mutex;
    MoveFunction<void(PushReply)> done;
    void end(PushReply reply) {
      MoveFunction<void(PushReply)> taken;
      {
        const std::lock_guard<std::mutex> lock(mutex);
        std::swap(taken, done);
      }
      if (taken) taken(std::move(reply));
    }
  };
  auto race = std::make_shared<Race>();
  race->done = std::move(done);
  route.timers->run_at(deadline, [race] {
    PushReply late;
    late.fault = "timeout";
    race->end(std::move(late));
  });
  const bool taken = detail::call_host_quietly(
      [&] { route.handler(std::move(request), [race](PushReply reply) { race->end(std::move(reply)); }); });
  if (taken) return;
  PushReply thrown;
  thrown.fault = "handler_threw";
  race->end(std::move(thrown));
}

void SandboxCore::take_reply(std::uint64_t number, std::size_t index, bool extra, MonoTime started,
                             const PushReply& reply) {
  const std::lock_guard<std::mutex> lock(mutex);
  Push* push = find_push(wechat, number);
  if (push == nullptr || index >= push->attempts.size()) return;
  PushAttempt& attempt = push->attempts[index];
  const Route route = route_of(push->appid);
  const MonoTime current = route.timers ? route.timers->now() : started;
  attempt.milliseconds = std::chrono::duration_cast<Millis>(current - started).count();
  attempt.http_status = reply.status;
  if (reply.fault.empty() && reply.status == 200) {
    judge(*push, attempt, reply);
  } else {
    attempt.result = reply.fault.empty() ? "status" : reply.fault;
    if (!extra && push->state == "waiting") {
      if (push->deliveries_left > 0 && route.timers)
        post_attempt(route, std::max(current, detail::later(started, Millis(wechat.setting("push_retry_interval_ms")))),
                     number, false, false);
      else
        give_up(*push, "no answer after all deliveries");
    }
  }
  changed();
}

void SandboxCore::judge(Push& push, PushAttempt& attempt, const PushReply& reply) {
  WechatAccount* account = wechat.find(push.appid);
  if (account == nullptr) return;
  const bool first = push.state != "answered";
  ReplyVerdict verdict = judge_reply(wechat, *account, push, reply.body, now());
  if (verdict.kind == ReplyVerdict::Kind::invalid) {
    attempt.result = "invalid";
    attempt.detail = verdict.why;
    if (first) give_up(push, verdict.why);
    return;
  }
  attempt.result = verdict.kind == ReplyVerdict::Kind::message ? "passive" : "acknowledged";
  push.state = "answered";
  if (!first || verdict.kind != ReplyVerdict::Kind::message) return;
  WechatCustomer& customer = wechat.customer(*account, push.openid);
  push.passive_reply = verdict.message.msgtype;
  customer.last_message = now();
  if (wechat.setting("passive_reply_spends_window") != 0) customer.window.spend();
  const InboxMessage& shown = wechat.put_in_inbox(customer, std::move(verdict.message));
  if (shown.msgtype != "transfer_customer_service") return;
  transfer_to_agents(wechat, *account, customer, shown.agent, now());
  deliver_new();
}

/// What the customer sees when nobody answers validly.
void SandboxCore::give_up(Push& push, std::string_view why) {
  push.state = "failed";
  WechatAccount* account = wechat.find(push.appid);
  if (account == nullptr || push.openid.empty() || push.msgtype == "event") return;
  InboxMessage notice;
  notice.time = now();
  notice.channel = "notice";
  notice.msgtype = "notice";
  notice.text = "该公众号提供的服务出现故障，请稍后再试";
  notice.push = push.number;
  detail::JsonWriter(notice.content).begin_object().key("reason").string(why).end_object();
  wechat.put_in_inbox(wechat.customer(*account, push.openid), std::move(notice));
}

}  // namespace sandbox
KEFU_END_NAMESPACE
