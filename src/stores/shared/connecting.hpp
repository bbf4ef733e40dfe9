#pragma once

#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The longest that an operation of a store on a server may take.
inline constexpr Millis kLongestStoreWait{60'000};

/// What the options of all stores on servers have in common: connections, timeout, connect_timeout. `wrong` makes the
/// error of a sentence.
template <class Options, class Wrong>
Result<void> check_connecting(const Options& options, Wrong wrong) {
  constexpr Millis kShortest{10};
  constexpr std::size_t kMostConnections = 64;
  const auto outside = [&wrong](const std::string& name, auto given, const char* unit, auto least, auto most) {
    return wrong(name + " is " + std::to_string(given) + unit + "; " + std::to_string(least) + " to " +
                 std::to_string(most) + " are allowed");
  };
  if (options.connections < 1 || options.connections > kMostConnections) {
    return outside("connections", options.connections, "", 1, kMostConnections);
  }
  for (const auto& [name, span] :
       {std::pair("timeout", options.timeout), std::pair("connect_timeout", options.connect_timeout)}) {
    if (span >= kShortest && span <= kLongestStoreWait) continue;
    return outside(name, span.count(), " ms", kShortest.count(), kLongestStoreWait.count());
  }
  return {};
}

}  // namespace detail
KEFU_END_NAMESPACE
