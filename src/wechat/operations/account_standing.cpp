#include "wechat/operations/account_standing.hpp"

#include "wechat/operations/account_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

/// Whether a text as "1, 6, 100-101" names one of these numbers.
bool names_one_of(std::string_view text, const std::vector<int>& numbers) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(", "), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 2, text.size()));
    int first = 0;
    const auto read = std::from_chars(one.data(), one.data() + one.size(), first);
    int last = first;
    if (read.ptr != one.data() + one.size()) std::from_chars(read.ptr + 1, one.data() + one.size(), last);
    for (const int number : numbers)
      if (number >= first && number <= last) return true;
  }
  return false;
}

}  // namespace

AccountStanding standing_of(const AccountConfig& config) {
  AccountStanding standing(config.kind, config.verified);
  standing.permission_sets = config.permission_sets;
  return standing;
}

std::optional<Error> lacking_for(const AccountStanding& account, std::string_view path) {
  if (auto refused = refuse_api(account.kind, account.verified, path)) return refused;
  const Accounts* const rule = accounts_of(path);
  if (!account.permission_sets || rule == nullptr || rule->permission_sets.empty()) return std::nullopt;
  if (names_one_of(rule->permission_sets, *account.permission_sets)) return std::nullopt;
  return Error(
      ErrorKind::permission,
      fmt::format("{} needs one of the permission sets (权限集) {}, and AccountConfig::permission_sets has none "
                  "of them: ask the account's owner for a new authorization",
                  path, rule->permission_sets));
}

}  // namespace wechat
KEFU_END_NAMESPACE
