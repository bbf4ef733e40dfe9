#pragma once

#include "core/runtime_core.hpp"

#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/reply_window.hpp>
#include <kefu/core/error.hpp>

#include <memory>
#include <optional>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Why an account cannot send messages of this msgtype; nothing if it can, or if the type is newer than this library.
std::optional<Error> refuse_type(const Capabilities& account, std::string_view msgtype);

/// Settles what a send that failed had taken from the reply window: gives back of `unsent` messages what surely did not
/// reach the customer, and corrects the ledger where the platform knows better (WIN-3).
void settle_reservation(const std::shared_ptr<detail::RuntimeCore>& runtime, const std::shared_ptr<ReplyLedger>& ledger,
                        Reservation reservation, int unsent, const Error& error);

/// A failure of the store, not of the window: the send goes on without the ledger (STO-6).
bool is_store_trouble(const Error& error);

/// Tells the observer that a message leaves without being counted.
void report_lost_ledger(const detail::RuntimeCore& runtime, std::string_view account, const Error& error);

}  // namespace wechat
KEFU_END_NAMESPACE
