#include "sandbox/control/in_process_transport.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

/// One exchange: whoever comes first (answer, deadline, cancel) ends it. Lives in the tasks of its scheduler, and so
/// holds neither that nor the core, which may own the scheduler's clock: a circle would keep all of them for ever. All
/// members run on the scheduler.
class TwinExchange : public std::enable_shared_from_this<TwinExchange> {
 public:
  /// Without a twin the host does not exist.
  TwinExchange(const std::shared_ptr<SandboxCore>& core, Twin* twin, const std::shared_ptr<SchedulerTimers>& timers,
               HttpRequest request, MonoTime deadline, CancelToken cancel, MoveFunction<void(HttpOutcome)> done)
      : core_(core),
        twin_(twin),
        timers_(timers),
        request_(std::move(request)),
        deadline_(deadline),
        cancel_(std::move(cancel)),
        done_(std::move(done)) {}

  void start(SchedulerTimers& timers) {
    timers.run_at(MonoTime::min(), [self = shared_from_this()] { self->begin(); });
  }

 private:
  void begin() {
    if (cancel_.requested()) return fail(TransportFault::cancelled_before_sending, "cancelled");
    const auto core = core_.lock();
    const auto timers = timers_.lock();
    if (!core || !timers) return;  // The transport is gone: the call is answered by being dropped.
    if (timers->now() >= deadline_) return fail(TransportFault::deadline_before_sending, "no time left");
    if (twin_ == nullptr) return fail(TransportFault::dns_failure, "the sandbox has no such host");
    WebRequest request;
    if (!fill(request)) return fail(TransportFault::connection_lost_while_sending, "the body source ended early");
    time_limit_ = timers->scheduler().run_at(deadline_, [self = shared_from_this()] { self->time_over(); });
    listener_ = cancel_.on_request([weak = weak_from_this(), weak_timers = timers_] {
      const auto running = weak_timers.lock();
      if (!running) return;
      running->run_at(MonoTime::min(), [weak] {
        if (const auto self = weak.lock()) self->fail(TransportFault::cancelled_after_sending, "cancelled");
      });
    });
    if (auto early = core->answer_early(*twin_, request)) {
      if (early->wire == Wire::reset_before_reply)
        return fail(TransportFault::connection_lost_while_sending, "connection reset by peer");
      return take(std::move(*early));
    }
    core->serve(*twin_, request, *timers, [self = shared_from_this()](WebAnswer answer) {
      const auto running = self->timers_.lock();
      if (answer.delay.count() <= 0 || !running) return self->take(std::move(answer));
      const MonoTime when = running->now() + answer.delay;
      self->late_ = running->scheduler().run_at(
          when, [self, late = std::move(answer)]() mutable { self->take(std::move(late)); });
    });
  }

  bool fill(WebRequest& request) {
    request.method = request_.method;
    request.path = request_.path;
    request.query = request_.query;
    for (const auto& [name, value] : request_.headers) {
      std::string lower = name;
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      request.headers.emplace_back(std::move(lower), value);
    }
    if (!request_.source) {
      request.body = std::move(request_.body);
      return true;
    }
    if (request_.source->length() > MessageReader::kBodyLimit) return false;
    request.body.resize(request_.source->length());
    for (std::size_t filled = 0; filled < request.body.size();) {
      const std::size_t got = request_.source->read(request.body.data() + filled, request.body.size() - filled);
      if (got == 0) return false;
      filled += got;
    }
    return true;
  }

  void take(WebAnswer answer) {
    switch (answer.wire) {
      case Wire::reset_before_reply:
        return fail(TransportFault::reset_before_reply, "connection reset by peer");
      case Wire::close_without_reply:
        return fail(TransportFault::closed_without_reply, "connection closed");
      case Wire::reset_inside_reply:
      case Wire::close_inside_reply:
      case Wire::half_headers:
      case Wire::length_too_long:
        return fail(TransportFault::reset_inside_reply, "the reply was cut");
      case Wire::stall_inside_reply:
        stalled_ = true;  // Only the deadline or a cancel ends it.
        return;
      case Wire::length_too_short:
        answer.body.resize(answer.body.size() / 2);
        break;
      case Wire::whole:
      case Wire::reset_after_reply:
      case Wire::close_after_reply:
        break;
    }
    if (answer.body.size() > request_.max_reply_bytes)
      return fail(TransportFault::reply_too_large, "the reply exceeds the limit");
    HttpReply reply;
    reply.status = answer.status;
    reply.headers.emplace_back("content-type", answer.content_type);
    for (auto& [name, value] : answer.headers) {
      std::string lower = name;
      for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      reply.headers.emplace_back(std::move(lower), value);
    }
    if (request_.sink && reply.status == 200) {
      if (!request_.sink(answer.body))
        return fail(TransportFault::cancelled_after_sending, "the receiver ended the download");
    } else {
      reply.body = std::move(answer.body);
    }
    end(HttpOutcome(std::move(reply)));
  }

  void time_over() {
    fail(stalled_ ? TransportFault::timeout_inside_reply : TransportFault::timeout_after_send, "no time left");
  }
  void fail(TransportFault fault, std::string detail) { end(HttpOutcome(fault, std::move(detail))); }

  void end(HttpOutcome outcome) {
    if (!done_) return;
    auto done = std::move(done_);
    done_ = nullptr;
    cancel_.forget(listener_);
    if (const auto timers = timers_.lock()) {
      timers->scheduler().drop(time_limit_);
      timers->scheduler().drop(late_);
    }
    done(std::move(outcome));
  }

  std::weak_ptr<SandboxCore> core_;
  Twin* const twin_;  ///< Part of the core.
  std::weak_ptr<SchedulerTimers> timers_;
  HttpRequest request_;
  MonoTime deadline_;
  CancelToken cancel_;
  MoveFunction<void(HttpOutcome)> done_;
  std::uint64_t listener_ = 0;
  Scheduler::Ticket time_limit_ = 0;
  Scheduler::Ticket late_ = 0;
  bool stalled_ = false;
};

class InProcessTransport final : public Transport {
 public:
  InProcessTransport(std::shared_ptr<SandboxCore> core, std::shared_ptr<SchedulerTimers> timers,
                     std::vector<ServedTwin> twins)
      : core_(std::move(core)), timers_(std::move(timers)), twins_(std::move(twins)) {}

  void send(HttpRequest request, MonoTime deadline, CancelToken cancel, MoveFunction<void(HttpOutcome)> done) override {
    Twin* const twin = find(request.base);
    std::make_shared<TwinExchange>(core_, twin, timers_, std::move(request), deadline, std::move(cancel),
                                   std::move(done))
        ->start(*timers_);
  }

 private:
  Twin* find(std::string_view base) const {
    const std::size_t scheme = base.find("://");
    if (scheme == std::string_view::npos) return nullptr;
    const std::string_view host = base.substr(scheme + 3);
    for (const ServedTwin& one : twins_)
      if ((!one.url.empty() && base == one.url) || one.twin->has_host(host)) return one.twin;
    return nullptr;
  }

  std::shared_ptr<SandboxCore> core_;
  std::shared_ptr<SchedulerTimers> timers_;
  std::vector<ServedTwin> twins_;
};

}  // namespace

std::shared_ptr<Transport> in_process_transport(std::shared_ptr<SandboxCore> core,
                                                std::shared_ptr<SchedulerTimers> timers,
                                                std::vector<ServedTwin> twins) {
  return std::make_shared<InProcessTransport>(std::move(core), std::move(timers), std::move(twins));
}

}  // namespace sandbox
KEFU_END_NAMESPACE
