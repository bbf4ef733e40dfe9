#include "sandbox/sandbox_core.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

void SandboxCore::move_clock(Millis by) {
  offset_ms_ += by.count();
  changed();
}

void SandboxCore::changed() {
  condition.notify_all();
  if (listener_) listener_();
}

void SandboxCore::on_change(std::function<void()> listener) {
  const std::lock_guard<std::mutex> lock(mutex);
  listener_ = std::move(listener);
}

void SandboxCore::serve_wechat(const WebRequest& request, Timers& timers, Respond respond) {
  WebAnswer answer;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto fault = faults.empty() ? std::nullopt : faults.take(request.path, false);
    if (fault && fault->name == "latency") {
      timers.run_at(timers.now() + Millis(fault->delay_ms),
                    [weak = weak_from_this(), request, later = std::move(respond)]() mutable {
                      const auto self = weak.lock();
                      if (!self) return;
                      WebAnswer late;
                      {
                        const std::lock_guard<std::mutex> again(self->mutex);
                        late = self->wechat.handle(request, self->now());
                        self->changed();
                      }
                      later(std::move(late));
                    });
      return;
    }
    answer = fault ? faulty_answer(*fault, request) : wechat.handle(request, now());
    changed();
  }
  respond(std::move(answer));
}

WebAnswer SandboxCore::faulty_answer(const Fault& fault, const WebRequest& request) {
  const FaultKind* kind = find_fault_kind(fault.name);
  if (fault.name == "token_rotated") wechat.retire_token(request.query_value("access_token"), now());
  WebAnswer answer;
  if (fault.acts) {
    answer = wechat.handle(request, now());
  } else if (fault.name == "errcode" || fault.name == "reply_before_body") {
    wechat.note_call(request.path, fault.errcode);
    answer = wechat.error_answer(request, fault.errcode, now());
  } else {
    wechat.note_call(request.path, 0);
    answer.body = R"({"errcode":0,"errmsg":"ok"})";
  }
  if (kind != nullptr) kind->apply(fault, answer);
  return answer;
}

std::optional<WebAnswer> SandboxCore::answer_early(const WebRequest& head) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (faults.empty()) return std::nullopt;
  const auto fault = faults.take(head.path, true);
  if (!fault) return std::nullopt;
  WebAnswer answer = faulty_answer(*fault, head);
  changed();
  return answer;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
