#include "core/call/queue.hpp"

#include "core/report/reporting.hpp"

#include <kefu/core/observer_names.hpp>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

void CallQueue::enter(const std::shared_ptr<CallQueue>& self, std::shared_ptr<SlotSeeker> call) {
  CallQueue& q = *self;
  if (q.limiter_.idle()) return call->slot_free();
  const OperationInfo& info = call->info();
  const Moment moment = q.now();
  if (const auto stop = q.limiter_.stopped(info.name, moment)) {
    if (moment.mono + stop->left >= call->deadline()) return call->held_back(stop->left, stop->kind, stop->code);
    q.core_->scheduler->run_at(moment.mono + stop->left, [self, call] {
      if (!call->over()) enter(self, call);
    });
    return;
  }
  std::shared_ptr<Line> line;
  for (const auto& weak : q.lines_)
    if (auto open = weak.lock(); open && open->bucket == info.quota) line = std::move(open);
  Millis wait = line ? q.limiter_.wait(info.quota, moment, line->calls.size()) : q.admit(info.quota, moment);
  if (line && moment.mono + wait >= call->deadline()) {  // not for those who stand there no more
    auto& calls = line->calls;
    calls.erase(std::remove_if(calls.begin(), calls.end(), [](const auto& each) { return each->over(); }), calls.end());
    wait = q.limiter_.wait(info.quota, moment, calls.size());
  }
  if (!line && wait.count() == 0) {
    q.limiter_.leaves(info.name, moment);
    return call->slot_free();
  }
  if (moment.mono + wait >= call->deadline()) return call->held_back(wait, ErrorKind::rate_limited, {});
  if (q.core_->observer)
    count(*q.core_->observer, metric::kLimiterWaits,
          {{"platform", q.platform_->platform()}, {"account", q.platform_->account()}, {"bucket", info.quota}});
  if (line) return line->calls.push_back(std::move(call));
  line = std::make_shared<Line>();
  line->bucket = std::string(info.quota);
  line->calls.push_back(std::move(call));
  q.lines_.erase(std::remove_if(q.lines_.begin(), q.lines_.end(), [](const auto& weak) { return weak.expired(); }),
                 q.lines_.end());
  q.lines_.push_back(line);
  open_at(self, moment.mono + wait, std::move(line));
}

Millis CallQueue::admit(std::string_view bucket, const Moment& moment) {
  const Millis wait = limiter_.admit(bucket, moment);
  const auto level = limiter_.take_level();
  if (!level || !core_->observer) return wait;
  const std::string percent = std::to_string(level->percent);
  core_->observer->metric(MetricRecord{
      MetricRecord::Type::gauge, metric::kQuotaPercent, double(level->percent),
      Attributes{{"platform", platform_->platform()}, {"account", platform_->account()}, {"bucket", level->bucket}}});
  log(*core_->observer, LogLevel::warning, log_event::kQuotaLevel,
      std::to_string(level->used) + " of " + std::to_string(level->limit) + " calls of the day are used",
      {{"platform", platform_->platform()},
       {"account", platform_->account()},
       {"bucket", level->bucket},
       {"percent", percent}});
  return wait;
}

void CallQueue::open_at(const std::shared_ptr<CallQueue>& self, MonoTime when, std::shared_ptr<Line> line) {
  self->core_->scheduler->run_at(when, [self, line = std::move(line)] { let_in(self, line); });
}

void CallQueue::let_in(const std::shared_ptr<CallQueue>& self, const std::shared_ptr<Line>& line) {
  while (!line->calls.empty()) {
    const SlotSeeker& first = *line->calls.front();
    const bool over = first.over();
    const Moment moment = self->now();
    const bool shut = !over && self->limiter_.stopped(first.info().name, moment);  // since it came
    if (!over && !shut) {
      const Millis wait = self->admit(line->bucket, moment);
      if (wait.count() > 0) return open_at(self, moment.mono + wait, line);
    }
    const std::shared_ptr<SlotSeeker> call = std::move(line->calls.front());
    line->calls.pop_front();
    if (shut) {
      enter(self, call);
    } else if (!over) {
      self->limiter_.leaves(call->info().name, moment);
      call->slot_free();
    }
  }
}

void CallQueue::learn(const OperationInfo& info, const Verdict& verdict) {
  const bool shut = verdict.retry == Retry::after_reset &&
                    (verdict.kind == ErrorKind::quota_exhausted || verdict.kind == ErrorKind::rate_limited);
  const bool slow = verdict.kind == ErrorKind::rate_limited && verdict.retry == Retry::after_backoff &&
                    verdict.retry_after.has_value();  // not: this one message too soon (45066)
  if (verdict.code.empty() || !(shut || slow)) return;
  const Moment moment = now();
  limiter_.exhausted(info.name, moment, verdict.retry_after, verdict.kind, verdict.code);
  if (!core_->observer) return;
  count(*core_->observer, metric::kApiStops,
        {{"platform", platform_->platform()},
         {"account", platform_->account()},
         {"api", info.name},
         {"code", verdict.code}});
  log(*core_->observer, LogLevel::warning, log_event::kApiStopped, "the platform said that this API is used up",
      {{"platform", platform_->platform()},
       {"account", platform_->account()},
       {"api", info.name},
       {"code", verdict.code}});
}

}  // namespace detail
KEFU_END_NAMESPACE
