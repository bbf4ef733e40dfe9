#pragma once

#include "host_answers.hpp"
#include "json.hpp"

#include <kefu/channel/authorizer.hpp>
#include <kefu/channel/inbox.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/jd/app.hpp>
#include <kefu/jd/shop.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

/// The accounts of the configuration, at whatever platform. Making one is all that differs between platforms: from then
/// on each is a kefu::Channel with an Inbox and the same Answers.
///
/// Thread safety: all members may be called from any thread once `open` is over.
class Accounts {
 public:
  /// `own_url`: where this host is reached; JD sends the merchant's browser back there. Shops of JD that are not
  /// authorized do not listen yet.
  static kefu::Result<std::unique_ptr<Accounts>> open(const kefu::Runtime& runtime, const Json& config,
                                                      const std::string& own_url);

  /// Where pushes to that account go; null if it is not known or not listening.
  std::shared_ptr<const kefu::Inbox> inbox(const std::string& id) const;
  /// The platform's record of an account's conversations; null if the account is not known or has none.
  std::shared_ptr<kefu::Transcripts> transcripts(const std::string& id) const;
  /// A JD shop of the configuration; null if there is none of that name.
  std::shared_ptr<kefu::jd::Shop> shop(const std::string& id) const;
  /// Of the JD application; null if the configuration has none.
  std::shared_ptr<kefu::Authorizer> authorizer() const { return jd_ ? jd_->authorizer() : nullptr; }
  /// Takes what comes in for that account from now on: pushes, or what its poller finds. Again: no effect.
  kefu::Result<void> listen(const std::string& id);

 private:
  struct Account {
    std::shared_ptr<kefu::Channel> channel;
    std::shared_ptr<kefu::jd::Shop> shop;  ///< The same, where it is one of JD's.
    std::shared_ptr<Answers> answers;
    std::shared_ptr<const kefu::Inbox> inbox;
  };
  explicit Accounts(const kefu::Runtime& runtime) : runtime_(runtime) {}
  kefu::Result<void> add_wechat(const Json& config);
  kefu::Result<void> add_shop(const Json& config);

  const kefu::Runtime& runtime_;
  std::optional<kefu::jd::App> jd_;
  mutable std::mutex mutex_;
  std::map<std::string, Account> accounts_;
};
