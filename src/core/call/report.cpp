#include "core/call/report.hpp"

#include "core/report/reporting.hpp"

#include <kefu/core/observer_names.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

CallReport::CallReport(RuntimeCore& core, const Platform& platform, MonoTime start, TraceParent trace)
    : core_(core), platform_(platform), start_(start), trace_(trace) {
  if (core_.observer) id_ = core_.span_ids.next();
}

void CallReport::attempt(const OperationInfo& info, const Verdict& verdict, MonoTime sent, int number,
                         int http_status) const {
  if (!core_.observer) return;
  count(*core_.observer, metric::kAttempts, {{"platform", platform_.platform()}, {"operation", info.name}});
  const std::string attempt_number = std::to_string(number);
  const std::string status = std::to_string(http_status);
  const MonoTime end = core_.clock->mono();
  core_.observer->span(SpanRecord{span_name::kAttempt, sent, end, started_at(*core_.clock, sent, end), id_,
                                  core_.span_ids.next(), id_, trace_,
                                  Attributes{{"platform", platform_.platform()},
                                             {"operation", info.name},
                                             {"attempt", attempt_number},
                                             {"status", status},
                                             {"outcome", verdict.accepted ? "ok" : to_string(verdict.kind)}}});
}

void CallReport::repeat(const OperationInfo& info, std::string_view reason) const {
  if (!core_.observer) return;
  count(*core_.observer, metric::kRepeats,
        {{"platform", platform_.platform()}, {"operation", info.name}, {"reason", reason}});
}

void CallReport::ignored(const OperationInfo& info, std::string_view code) const {
  if (!core_.observer) return;
  count(*core_.observer, metric::kIgnoredCodes,
        {{"platform", platform_.platform()}, {"operation", info.name}, {"code", code}});
  log(*core_.observer, LogLevel::info, log_event::kCodeIgnored, "the platform's code means that it was so already",
      {{"operation", info.name}, {"code", code}});
}

void CallReport::ended(const OperationInfo& info, const std::optional<Error>& error, int attempts) const {
  if (!core_.observer) return;
  Observer& observer = *core_.observer;
  const MonoTime end = core_.clock->mono();
  const std::string_view outcome = error ? to_string(error->kind()) : std::string_view("ok");
  const std::string_view code = error ? std::string_view(error->platform_code()) : std::string_view();
  count(observer, metric::kCalls,
        {{"platform", platform_.platform()},
         {"account", platform_.account()},
         {"operation", info.name},
         {"outcome", outcome},
         {"code", code}});
  observe(observer, metric::kCallSeconds, {{"platform", platform_.platform()}, {"operation", info.name}},
          std::chrono::duration<double>(end - start_).count());
  const std::string tries = std::to_string(attempts);
  observer.span(SpanRecord{span_name::kCall, start_, end, started_at(*core_.clock, start_, end), id_, id_, 0, trace_,
                           Attributes{{"platform", platform_.platform()},
                                      {"account", platform_.account()},
                                      {"operation", info.name},
                                      {"outcome", outcome},
                                      {"attempts", tries}}});
  if (error)
    log(observer, LogLevel::warning, log_event::kCallFailed, error->message(),
        {{"operation", info.name},
         {"kind", outcome},
         {"delivery", to_string(error->delivery())},
         {"code", code},
         {"request_id", error->details().request_id}});
}

}  // namespace detail
KEFU_END_NAMESPACE
