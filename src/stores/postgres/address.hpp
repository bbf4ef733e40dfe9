#pragma once

#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Where connections go: a connection string taken apart, with what kefu sets where it says nothing. libpq tries one
/// host after the other only where it may block, so each is an address of its own here.
///
/// Thread safety: immutable.
class PostgresAddress {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  /// `bad_argument`: not a connection string, or it holds a password. The message repeats nothing of it.
  static Result<PostgresAddress> parse(const std::string& conninfo);

  std::size_t hosts() const { return hosts_.size(); }
  /// What libpq wants to know for one of the hosts, but for the password.
  Settings settings(std::size_t host) const;

 private:
  Settings common_;
  std::vector<Settings> hosts_;  ///< At least one; host, hostaddr and port of each, as far as they are given.
};

}  // namespace detail
KEFU_END_NAMESPACE
