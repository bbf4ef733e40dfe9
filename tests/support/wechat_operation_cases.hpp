#pragma once

#include "wechat/operations/rows.hpp"

#include <kefu/core/operation.hpp>
#include <kefu/wechat/account.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// One operation of WeChat with the values of a request vector. The one line of test that an operation needs: its
/// vector is compared with what it writes, and the twin is asked with it. Plain functions over the value, since there
/// are a hundred operations and the compiler pays for each `std::function`.
class WechatCase {
 public:
  using Checks = std::vector<kefu::detail::FieldCheck>;
  using Call = kefu::Result<void>(kefu::wechat::Account&, const void* op);
  using List = Checks(const void* op);
  WechatCase(std::string v, const kefu::Operation& r, std::shared_ptr<const void> op, Call* c, List* k)
      : vector(std::move(v)), row(&r), op_(std::move(op)), call_(c), checks_(k) {}

  /// The request, with the vectors' token.
  kefu::Result<kefu::HttpRequest> encode() const {
    kefu::HttpRequest request;
    request.method = row->info.method;
    request.path = row->info.path;
    if (row->info.authorization == kefu::Authorization::access_token)
      request.query.emplace_back("access_token", "ACCESS_TOKEN");
    if (auto done = row->encode(op_.get(), request); !done) return done.error();
    return request;
  }
  /// Asks as a host does and reads the answer.
  kefu::Result<void> call(kefu::wechat::Account& account) const { return call_(account, op_.get()); }
  /// What is looked at before it goes out.
  Checks checks() const { return checks_ == nullptr ? Checks() : checks_(op_.get()); }

  std::string vector;  ///< Its name in wechat-messages.json or wechat-ours.json.
  const kefu::Operation* row;

 private:
  std::shared_ptr<const void> op_;
  Call* call_;
  List* checks_;
};

template <class Op>
WechatCase wechat_case(std::string vector, Op op) {
  const auto call = [](kefu::wechat::Account& account, const void* value) -> kefu::Result<void> {
    const auto answer = account.call(*static_cast<const Op*>(value)).get();
    if (!answer) return answer.error();
    return {};
  };
  return {std::move(vector), Op::operation(), std::make_shared<const Op>(std::move(op)), call,
          kefu::wechat::row_of<Op>().checks};
}

/// The values of every request vector that an operation writes (tests/contract/wechat_cases.cpp).
std::vector<WechatCase> wechat_cases();

}  // namespace kefu_test
