#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/core/runtime.hpp>

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// A runtime with the default transport, for tests that talk to a RawServer. Waits are bounded by the deadline that the
/// transport itself has to keep.
class TransportCase {
 public:
  explicit TransportCase(kefu::CurlOptions curl = {}) {
    kefu::RuntimeOptions options;
    options.curl = std::move(curl);
    options.executor = std::make_shared<kefu::InlineExecutor>();
    auto made = kefu::Runtime::create(std::move(options));
    REQUIRE_MESSAGE(made, (made ? "" : made.error().to_string()));
    runtime_ = std::make_unique<kefu::Runtime>(*std::move(made));
  }

  static kefu::HttpRequest get(std::string base, std::string path = "/") {
    kefu::HttpRequest request;
    request.base = std::move(base);
    request.path = std::move(path);
    request.repeatable = true;
    return request;
  }
  static kefu::HttpRequest post(std::string base, std::string body, std::string path = "/") {
    kefu::HttpRequest request = get(std::move(base), std::move(path));
    request.method = "POST";
    request.body = std::move(body);
    request.repeatable = false;
    return request;
  }

  std::future<kefu::HttpOutcome> start(kefu::HttpRequest request, kefu::Millis limit = kefu::Millis(20'000),
                                       kefu::CancelToken cancel = {}) {
    std::promise<kefu::HttpOutcome> promise;
    auto future = promise.get_future();
    auto& core = *kefu::detail::core_of(*runtime_);
    core.transport->send(
        std::move(request), core.clock->mono() + limit, std::move(cancel),
        [promise = std::move(promise)](kefu::HttpOutcome outcome) mutable { promise.set_value(std::move(outcome)); });
    return future;
  }
  kefu::HttpOutcome exchange(kefu::HttpRequest request, kefu::Millis limit = kefu::Millis(20'000),
                             kefu::CancelToken cancel = {}) {
    return start(std::move(request), limit, std::move(cancel)).get();
  }
  /// Comes back when everything posted before has run on the loop.
  void settle() {
    std::promise<void> done;
    kefu::detail::core_of(*runtime_)->scheduler->post([&] { done.set_value(); });
    done.get_future().wait();
  }
  kefu::Runtime& runtime() { return *runtime_; }
  void stop() { runtime_.reset(); }

 private:
  std::unique_ptr<kefu::Runtime> runtime_;
};

/// "fault: detail", or "200 body": what a failed check should show.
inline std::string told(const kefu::HttpOutcome& outcome) {
  if (outcome.fault) return std::to_string(static_cast<int>(*outcome.fault)) + ": " + outcome.detail;
  return std::to_string(outcome.reply.status) + " " + outcome.reply.body;
}

}  // namespace kefu_test
