#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/core/function.hpp>
#include <kefu/core/result.hpp>

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

/// The states of an application's authorization links. A state is a name, under which the store keeps the merchant for
/// ten minutes, and a proof, which is kept there but in no key. Whoever removes that entry may redeem the code: once,
/// in one process.
///
/// Thread safety: any thread; `done` is called on the loop.
class AuthorizationLinks {
 public:
  AuthorizationLinks(std::shared_ptr<RuntimeCore> runtime, std::string platform, std::string app)
      : runtime_(std::move(runtime)), platform_(std::move(platform)), app_(std::move(app)) {}

  /// A state that nobody can guess; empty if the system gives no random numbers.
  static std::string new_state();

  /// Keeps what the state stands for. `done`: of the store.
  void keep(const std::string& state, const std::string& merchant, MoveFunction<void(Result<void>)> done) const;
  /// The merchant, for the one who is first. `done`: `not_found` if it is unknown, used or too old.
  void take(std::string_view state, MoveFunction<void(Result<std::string>)> done) const;

 private:
  std::string key(std::string_view name) const;

  const std::shared_ptr<RuntimeCore> runtime_;
  const std::string platform_;
  const std::string app_;
};

/// What is wrong with a merchant's name, if anything.
std::optional<std::string> check_merchant_name(std::string_view name);
/// The name in the rest of a store's key.
std::string unescaped_merchant(std::string_view escaped);

}  // namespace detail
KEFU_END_NAMESPACE
