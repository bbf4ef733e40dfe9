#pragma once

#include "wechat/operations/rows.hpp"

#include <kefu/core/operation.hpp>
#include <kefu/wechat/account.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// One operation of WeChat with the values of a request vector. The one line of test that an operation needs: its
/// vector is compared with what it writes, and the twin is asked with it.
struct WechatCase {
  using Checks = std::vector<kefu::detail::FieldCheck>;
  WechatCase(std::string v, const kefu::Operation& r, std::function<kefu::Result<kefu::HttpRequest>()> e,
             std::function<kefu::Result<void>(kefu::wechat::Account&)> c, std::function<Checks()> k)
      : vector(std::move(v)), row(&r), encode(std::move(e)), call(std::move(c)), checks(std::move(k)) {}
  std::string vector;  ///< Its name in wechat-messages.json or wechat-ours.json.
  const kefu::Operation* row;
  std::function<kefu::Result<kefu::HttpRequest>()> encode;         ///< The request, with the vectors' token.
  std::function<kefu::Result<void>(kefu::wechat::Account&)> call;  ///< Asks as a host does and reads the answer.
  std::function<Checks()> checks;                                  ///< What is looked at before it goes out.
};

template <class Op>
kefu::Result<kefu::HttpRequest> wechat_request(const Op& op) {
  const kefu::Operation& row = Op::operation();
  kefu::HttpRequest request;
  request.method = row.info.method;
  request.path = row.info.path;
  if (row.info.authorization == kefu::Authorization::access_token)
    request.query.emplace_back("access_token", "ACCESS_TOKEN");
  if (auto done = row.encode(&op, request); !done) return done.error();
  return request;
}

template <class Op>
WechatCase wechat_case(std::string vector, Op op) {
  return {std::move(vector), Op::operation(), [op] { return wechat_request(op); },
          [op](kefu::wechat::Account& account) -> kefu::Result<void> {
            const auto answer = account.call(op).get();
            if (!answer) return answer.error();
            return {};
          },
          [op] {
            const auto list = kefu::wechat::row_of<Op>().checks;
            return list == nullptr ? WechatCase::Checks() : list(&op);
          }};
}

/// The values of every request vector that an operation writes (tests/contract/wechat_cases.cpp).
std::vector<WechatCase> wechat_cases();

}  // namespace kefu_test
