#pragma once

#include "jd/gateway/operation.hpp"

#include <kefu/core/operation.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Both names of a method at the gateway: kefu's and the platform's.
#define KEFU_JD_METHOD(method) "jd." method, "POST", "jingdong." method

constexpr Millis kGatewayTimeout{10'000};

// Why an operation is weak (OperationInfo::weak).
constexpr std::string_view kAnswerUnknown = "the answer is in no public source";
constexpr std::string_view kAnswerOfOneSdk = "the answer is in one SDK only";
constexpr std::string_view kAnswerByAnalogy =
    "the answer is read by analogy with a sister method; no public source shows it";

/// Defines the row of `Type`, decoded by its response's field list from the answer node.
#define KEFU_JD_ROW(Type, method, effect, page, weak)                                                    \
  const Operation& Type::operation() {                                                                   \
    static const Operation row = make_gateway_operation<Type>(                                           \
        {KEFU_JD_METHOD(method), Authorization::access_token, effect, "", kGatewayTimeout, page, weak}); \
    return row;                                                                                          \
  }

/// As KEFU_JD_ROW, for answers that a field list alone cannot read.
#define KEFU_JD_ROW_DECODED(Type, method, effect, page, weak, decode)                                   \
  const Operation& Type::operation() {                                                                  \
    static const Operation row{                                                                         \
        {KEFU_JD_METHOD(method), Authorization::access_token, effect, "", kGatewayTimeout, page, weak}, \
        &detail::encode_json<Type>,                                                                     \
        decode};                                                                                        \
    return row;                                                                                         \
  }

}  // namespace jd
KEFU_END_NAMESPACE
