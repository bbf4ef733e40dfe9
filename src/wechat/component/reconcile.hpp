#pragma once

#include "channel/accounts/merchant_events.hpp"
#include "core/async/runtime_core.hpp"
#include "core/async/wait.hpp"
#include "wechat/component/grant_store.hpp"

#include <kefu/core/client.hpp>
#include <kefu/wechat/open_platform.hpp>

#include <memory>
#include <set>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Compares what is stored with the platform's list of authorizers (wechat-security B9), once: whom the list has and we
/// have not is taken in, a refresh token that differs is replaced, whom we have and the list has not has withdrawn.
///
/// Loop only. Kept alive by its step under way.
class Reconciliation final : public std::enable_shared_from_this<Reconciliation> {
 public:
  using Done = MoveFunction<void(Result<ReconcileReport>)>;
  Reconciliation(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, ComponentRecords records,
                 std::shared_ptr<detail::MerchantEvents> events, MonoTime deadline, const CallOptions& options,
                 CancelToken dropped, Done done);
  void run() { ask(0); }

 private:
  using Entries = std::vector<AuthorizerPage::Entry>;
  void ask(std::int64_t offset);
  void listed(std::int64_t offset, Result<AuthorizerPage> page);
  void apply(std::size_t first);
  void find_missing(const std::string& after);

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const ComponentRecords records_;
  const WallTime began_;
  const std::shared_ptr<detail::MerchantEvents> events_;
  Done done_;
  detail::Wait wait_;
  Entries entries_;
  std::set<std::string, std::less<>> known_;
  ReconcileReport report_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
