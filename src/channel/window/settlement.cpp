#include "channel/window/settlement.hpp"

#include "core/report/reporting.hpp"

#include <kefu/core/observer_names.hpp>

#include <fmt/format.h>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

void settle_reservation(const std::shared_ptr<RuntimeCore>& runtime, const std::shared_ptr<ReplyLedger>& ledger,
                        Reservation reservation, int unsent, const Error& error, std::string_view used_up) {
  if (error.delivery() == Delivery::unknown) --unsent;
  const std::string& code = error.platform_code();
  const Affinity affinity(reservation.customer);
  runtime->with_store<void>(
      affinity.surely().at_once(),
      [ledger, reservation = std::move(reservation), unsent, code, is_used_up = !code.empty() && code == used_up,
       closed = error.kind() == ErrorKind::window_closed, now = runtime->clock->wall()](Store&) -> Result<void> {
        if (is_used_up) return ledger->used_up(reservation, now);
        if (closed && !code.empty())
          return ledger->closed(reservation, fmt::format("the platform closed it ({})", code), now);
        return ledger->give_back(reservation, unsent);
      },
      [](Result<void>) {});
}

bool is_store_trouble(const Error& error) {
  return error.kind() != ErrorKind::window_closed && error.kind() != ErrorKind::cancelled &&
         error.kind() != ErrorKind::rate_limited;  // too much at once: the store itself is well
}

void report_lost_ledger(const RuntimeCore& runtime, std::string_view platform, std::string_view account,
                        const Error& error) {
  if (!runtime.observer) return;
  log(*runtime.observer, LogLevel::warning, log_event::kLedgerStoreFailed,
      "the store failed: a message is sent without being counted in its reply window",
      {{"platform", platform}, {"account", account}, {"error", error.message()}});
}

}  // namespace detail
KEFU_END_NAMESPACE
