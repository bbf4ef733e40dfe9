#pragma once

#include "core/call/reply.hpp"
#include "core/text/document.hpp"
#include "support/jd_world.hpp"

#include <kefu/core/operation.hpp>
#include <kefu/jd/after_sale.hpp>
#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <cxxabi.h>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace kefu_test {

/// One operation of JD with the values of its vector, and what its answer must be read as.
struct JdCase {
  JdCase(std::string t, const kefu::Operation& r, std::function<kefu::Result<std::string>()> e,
         std::function<kefu::Result<void>(std::string_view)> d)
      : type(std::move(t)), row(&r), encode(std::move(e)), decode(std::move(d)) {}
  std::string type;  ///< The operation's name in kefu::jd.
  const kefu::Operation* row;
  std::function<kefu::Result<std::string>()> encode;  ///< The business JSON.
  /// Makes the call with this answer and, if it can be read, checks.
  std::function<kefu::Result<void>(std::string_view answer)> decode;
};

/// The business JSON of an operation.
template <class Op>
kefu::Result<std::string> encoded(const Op& op) {
  kefu::HttpRequest request;
  const auto written = Op::operation().encode(&op, request);
  if (!written) return written.error();
  return request.body;
}

/// Reads an answer of the gateway as this operation's decoder does.
template <class Op>
kefu::Result<typename Op::Response> decoded(std::string_view answer) {
  kefu::detail::Reply reply;
  reply.document = kefu::detail::Document::json(answer);
  REQUIRE_MESSAGE(reply.document, "not JSON: " << std::string(answer));
  reply.unreadable = kefu::detail::ReadFault::none;
  typename Op::Response response;
  const auto read = Op::operation().decode(reply, &response);
  if (!read) return read.error();
  return response;
}

template <class Op>
std::string type_name() {
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(typeid(Op).name(), nullptr, nullptr, nullptr),
                                                    std::free);
  const std::string whole = name ? name.get() : "";
  return whole.substr(whole.rfind(':') + 1);
}

/// The whole call that is answered so: gateway, verdict of the family, decoder.
template <class Op>
kefu::Result<typename Op::Response> answered_call(const Op& op, std::string_view answer) {
  const JdWorld world;
  world.answer(std::string(answer));
  return world.shop->call(op).get();
}

template <class Op, class Check>
JdCase jd_case(Op op, Check check) {
  return {type_name<Op>(), Op::operation(), [op] { return encoded(op); },
          [op, check](std::string_view answer) -> kefu::Result<void> {
            const auto response = answered_call(op, answer);
            if (!response) return response.error();
            check(*response);
            return {};
          }};
}

/// For answers whose words are public and whose meaning is not: a write that may have happened.
template <class Op>
JdCase jd_doubtful_case(Op op, std::string code, std::string message) {
  return {type_name<Op>(), Op::operation(), [op] { return encoded(op); },
          [=](std::string_view answer) -> kefu::Result<void> {
            const auto response = answered_call(op, answer);
            REQUIRE(!response);
            CHECK(response.error().delivery() == kefu::Delivery::unknown);
            CHECK(response.error().platform_code() == code);
            CHECK(response.error().details().platform_message == message);
            return {};
          }};
}

/// A moment as vectors write it.
inline kefu::WallTime jd_time(std::string_view text) {
  const auto read = kefu::jd::read_gateway_time(text);
  REQUIRE_MESSAGE(read, "no time: " << std::string(text));
  return *read;
}

inline std::string text_of(const kefu::jd::Time& time) { return time.at ? kefu::jd::gateway_time(*time.at) : ""; }

inline kefu::jd::Operator jd_operator() { return kefu::jd::Operator("10001", "flagship-zhang", "客服A"); }

// Each family's cases, in tests/contract/jd_cases_*.cpp.
std::vector<JdCase> jd_im_cases();
std::vector<JdCase> jd_realtime_cases();
std::vector<JdCase> jd_dongdong_cases();
std::vector<JdCase> jd_after_sale_cases();
std::vector<JdCase> jd_review_cases();
std::vector<JdCase> jd_commerce_cases();
std::vector<JdCase> jd_identity_cases();

inline std::vector<JdCase> jd_cases() {
  std::vector<JdCase> all;
  for (const auto family : {jd_im_cases, jd_realtime_cases, jd_dongdong_cases, jd_after_sale_cases, jd_review_cases,
                            jd_commerce_cases, jd_identity_cases})
    for (JdCase& one : family()) all.push_back(std::move(one));
  return all;
}

}  // namespace kefu_test
