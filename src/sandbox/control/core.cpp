#include "sandbox/control/core.hpp"

#include "core/async/host_code.hpp"
#include "core/async/time_range.hpp"

#include <fmt/chrono.h>

#include <ctime>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

WebAnswer failure(std::string_view why) {
  WebAnswer answer;
  answer.status = 500;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = why;
  return answer;
}

bool is_one_line(std::string_view text) { return text.find_first_of("\r\n") == text.npos; }

/// Platforms date their answers; clients tell from it how wrong their own clock is.
void put_date(WebAnswer& answer, WallTime now) {
  const std::time_t second = static_cast<std::time_t>(unix_seconds(now));
  answer.headers.emplace_back("Date", fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(second)));
}

}  // namespace

void SandboxCore::move_clock(Millis by) {
  const Millis moved = detail::bounded_span<Millis>(by) + Millis(offset_ms_.load());
  offset_ms_ = detail::bounded_span<Millis>(moved).count();
  ticket_wakes_.clear();
  await_tickets();
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

void SandboxCore::serve(Twin& twin, const WebRequest& request, Timers& timers, Respond respond) {
  WebAnswer answer;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto fault = faults.empty() ? std::nullopt : faults.take(request.path, twin.call_name(request), false);
    if (fault && fault->name == "latency") {
      timers.run_at(detail::later(timers.now(), Millis(fault->delay_ms)),
                    [weak = weak_from_this(), &twin, request, later = std::move(respond)]() mutable {
                      const auto self = weak.lock();
                      if (!self) return;
                      WebAnswer late;
                      {
                        const std::lock_guard<std::mutex> again(self->mutex);
                        late = self->sound_answer([&] { return twin.handle(request, self->now()); });
                        self->deliver_new();
                        self->changed();
                      }
                      later(std::move(late));
                    });
      return;
    }
    answer = sound_answer([&] { return fault ? faulty_answer(twin, *fault, request) : twin.handle(request, now()); });
    deliver_new();
    changed();
  }
  respond(std::move(answer));
}

/// What a twin answers, with the date; whatever it was sent, no call ends the process or writes its own header lines.
WebAnswer SandboxCore::sound_answer(const std::function<WebAnswer()>& work) const {
  WebAnswer answer;
  if (!detail::call_host_quietly([&] { answer = work(); })) answer = failure("the sandbox failed at this call");
  bool is_whole = is_one_line(answer.content_type);
  for (const auto& [name, value] : answer.headers) is_whole = is_whole && is_one_line(name) && is_one_line(value);
  if (!is_whole) answer = failure("a header of this answer would have more than one line");
  put_date(answer, now());
  return answer;
}

WebAnswer SandboxCore::faulty_answer(Twin& twin, const Fault& fault, const WebRequest& request) {
  const FaultKind* kind = find_fault_kind(fault.name);
  if (fault.name == "token_rotated") twin.retire_token(request, now());
  WebAnswer answer;
  if (fault.acts) {
    answer = twin.handle(request, now());
  } else if (fault.name == "errcode" || fault.name == "business_error" || fault.name == "reply_before_body") {
    answer = twin.refusal(request, fault, fault.name == "business_error", now());
  } else {
    answer = twin.idle_success(request);
  }
  if (kind != nullptr) kind->apply(fault, answer);
  return answer;
}

std::optional<WebAnswer> SandboxCore::answer_early(Twin& twin, const WebRequest& head) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (faults.empty()) return std::nullopt;
  const auto fault = faults.take(head.path, twin.call_name(head), true);
  if (!fault) return std::nullopt;
  WebAnswer answer = sound_answer([&] { return faulty_answer(twin, *fault, head); });
  deliver_new();
  changed();
  return answer;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
