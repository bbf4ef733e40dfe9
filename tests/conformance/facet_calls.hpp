#pragma once

#include "channel_under_test.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// Waits for a call that was started: its error, if it failed.
using Waiting = std::function<std::optional<kefu::Error>()>;

template <class T>
Waiting waiting(kefu::Pending<T> pending) {
  const auto held = std::make_shared<kefu::Pending<T>>(std::move(pending));
  return [held]() -> std::optional<kefu::Error> {
    const auto result = std::move(*held).get();
    if (result) return std::nullopt;
    return result.error();
  };
}

/// One call of a facet with arguments that are right. It holds the facet, not the channel.
struct FacetCall {
  FacetCall(std::string n, std::function<Waiting(kefu::CallOptions)> s) : name(std::move(n)), start(std::move(s)) {}
  std::string name;
  std::function<Waiting(kefu::CallOptions)> start;
};

/// The calls that the account's capabilities promise, whatever facets it has; changes nothing at the
/// platform but what customers are shown.
std::vector<FacetCall> promised_calls(ChannelUnderTest& channel);

/// The call behind an ability, with arguments that are right; nothing if the account lacks the facet.
std::optional<FacetCall> call_of(ChannelUnderTest& channel, kefu::Ability ability);

/// "ok", or the name of the error's kind.
inline std::string outcome(const std::optional<kefu::Error>& error) {
  return error ? std::string(kefu::to_string(error->kind())) : "ok";
}
inline std::string why(const std::optional<kefu::Error>& error) { return error ? error->to_string() : "ok"; }

/// The smallest file that begins as a PNG does.
std::string smallest_picture();

/// Does the error say why, in the words of the capabilities (their first clause)?
bool gives_reason(const kefu::Error& error, const std::string& reason);

/// Every text that may be put into a page token and is no page of any query.
std::vector<std::string> hostile_page_tokens();

}  // namespace kefu_test
