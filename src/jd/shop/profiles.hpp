#pragma once

#include "core/async/runtime_core.hpp"
#include "jd/customers/customer_book.hpp"

#include <kefu/channel/profiles.hpp>
#include <kefu/core/client.hpp>
#include <kefu/jd/app.hpp>

#include <memory>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The names of one buyer (jd 6.2), as far as the shop has seen them: for a pin or an open_id the platform is asked for
/// the xid, which joins applications; an xid needs no call. JD tells nothing else of a buyer. A masked pin names nobody
/// and is refused.
///
/// Thread safety: all members may be called from any thread.
class ShopProfiles final : public Profiles, public std::enable_shared_from_this<ShopProfiles> {
 public:
  ShopProfiles(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, std::shared_ptr<const AppConfig> app,
               std::shared_ptr<CustomerBook> customers)
      : runtime_(std::move(runtime)),
        client_(std::move(client)),
        app_(std::move(app)),
        customers_(std::move(customers)) {}

  Pending<Profile> look_up(CustomerId customer, CallOptions options) override;

 private:
  void ask(CustomerId customer, CallOptions options, Promise<Profile> promise) const;

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const std::shared_ptr<const AppConfig> app_;
  const std::shared_ptr<CustomerBook> customers_;
};

}  // namespace jd
KEFU_END_NAMESPACE
