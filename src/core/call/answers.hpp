#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/core/call_options.hpp>
#include <kefu/core/client.hpp>
#include <kefu/core/pending.hpp>

#include <memory>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A result that is there already.
template <class T>
Pending<T> answered(const std::shared_ptr<RuntimeCore>& runtime, Result<T> result) {
  Promise<T> promise(runtime);
  auto pending = promise.pending();
  promise.answer(std::move(result));
  return pending;
}
template <class T>
Pending<T> answered(const std::shared_ptr<RuntimeCore>& runtime, Error error) {
  return answered<T>(runtime, Result<T>(std::move(error)));
}
template <class T>
Pending<T> answered(const std::shared_ptr<RuntimeCore>& runtime, T value) {
  return answered<T>(runtime, Result<T>(std::move(value)));
}

inline Pending<void> failed(const std::shared_ptr<RuntimeCore>& runtime, Error error) {
  Promise<void> promise(runtime);
  auto pending = promise.pending();
  promise.answer(Result<void>(std::move(error)));
  return pending;
}

/// One call whose response says nothing but that it was done.
template <class Op>
Pending<void> done(const std::shared_ptr<RuntimeCore>& runtime, const ApiClient& client, Op op, CallOptions options) {
  if (auto refusal = runtime->refuse_start()) return failed(runtime, *std::move(refusal));
  Promise<void> promise(runtime);
  auto pending = promise.pending();
  auto unwanted = promise.cancelled();
  client.start(std::move(op), std::move(options), std::move(unwanted),
               [promise = std::move(promise)](const Result<typename Op::Response>& result) mutable {
                 promise.answer(result ? Result<void>() : Result<void>(result.error()));
               });
  return pending;
}

/// One call whose response becomes something else: `make(Response)` gives T or Result<T>, on the loop.
template <class T, class Op, class Make>
Pending<T> mapped(const std::shared_ptr<RuntimeCore>& runtime, const ApiClient& client, Op op, CallOptions options,
                  Make make) {
  if (auto refusal = runtime->refuse_start()) return answered<T>(runtime, *std::move(refusal));
  Promise<T> promise(runtime);
  auto pending = promise.pending();
  auto unwanted = promise.cancelled();
  client.start(std::move(op), std::move(options), std::move(unwanted),
               [promise = std::move(promise), make = std::move(make)](Result<typename Op::Response> result) mutable {
                 if (!result) return promise.answer(result.error());
                 promise.answer(make(*std::move(result)));
               });
  return pending;
}

}  // namespace detail
KEFU_END_NAMESPACE
