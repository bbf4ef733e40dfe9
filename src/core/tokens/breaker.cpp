#include "core/tokens/breaker.hpp"

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr Millis kBreakerPause = std::chrono::seconds(60);
constexpr Millis kQuickRefusal = std::chrono::seconds(10);
constexpr Millis kRenewalWindow = std::chrono::minutes(10);
constexpr std::size_t kMostRenewals = 5;

}  // namespace

std::optional<Error> TokenBreaker::refused(const Token& token, MonoTime now, bool* opened) {
  while (!fetches_.empty() && fetches_.front() + kRenewalWindow < now) fetches_.erase(fetches_.begin());
  *opened = false;
  if (now >= open_until_) {
    const bool quick = token.tag.digest == renewed_ && now - token.obtained < kQuickRefusal;
    quick_refusals_ = quick ? quick_refusals_ + 1 : 0;
    if (quick_refusals_ < 2 && fetches_.size() < kMostRenewals) return std::nullopt;
    open_until_ = now + kBreakerPause;
    *opened = true;
  }
  ErrorDetails details;
  details.retry_after = std::chrono::duration_cast<Millis>(open_until_ - now);
  details.message = fmt::format(
      "renewed tokens are refused again and again, renewal rests for {} ms: look for a second owner of the token, or a "
      "call that wants another kind of token{}",
      details.retry_after->count(),
      kind_ == ErrorKind::needs_authorization ? "; else the merchant authorizes anew" : "");
  return Error(kind_, Delivery::not_sent, std::move(details));
}

}  // namespace detail
KEFU_END_NAMESPACE
