#include "core/call/pipeline.hpp"

#include <kefu/core/client.hpp>

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE

namespace detail {

namespace {

/// A call whose facts are only known when it is made.
class RawHostCall final : public Call, public TypedState<RawReply> {
 public:
  RawHostCall(std::shared_ptr<PendingHome> home, RawCall call)
      : TypedState<RawReply>(std::move(home)), call_(std::move(call)), name_("raw:" + call_.path) {
    info_.name = name_;
    info_.method = call_.method;
    info_.path = call_.path;
    info_.authorization = Authorization::access_token;
    info_.effect = call_.effect;
    info_.timeout = call_.timeout;
  }

  const OperationInfo& info() const override { return info_; }

  Result<void> encode(HttpRequest& out) const override {
    if (call_.method != "GET" && call_.method != "POST")
      return Error(ErrorKind::bad_argument, "RawCall.method must be GET or POST");
    if (call_.path.empty() || call_.path.find_first_of("?# \r\n") != std::string::npos)
      return Error(ErrorKind::bad_argument,
                   "RawCall.path must hold neither blank nor query; put parameters into RawCall.query");
    if (call_.method == "GET" && !call_.body.empty())
      return Error(ErrorKind::bad_argument,
                   fmt::format("RawCall.body has {} bytes, but a GET has none", call_.body.size()));
    out.query = call_.query;
    if (call_.method == "POST") {
      out.headers.emplace_back("content-type", "application/json");
      out.body = call_.body.empty() ? "{}" : call_.body;
    }
    return {};
  }

  Result<void> decode(const Reply& reply) override {
    response_.http_status = reply.http.status;
    response_.content_type = std::string(reply.http.header("content-type"));
    response_.body = reply.http.body;
    return {};
  }

  void succeed() override { answer(std::move(response_)); }
  void fail(Error error) override { answer(std::move(error)); }

 private:
  const RawCall call_;
  const std::string name_;
  OperationInfo info_{};
  RawReply response_;
};

}  // namespace

Result<void> RowCall::encode(HttpRequest& out) const { return row_.encode(request_, out); }

bool RowCall::uses_file() const { return row_.uses_file != nullptr && row_.uses_file(request_); }

Result<void> RowCall::decode(const Reply& reply) { return row_.decode(reply, response_); }

Result<void> RowCall::finish(const Reply& reply) {
  return row_.finish == nullptr ? Result<void>() : row_.finish(request_, reply, response_);
}

}  // namespace detail

Pending<RawReply> ApiClient::call(RawCall op, CallOptions options) const {
  const auto call = std::make_shared<detail::RawHostCall>(home(), std::move(op));
  auto pending = detail::PendingAccess::of<RawReply>(call);
  launch(call, std::move(options), call->cancelled(), Asker::host);
  return pending;
}

void ApiClient::launch(std::shared_ptr<detail::Call> call, CallOptions options, CancelToken unwanted,
                       Asker asker) const {
  if (asker == Asker::host)
    if (auto refusal = pipeline_->core()->refuse_start()) return call->fail(*std::move(refusal));
  pipeline_->launch(std::move(call), std::move(options), std::move(unwanted));
}

std::shared_ptr<detail::PendingHome> ApiClient::home() const { return pipeline_->core(); }

KEFU_END_NAMESPACE
