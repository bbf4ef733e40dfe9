#pragma once

#include <kefu/channel/authorizer.hpp>
#include <kefu/channel/channel.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// The accounts of one platform's merchants, as the store has them, whichever process onboarded them.
///
/// Thread safety: all members may be called from any thread.
class Merchants {
 public:
  /// Makes the account of a merchant who authorized.
  using Open = std::function<kefu::Result<std::shared_ptr<kefu::Channel>>(const kefu::Merchant&)>;
  Merchants(std::shared_ptr<kefu::Authorizer> authorizer, Open open)
      : authorizer_(std::move(authorizer)), open_(std::move(open)) {}

  kefu::Authorizer& authorizer() const { return *authorizer_; }
  /// By the account's id; null if it is not known here (yet). Never waits for the platform or the store.
  std::shared_ptr<kefu::Channel> find(const std::string& account) const;
  /// Looks at the store; opens who is new or authorized anew, and says who that is.
  std::vector<std::shared_ptr<kefu::Channel>> refresh();

 private:
  std::shared_ptr<kefu::Channel> look_at(const kefu::Merchant& merchant);

  const std::shared_ptr<kefu::Authorizer> authorizer_;
  const Open open_;
  std::mutex refreshing_;
  std::map<std::string, kefu::WallTime> opened_;  ///< By merchant: which authorization.
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<kefu::Channel>> accounts_;
};
