#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/reply_window.hpp>
#include <kefu/core/error.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

class WindowGate;

/// What one send has taken from a customer's reply window, for all its messages at once. Dropped it gives back what had
/// not begun to leave: nothing once all was sent, and a call that somebody loses costs no message.
///
/// Thread safety: one thread at a time, any.
class WindowPermit {
 public:
  /// Takes nothing: the account has no windows, or the store cannot be reached.
  WindowPermit() = default;
  WindowPermit(std::shared_ptr<WindowGate> gate, Reservation reservation, const Affinity& affinity);
  WindowPermit(WindowPermit&& other) noexcept = default;
  WindowPermit& operator=(WindowPermit&& other) noexcept;
  ~WindowPermit();

  const Reservation& reservation() const { return reservation_; }
  /// The next message leaves now: from here on it may have reached the customer.
  void begin() { --unsent_; }
  /// The message that began last failed, and those after it were not sent.
  void settle(const Error& error);

 private:
  std::shared_ptr<WindowGate> gate_;
  Reservation reservation_;
  Affinity affinity_;  ///< Of the customer: what is given back follows what was taken.
  int unsent_ = 0;
};

/// What differs between accounts.
struct WindowGateSettings {
  WindowGateSettings(std::string_view p, std::string a, std::string_view u)
      : platform(p), account(std::move(a)), used_up_code(u) {}
  std::string_view platform;
  std::string account;
  std::string_view used_up_code;  ///< What the platform answers once a window's messages are used up; empty: nothing.
};

/// The one place that takes messages from the reply windows of an account and puts right what it took, for sends of
/// parts and raw calls alike. A store that is full refuses the send (`rate_limited`); one that cannot be reached does
/// not: the message then leaves without being counted, and the observer hears of it (STO-6). What is to be put right is
/// tried again for some minutes.
///
/// Thread safety: all members may be called from any thread.
class WindowGate final : public std::enable_shared_from_this<WindowGate> {
 public:
  WindowGate(std::shared_ptr<RuntimeCore> runtime, std::shared_ptr<ReplyLedger> ledger, WindowGateSettings settings)
      : runtime_(std::move(runtime)), ledger_(std::move(ledger)), settings_(std::move(settings)) {}

  /// Takes `messages` at once. `taken`, on the loop: what it may send with, or why nothing may leave. Called on the
  /// loop, with a store that does not block, it answers before it returns.
  using Taken = MoveFunction<void(Result<WindowPermit>)>;
  void take(std::string customer, int messages, Taken taken);

  /// How the window stands, on the loop: unknown while the store cannot be reached, as a send goes out then.
  using Looked = MoveFunction<void(Result<ReplyWindow>)>;
  void look(std::string customer, Looked looked);

 private:
  friend class WindowPermit;
  void give_back(const Affinity& affinity, Reservation reservation, int messages);
  void settle(const Affinity& affinity, Reservation reservation, int unsent, const Error& error);
  struct Correction;
  void correct(const Affinity& affinity, MoveFunction<Result<void>(ReplyLedger&)> change);
  void correct(std::shared_ptr<Correction> correction);
  void not_corrected(std::shared_ptr<Correction> correction, const Error& error);
  void report_lost_ledger(const Error& error) const;
  void report(std::string_view message, const Error& error) const;

  const std::shared_ptr<RuntimeCore> runtime_;
  const std::shared_ptr<ReplyLedger> ledger_;
  const WindowGateSettings settings_;
};

}  // namespace detail
KEFU_END_NAMESPACE
