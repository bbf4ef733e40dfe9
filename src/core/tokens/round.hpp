#pragma once

#include "core/async/runtime_core.hpp"
#include "core/async/wait.hpp"
#include "core/tokens/credential.hpp"

#include <kefu/core/store.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One round of a TokenBroker: why it runs, how far it has come, and those who wait for its end. Loop only.
struct TokenRound : std::enable_shared_from_this<TokenRound> {
  enum class Cause : unsigned char {
    missing,
    ahead,    ///< The token in use nears its end.
    refused,  ///< The platform refused it.
    leaked,   ///< The host wants it replaced although it may be good.
  };

  TokenRound(Cause c, std::shared_ptr<RuntimeCore> core) : cause(c), core_(std::move(core)) {}

  /// Waits with its own deadline and cancel token (TOK-3); what is over already is told at once.
  void wait(MonoTime deadline, CancelToken cancel, TokenProvider::Got done);
  /// Answers all who wait, in the order of asking.
  void answer_all(const Result<TokenPtr>& result);
  bool nobody_waits() const;
  /// For metrics and logs.
  std::string_view cause_name() const;

  const Cause cause;
  std::uint64_t refused = 0;  ///< Digest of the token that the platform refused.
  bool over = false;
  int polls = 0;
  int looks = 0;  ///< At the record again, after a fetch that found it renewed.

  std::optional<Lease> lease;
  bool store_down = false;
  std::uint64_t store_generation = 0;
  std::uint64_t record_generation = 0;

  TokenFetcher::Mode mode = TokenFetcher::Mode::normal;
  MonoTime fetch_start{};
  WallTime fetch_wall{};
  CancelSource fetch_cancel;
  Scheduler::Ticket guard = 0;

 private:
  struct Waiter;

  const std::shared_ptr<RuntimeCore> core_;
  std::deque<std::shared_ptr<Waiter>> waiters_;  ///< In the order of asking.
};

}  // namespace detail
KEFU_END_NAMESPACE
