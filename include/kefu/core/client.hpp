#pragma once

#include <kefu/core/call_options.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/result.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

KEFU_BEGIN_NAMESPACE

namespace detail {

class Pipeline;

/// One call with its types rubbed off: the pipeline is compiled once, against this.
class KEFU_EXPORT Call {
 public:
  virtual ~Call() = default;
  virtual const OperationInfo& info() const = 0;
  virtual Result<void> encode(HttpRequest& out) const = 0;
  /// `encode` and `finish` open, write or name a file: they run on the file thread.
  virtual bool uses_file() const { return false; }
  /// Reads the reply into the place kept for the response.
  virtual Result<void> decode(const Reply& reply) = 0;
  /// What is left to do on this side after `decode`.
  virtual Result<void> finish(const Reply&) { return {}; }
  /// Hand the response, or the failure, to whoever waits. Exactly one of them is called, once, on the loop; whoever
  /// takes a call calls one, also where it drops it.
  virtual void succeed() = 0;
  virtual void fail(Error error) = 0;
};

/// A call that goes by the row of its operation. It knows the request and the place of the response without their
/// types, so that an operation costs a host's compiler little.
class KEFU_EXPORT RowCall : public Call {
 public:
  const OperationInfo& info() const final { return row_.info; }
  Result<void> encode(HttpRequest& out) const final;
  bool uses_file() const final;
  Result<void> decode(const Reply& reply) final;
  Result<void> finish(const Reply& reply) final;

 protected:
  RowCall(const Operation& row, const void* request, void* response)
      : row_(row), request_(request), response_(response) {}

 private:
  const Operation& row_;
  const void* request_;
  void* response_;
};

/// A call of a known operation: request and response.
template <class Op>
class OperationCall : public RowCall {
 protected:
  explicit OperationCall(Op op) : RowCall(Op::operation(), &op_, &response_), op_(std::move(op)) {}
  Op op_;
  typename Op::Response response_{};
};

/// A call of the library's own flows. `Done` is called with Result<Op::Response> on the loop.
template <class Op, class Done>
class FlowCall final : public OperationCall<Op> {
 public:
  FlowCall(Op op, Done done) : OperationCall<Op>(std::move(op)), done_(std::move(done)) {}
  void succeed() override { done_(Result<typename Op::Response>(std::move(this->response_))); }
  void fail(Error error) override { done_(Result<typename Op::Response>(std::move(error))); }

 private:
  Done done_;
};

/// A call of the host, which waits for the very object: one block holds request, response and what Pending reads.
template <class Op>
class HostCall final : public OperationCall<Op>, public TypedState<typename Op::Response> {
 public:
  HostCall(std::shared_ptr<PendingHome> home, Op op)
      : OperationCall<Op>(std::move(op)), TypedState<typename Op::Response>(std::move(home)) {}
  void succeed() override { this->answer(std::move(this->response_)); }
  void fail(Error error) override { this->answer(std::move(error)); }
};

}  // namespace detail

/// A handle on the pipeline of one account: base URL, credentials, limits, code table. Cheap to copy.
///
/// Thread safety: all members may be called from any thread. Lifetime: may outlive its runtime and its account; calls
/// are then answered `cancelled`.
class KEFU_EXPORT ApiClient {
 public:
  explicit ApiClient(std::shared_ptr<detail::Pipeline> pipeline) : pipeline_(std::move(pipeline)) {}

  /// Starts an operation. Errors: see the operation; all of ErrorKind may come from the platform's code table.
  template <class Op>
  Pending<typename Op::Response> call(Op op, CallOptions options = {}) const {
    const auto call = std::make_shared<detail::HostCall<Op>>(home(), std::move(op));
    auto pending = detail::PendingAccess::of<typename Op::Response>(call);
    launch(call, std::move(options), call->cancelled(), Asker::host);
    return pending;
  }

  /// Calls an API that is not modelled; see RawCall.
  Pending<RawReply> call(RawCall op, CallOptions options = {}) const;

  /// Continuation form for the library's own flows: `done` runs on the loop. `unwanted` is a second cancel token.
  template <class Op, class Done>
  void start(Op op, CallOptions options, CancelToken unwanted, Done done) const {
    launch(std::make_shared<detail::FlowCall<Op, std::decay_t<Done>>>(std::move(op), std::move(done)),
           std::move(options), std::move(unwanted), Asker::library);
  }

 private:
  /// Who wants the call: the host's are refused while too much is under way (RuntimeOptions::calls_in_flight).
  enum class Asker : unsigned char { host, library };
  void launch(std::shared_ptr<detail::Call> call, CallOptions options, CancelToken unwanted, Asker asker) const;
  std::shared_ptr<detail::PendingHome> home() const;
  std::shared_ptr<detail::Pipeline> pipeline_;
};

KEFU_END_NAMESPACE
