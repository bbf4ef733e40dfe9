#pragma once

#include <kefu/channel/message.hpp>
#include <kefu/core/error.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// What would reach the customer where a message as it is would not. Nothing is ever done of it unasked (WIN-2).
struct SendAlternative {
  enum class Way : unsigned char {
    allow_changes,         ///< The same message, with Message::allow; `changes` says what would become of it.
    fewer_messages,        ///< A message of fewer parts: the reply window holds some, but not as many.
    subscription_message,  ///< Outreach with OutreachBy::subscription, if the customer gave consent.
    template_message,      ///< Outreach with OutreachBy::template_notice, for a matter of the customer's own.
    wait_for_contact       ///< The customer's next message opens the window again.
  };
  SendAlternative(Way w, std::string h) : way(w), how(std::move(h)) {}
  Way way;
  std::string how;  ///< For the operator: what to do, and what it needs.
  std::vector<Change> changes;
};
KEFU_EXPORT std::string_view to_string(SendAlternative::Way way) noexcept;

/// What would become of a message if it were sent now. A look, not a promise: the window may change before the send,
/// which takes its messages from it by itself.
struct SendPlan {
  SendPlan() {}
  bool allowed = false;
  /// False: nothing is known of this customer's reply window, so the platform would decide.
  bool certain = true;
  std::optional<Error> refusal;   ///< What `send` would answer, if not allowed.
  std::size_t messages = 0;       ///< How many messages to the platform it would be, and so take from the window.
  std::vector<Change> changes;    ///< What would be changed to make it fit.
  std::optional<int> budget;      ///< What the reply window holds now; absent: not known, or there is no window.
  std::optional<WallTime> until;  ///< When the window closes.
  std::vector<SendAlternative> alternatives;  ///< If not allowed: what would reach the customer.
};

KEFU_END_NAMESPACE
