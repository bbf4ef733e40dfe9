#pragma once

#include "support/wechat_world.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace kefu_test {

template <class Op>
kefu::Result<typename Op::Response> wechat_call(WechatWorld& world, Op op) {
  return world.account->call(std::move(op)).get();
}
/// The answer of a call that has to succeed.
template <class Op>
typename Op::Response wechat_ask(WechatWorld& world, Op op) {
  auto answer = wechat_call(world, std::move(op));
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().to_string()));
  return *std::move(answer);
}

/// One typed call of an API; gives the error, if there is one.
using WechatCaller = std::function<std::optional<kefu::Error>(WechatWorld&)>;
template <class Op>
WechatCaller wechat_caller(Op op) {
  return [op](WechatWorld& world) -> std::optional<kefu::Error> {
    auto answer = wechat_call(world, op);
    if (answer) return std::nullopt;
    return answer.error();
  };
}
using WechatCallers = std::map<std::string, WechatCaller, std::less<>>;

/// What a good answer must become, by the name of its vector.
using WechatChecks = std::map<std::string, std::function<void(WechatWorld&)>, std::less<>>;

/// QR codes, menus, mini-program codes, links, short keys, articles, sessions (tests/contract/wechat_promotion.cpp).
void add_promotion(WechatChecks& checks);
void add_promotion(WechatCallers& callers);

}  // namespace kefu_test
