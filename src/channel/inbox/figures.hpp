#pragma once

#include <kefu/core/observer.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// How an Inbox stands, told to the observer with every sweep. What is counted as it happens (answers, commits,
/// take-overs) is told there.
struct InboxFigures {
  explicit InboxFigures(std::string_view p) : platform(p) {}
  std::string_view platform;
  std::size_t waiting = 0;
  std::size_t open_turns = 0;
  std::size_t sessions = 0;
  Millis oldest{0};
  std::optional<Millis> behind;  ///< At the account where it is worst; absent: nothing is polled.
};
void show(Observer& observer, const InboxFigures& figures);

/// How one account stands. Only accounts in use are told, so the observer's series stay few.
struct AccountFigures {
  AccountFigures(std::string_view p, std::string_view a) : platform(p), account(a) {}
  std::string_view platform;
  std::string_view account;
  Millis oldest{0};
  std::optional<Millis> behind;
};
void show(Observer& observer, const AccountFigures& figures);

}  // namespace detail
KEFU_END_NAMESPACE
