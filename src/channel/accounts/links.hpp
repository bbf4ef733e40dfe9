#pragma once

#include "channel/accounts/attempt.hpp"
#include "core/async/runtime_core.hpp"

#include <kefu/core/function.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// How long an authorization link may be followed.
inline constexpr std::chrono::minutes kLinkLife{10};

/// A link whose redirect came.
struct FollowedLink {
  std::string merchant;
  std::string name;
  WallTime since{};
};

/// The states of an application's authorization links. A state is a name, under which the store keeps the merchant for
/// ten minutes, and a proof, which is kept there but in no key. Whoever marks that entry as used may redeem the code:
/// once, in one process. That commit also writes the intent (see Attempt), so that a code is never spent unrecorded.
///
/// Thread safety: any thread; `done` is called on the loop.
class AuthorizationLinks {
 public:
  /// May a code be sent once more whose outcome nobody knows?
  enum class CodeAgain : unsigned char { never, allowed };

  AuthorizationLinks(std::shared_ptr<RuntimeCore> runtime, std::string platform, std::string app, CodeAgain again)
      : runtime_(std::move(runtime)), platform_(std::move(platform)), app_(std::move(app)), again_(again) {}

  /// A state that nobody can guess; empty if the system gives no random numbers.
  static std::string new_state();

  /// Keeps what the state stands for, and that the merchant is on the way. `done`: of the store.
  void keep(const std::string& state, const std::string& merchant, MoveFunction<void(Result<void>)> done) const;

  /// The merchant, for the one who is first, and who gives up after `within`. `done`: `not_found` if the state is
  /// unknown, too old, or was used; `needs_authorization` if it was used with this code and what that brought is lost
  /// (with CodeAgain::allowed such a code is given to the caller once more).
  void follow(std::string_view state, const Secret& code, Millis within,
              MoveFunction<void(Result<FollowedLink>)> done) const;

  /// Nothing came of it, or nobody knows: what `merchant` tells from now on. Calls `done` in any case.
  void fail(const FollowedLink& link, const std::string& why, Task done) const;

  std::string attempt_key(std::string_view merchant) const {
    return attempt_keys(runtime_->name_space, platform_, app_).with(merchant);
  }

 private:
  struct Following;
  std::string key(std::string_view name) const;

  const std::shared_ptr<RuntimeCore> runtime_;
  const std::string platform_;
  const std::string app_;
  const CodeAgain again_;
};

/// For `fail`: what an error says of a code that was to be redeemed.
std::string failed_redemption(const Error& error);

/// What is wrong with a merchant's name, if anything.
std::optional<std::string> check_merchant_name(std::string_view name);
/// The name in the rest of a store's key.
std::string unescaped_merchant(std::string_view escaped);

}  // namespace detail
KEFU_END_NAMESPACE
