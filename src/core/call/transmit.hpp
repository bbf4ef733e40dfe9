#pragma once

#include "core/async/host_answer.hpp"
#include "core/async/host_parts.hpp"
#include "core/call/download_gate.hpp"
#include "core/call/fault_table.hpp"

#include <memory>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Gives the request to the transport; `done(Result<HttpOutcome>)` runs on the loop, or is destroyed where it stops. An
/// error means that the host's transport threw or dropped it.
template <class Done>
void transmit(RuntimeCore& core, HttpRequest request, MonoTime deadline, CancelToken cancel, Done done) {
  if (core.transport_is_ours)
    return core.transport->send(std::move(request), deadline, std::move(cancel),
                                [done = std::move(done)](HttpOutcome outcome) mutable { done(std::move(outcome)); });
  ask_host<HttpOutcome>(
      core.shared_from_this(), host_seam::kTransport, AtStop::answered_by_seam,
      [&](auto answer) {
        core.transport->send(std::move(request), deadline, std::move(cancel),
                             [answer = std::move(answer)](HttpOutcome outcome) mutable { answer(std::move(outcome)); });
      },
      [loop = core.scheduler, done = std::move(done)](Result<HttpOutcome> outcome) mutable {
        if (loop->is_own_thread()) return done(std::move(outcome));
        const auto scheduler = loop;
        scheduler->post([done = std::move(done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
      });
}

/// Host code that took part in the exchange and failed: what the transport says of it is only the consequence.
inline std::optional<Error> broken_by_host(const Result<HttpOutcome>& outcome, const DownloadGate* download,
                                           const HostSource* source) {
  if (!outcome) return outcome.error();
  if (download != nullptr && download->broken()) return download->broken();
  return source != nullptr && outcome->fault ? source->broken() : std::nullopt;
}

inline Verdict verdict_of(const Error& broken, Effect effect) {
  Verdict verdict = verdict_of(Fault::cancelled_after_sending, effect);
  verdict.kind = broken.kind();
  verdict.advice = "the platform may have acted";
  return verdict;
}

}  // namespace detail
KEFU_END_NAMESPACE
