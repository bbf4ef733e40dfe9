#include "sandbox/control/service.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

WebAnswer web_answer(ControlAnswer control) {
  WebAnswer answer;
  answer.status = control.status;
  answer.content_type = "application/json; charset=utf-8";
  answer.body = std::move(control.body);
  return answer;
}

}  // namespace

void ControlService::handle(const WebRequest& request, Responder respond) {
  constexpr std::size_t kMostParked = 1000;
  ControlResult result = control(*core_, request);
  if (!result.ask) return respond(web_answer(std::move(result.now)));
  if (parked_.size() >= kMostParked)
    return respond(web_answer(control_error(429, "too many calls are waiting at the control API")));
  const MonoTime deadline = loop_.now() + result.wait;
  parked_.push_back({std::move(result), deadline, std::move(respond)});
  anybody_ = true;  // Before asking: a change from now on leads to another round.
  ask_again();
  if (!parked_.empty())
    loop_.run_at(deadline, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->ask_again();
    });
}

void ControlService::on_change() {
  if (!anybody_ || asked_.exchange(true)) return;
  loop_.run_at(MonoTime::min(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->asked_ = false;
    self->ask_again();
  });
}

void ControlService::ask_again() {
  std::vector<std::pair<Responder, ControlAnswer>> answers;
  {
    const std::lock_guard<std::mutex> lock(core_->mutex);
    const MonoTime now = loop_.now();
    const auto answered = [&](Parked& one) {
      auto answer = one.result.ask(now >= one.deadline || !one.respond.client_is_there());
      if (answer) answers.emplace_back(one.respond, std::move(*answer));
      return answer.has_value();
    };
    parked_.erase(std::remove_if(parked_.begin(), parked_.end(), answered), parked_.end());
    anybody_ = !parked_.empty();
  }
  for (auto& [respond, answer] : answers) respond(web_answer(std::move(answer)));
}

}  // namespace sandbox
KEFU_END_NAMESPACE
