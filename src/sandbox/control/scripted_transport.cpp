#include "core/async/time_range.hpp"

#include <kefu/sandbox/scripted_transport.hpp>

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

namespace {

/// One request under way. Touched on the loop only, but for its creation.
struct Exchange {
  Exchange(HttpRequest r, MoveFunction<void(HttpOutcome)> d) : request(std::move(r)), done(std::move(d)) {}
  HttpRequest request;
  MoveFunction<void(HttpOutcome)> done;
  CancelToken cancel;
  std::uint64_t listener = 0;
  Scheduler::Ticket answer = 0;
  Scheduler::Ticket deadline = 0;
};

std::string read_all(BodySource& source) {
  std::string body(static_cast<std::size_t>(source.length()), '\0');
  std::size_t size = 0;
  while (size < body.size()) {
    const std::size_t read = source.read(body.data() + size, body.size() - size);
    if (read == 0) break;
    size += read;
  }
  body.resize(size);
  return body;
}

/// What the real transport does with a reply before it hands it over.
HttpOutcome received(const HttpRequest& request, HttpOutcome outcome) {
  if (outcome.fault) return outcome;
  HttpReply& reply = outcome.reply;
  if (reply.body.size() > request.max_reply_bytes)
    return HttpOutcome(TransportFault::reply_too_large,
                       "the reply has more than " + std::to_string(request.max_reply_bytes) + " bytes");
  if (request.sink && reply.status == 200) {
    if (!request.sink(reply.body))
      return HttpOutcome(TransportFault::cancelled_after_sending, "the receiver of the download ended it");
    reply.body.clear();
  }
  return outcome;
}

}  // namespace

class ScriptedTransport::Impl : public std::enable_shared_from_this<Impl> {
 public:
  struct Answer {
    std::optional<HttpOutcome> outcome;  ///< Absent: silence.
    Handler handler;
    Millis delay{0};
  };

  Impl(std::shared_ptr<Scheduler> scheduler, std::shared_ptr<const Clock> clock)
      : scheduler_(std::move(scheduler)), clock_(std::move(clock)) {}

  void push(Answer answer) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(answer));
  }

  /// Notes the request and finds its answer.
  Answer take(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (const auto found = handlers_.find(request.path); found != handlers_.end()) return found->second;
    if (queue_.empty()) {
      Answer none;
      none.outcome = HttpOutcome(TransportFault::connection_refused, "no answer was scripted for " + request.path);
      return none;
    }
    Answer answer = std::move(queue_.front());
    queue_.pop_front();
    return answer;
  }

  void start(const std::shared_ptr<Exchange>& exchange, MonoTime deadline) {
    if (exchange->cancel.requested())
      return finish(*exchange, HttpOutcome(TransportFault::cancelled_before_sending, "cancelled"));
    const MonoTime now = clock_->mono();
    if (now >= deadline)
      return finish(*exchange, HttpOutcome(TransportFault::deadline_before_sending, "no time was left"));
    if (exchange->request.source) {
      exchange->request.body = read_all(*exchange->request.source);
      exchange->request.source = nullptr;
    }
    Answer answer = take(exchange->request);
    exchange->deadline = scheduler_->run_at(deadline, [self = shared_from_this(), exchange] {
      self->finish(*exchange, HttpOutcome(TransportFault::timeout_after_send, "no answer within the deadline"));
    });
    // Weak: the token may belong to the very call that this exchange answers.
    exchange->listener = exchange->cancel.on_request([self = shared_from_this(), weak = std::weak_ptr(exchange)] {
      self->scheduler_->post([self, weak] {
        if (const auto held = weak.lock())
          self->finish(*held, HttpOutcome(TransportFault::cancelled_after_sending, "cancelled"));
      });
    });
    if (!answer.outcome && !answer.handler) return;
    const MonoTime when = detail::later(now, answer.delay);
    exchange->answer = scheduler_->run_at(when, [self = shared_from_this(), exchange, answer = std::move(answer)] {
      HttpOutcome outcome = answer.handler ? answer.handler(exchange->request) : *answer.outcome;
      self->finish(*exchange, received(exchange->request, std::move(outcome)));
    });
  }

  void finish(Exchange& exchange, HttpOutcome outcome) {
    if (!exchange.done) return;
    auto done = std::move(exchange.done);
    exchange.cancel.forget(exchange.listener);
    scheduler_->drop(exchange.deadline);
    scheduler_->drop(exchange.answer);
    done(std::move(outcome));
  }

  const std::shared_ptr<Scheduler> scheduler_;
  const std::shared_ptr<const Clock> clock_;
  mutable std::mutex mutex_;
  std::deque<Answer> queue_;
  std::map<std::string, Answer, std::less<>> handlers_;
  std::vector<HttpRequest> requests_;
};

ScriptedTransport::ScriptedTransport(std::shared_ptr<Scheduler> scheduler, std::shared_ptr<const Clock> clock)
    : impl_(std::make_shared<Impl>(std::move(scheduler), std::move(clock))) {}
ScriptedTransport::~ScriptedTransport() = default;

ScriptedTransport& ScriptedTransport::reply(std::string body, Millis delay) {
  HttpReply whole;
  whole.status = 200;
  whole.headers.emplace_back("content-type", "application/json; encoding=utf-8");
  whole.body = std::move(body);
  return reply(std::move(whole), delay);
}

ScriptedTransport& ScriptedTransport::reply(HttpReply reply, Millis delay) {
  Impl::Answer answer;
  answer.outcome = HttpOutcome(std::move(reply));
  answer.delay = delay;
  impl_->push(std::move(answer));
  return *this;
}

ScriptedTransport& ScriptedTransport::fault(TransportFault fault, Millis delay) {
  Impl::Answer answer;
  answer.outcome = HttpOutcome(fault, "scripted");
  answer.delay = delay;
  impl_->push(std::move(answer));
  return *this;
}

ScriptedTransport& ScriptedTransport::silence() {
  impl_->push(Impl::Answer());
  return *this;
}

ScriptedTransport& ScriptedTransport::on(std::string path, Handler handler, Millis delay) {
  Impl::Answer answer;
  answer.handler = std::move(handler);
  answer.delay = delay;
  const std::lock_guard lock(impl_->mutex_);
  impl_->handlers_.insert_or_assign(std::move(path), std::move(answer));
  return *this;
}

std::vector<HttpRequest> ScriptedTransport::requests() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->requests_;
}

HttpRequest ScriptedTransport::last() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->requests_.empty() ? HttpRequest() : impl_->requests_.back();
}

std::size_t ScriptedTransport::count() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->requests_.size();
}

std::size_t ScriptedTransport::count(std::string_view path) const {
  const std::lock_guard lock(impl_->mutex_);
  std::size_t count = 0;
  for (const auto& request : impl_->requests_) count += request.path == path ? 1 : 0;
  return count;
}

std::size_t ScriptedTransport::left() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->queue_.size();
}

void ScriptedTransport::send(HttpRequest request, MonoTime deadline, CancelToken cancel,
                             MoveFunction<void(HttpOutcome)> done) {
  auto exchange = std::make_shared<Exchange>(std::move(request), std::move(done));
  exchange->cancel = std::move(cancel);
  impl_->scheduler_->post([impl = impl_, exchange, deadline] { impl->start(exchange, deadline); });
}

}  // namespace sandbox
KEFU_END_NAMESPACE
