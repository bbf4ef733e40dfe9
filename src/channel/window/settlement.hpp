#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/reply_window.hpp>
#include <kefu/core/error.hpp>

#include <memory>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Settles what a send that failed had taken from the reply window: gives back of `unsent` messages what surely did not
/// reach the customer, and corrects the ledger where the platform knows better (WIN-3). `used_up` is the platform's
/// code for "no messages left", empty where it has none.
void settle_reservation(const std::shared_ptr<RuntimeCore>& runtime, const std::shared_ptr<ReplyLedger>& ledger,
                        Reservation reservation, int unsent, const Error& error, std::string_view used_up);

/// A failure of the store, not of the window: the send goes on without the ledger (STO-6).
bool is_store_trouble(const Error& error);

/// Tells the observer that a message leaves without being counted.
void report_lost_ledger(const RuntimeCore& runtime, std::string_view platform, std::string_view account,
                        const Error& error);

}  // namespace detail
KEFU_END_NAMESPACE
