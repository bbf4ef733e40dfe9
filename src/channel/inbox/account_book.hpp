#pragma once

#include "channel/inbox/account.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/scheduler.hpp>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The accounts of an Inbox: one, or those that the host's resolver finds. What was found is kept for a minute.
///
/// Thread safety: the loop.
class AccountBook : public std::enable_shared_from_this<AccountBook> {
 public:
  using Found = MoveFunction<void(Result<AccountPtr>)>;
  /// So long an account is waited for where no request does.
  static constexpr Millis kFindTime{10'000};
  AccountBook(std::shared_ptr<RuntimeCore> runtime, AccountPtr only);
  AccountBook(std::shared_ptr<RuntimeCore> runtime, std::string platform, AccountResolver resolver);

  /// The one account; null where there are many.
  const AccountPtr& only() const { return only_; }
  const std::string& platform() const { return platform_; }
  /// What the keys of all lanes begin with, and those of all dead letters.
  std::string lane_prefix() const;
  std::string dead_prefix() const;
  /// An account that needs no asking; else null.
  AccountPtr known(const std::string& account) const;
  /// `found` is called once, at the latest at the deadline. Errors: the resolver's; `not_found`: there is no such
  /// account; `timeout`.
  void find(const std::string& account, MonoTime deadline, Found found);

 private:
  struct Known {
    AccountPtr account;
    MonoTime until{};
  };
  struct Asked;
  void timed_out(const std::string& account, const std::shared_ptr<Asked>& asked);
  void ask(const std::string& account);
  Result<AccountPtr> open(const std::string& account, Result<std::shared_ptr<Channel>> channel) const;
  void answered(const std::string& account, Result<std::shared_ptr<Channel>> channel);

  const std::shared_ptr<RuntimeCore> runtime_;
  const AccountPtr only_;
  const std::string platform_;
  const AccountResolver resolver_;
  std::unordered_map<std::string, Known> known_;
  std::unordered_map<std::string, std::vector<std::shared_ptr<Asked>>> asked_;
};

}  // namespace detail
KEFU_END_NAMESPACE
