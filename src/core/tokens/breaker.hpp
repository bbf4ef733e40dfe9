#pragma once

#include "core/tokens/credential.hpp"

#include <kefu/core/error.hpp>

#include <cstdint>
#include <optional>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Stops the renewal of a token for a while when it does not help: renewed tokens are refused at once again and again,
/// or too many renewals were made in short time (C4.6). A pure function of the times it is given. Loop only.
class TokenBreaker {
 public:
  /// `kind` of the error while it is open.
  explicit TokenBreaker(ErrorKind kind) : kind_(kind) {}

  /// This token was fetched because another one was refused.
  void renewed(const Token& token) { renewed_ = token.tag.digest; }
  /// A fetch for a refused token begins.
  void fetching(MonoTime now) { fetches_.push_back(now); }

  /// A token was refused: an error if it must not be renewed now. `opened` says whether that is news.
  std::optional<Error> refused(const Token& token, MonoTime now, bool* opened);

 private:
  const ErrorKind kind_;
  std::uint64_t renewed_ = 0;
  int quick_refusals_ = 0;
  std::vector<MonoTime> fetches_;  // of the last ten minutes; bounded, as the breaker opens at five
  MonoTime open_until_ = MonoTime::min();
};

}  // namespace detail
KEFU_END_NAMESPACE
