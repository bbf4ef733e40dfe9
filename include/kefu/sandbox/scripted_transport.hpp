#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/http.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// A transport for tests that answers from a script, in scheduler time, and remembers what it was asked.
///
/// An answer comes from the handler of the request's path if there is one, else from the queue, in order; with an empty
/// queue it is `connection_refused` and says so in its detail. Deadlines, cancellation, size limits, sinks and sources
/// behave as with the real transport.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT ScriptedTransport final : public Transport {
 public:
  /// Any scheduler with its clock; with simulated time use the shorter form.
  ScriptedTransport(std::shared_ptr<Scheduler> scheduler, std::shared_ptr<const Clock> clock);
  explicit ScriptedTransport(const std::shared_ptr<SimulatedTime>& time) : ScriptedTransport(time, time) {}
  ~ScriptedTransport() override;

  /// The next answers of the queue; each arrives `delay` after its request.
  ScriptedTransport& reply(std::string body, Millis delay = Millis(0));
  ScriptedTransport& reply(HttpReply reply, Millis delay = Millis(0));
  ScriptedTransport& fault(TransportFault fault, Millis delay = Millis(0));
  /// The next request is never answered: only its deadline or a cancel ends it.
  ScriptedTransport& silence();

  /// Answers every request of this path from now on. The handler runs on the loop, `delay` after the request.
  using Handler = std::function<HttpOutcome(const HttpRequest&)>;
  ScriptedTransport& on(std::string path, Handler handler, Millis delay = Millis(0));

  /// What was asked so far, oldest first. A BodySource was read into `body`.
  std::vector<HttpRequest> requests() const;
  /// The last request; an empty one if there was none.
  HttpRequest last() const;
  std::size_t count() const;
  std::size_t count(std::string_view path) const;
  /// Answers of the queue that were not used.
  std::size_t left() const;

  void send(HttpRequest request, MonoTime deadline, CancelToken cancel, MoveFunction<void(HttpOutcome)> done) override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sandbox
KEFU_END_NAMESPACE
