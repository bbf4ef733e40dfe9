#pragma once

#include "channel/accounts/attempt.hpp"
#include "core/async/runtime_core.hpp"

#include <kefu/channel/authorizer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What the store knows of an application's merchants: their grants, and their attempts to authorize.
///
/// Thread safety: any thread.
class KnownMerchants {
 public:
  /// The merchant of a stored grant, as of `now`; nothing if it cannot be read.
  using Describe = std::optional<Merchant> (*)(std::string_view stored, WallTime now);

  /// `unreadable`: what a grant that cannot be read is, for who asks for that merchant alone.
  KnownMerchants(std::shared_ptr<RuntimeCore> runtime, std::string_view platform, std::string_view app,
                 Describe describe, ErrorKind unreadable)
      : runtime_(std::move(runtime)),
        grants_(runtime_->name_space, platform, "grant", app),
        attempts_(attempt_keys(runtime_->name_space, platform, app)),
        describe_(describe),
        unreadable_(unreadable) {}

  /// As Authorizer's.
  Pending<Merchant> merchant(std::string id) const;
  Pending<std::vector<Merchant>> merchants(std::string after, std::size_t limit) const;

 private:
  const std::shared_ptr<RuntimeCore> runtime_;
  const StoreKey grants_;
  const StoreKey attempts_;
  const Describe describe_;
  const ErrorKind unreadable_;
};

}  // namespace detail
KEFU_END_NAMESPACE
