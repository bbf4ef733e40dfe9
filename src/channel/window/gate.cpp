#include "channel/window/gate.hpp"

#include "core/report/reporting.hpp"

#include <kefu/core/observer_names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// A failure of the store, not of the window: full is not gone, and an end of the runtime is neither.
bool is_store_gone(const Error& error) {
  return error.kind() != ErrorKind::window_closed && error.kind() != ErrorKind::cancelled &&
         error.kind() != ErrorKind::rate_limited;
}

constexpr Millis kFirstCorrectionPause{1'000};
constexpr Millis kLongestCorrectionPause{60'000};
constexpr int kCorrectionTries = 10;  // about four minutes

/// The platform answered with a code that no table knows.
bool is_unclassified(const Error& error) {
  return error.kind() == ErrorKind::internal && !error.platform_code().empty();
}

}  // namespace

WindowPermit::WindowPermit(std::shared_ptr<WindowGate> gate, Reservation reservation, const Affinity& affinity)
    : gate_(std::move(gate)),
      reservation_(std::move(reservation)),
      affinity_(affinity),
      unsent_(reservation_.messages) {}

WindowPermit& WindowPermit::operator=(WindowPermit&& other) noexcept {
  WindowPermit old(std::move(other));
  std::swap(gate_, old.gate_);
  std::swap(reservation_, old.reservation_);
  std::swap(affinity_, old.affinity_);
  std::swap(unsent_, old.unsent_);
  return *this;
}

WindowPermit::~WindowPermit() {
  if (gate_) gate_->give_back(affinity_, std::move(reservation_), unsent_);
}

void WindowPermit::settle(const Error& error) {
  if (const auto gate = std::exchange(gate_, nullptr)) {
    const int unsent = unsent_ + (error.delivery() == Delivery::unknown ? 0 : 1);
    gate->settle(affinity_, std::move(reservation_), unsent, error);
  }
}

void WindowGate::take(std::string customer, int messages, Taken taken) {
  // What the store's thread took is a permit from its first moment on: a loop that stops gives it back.
  const Affinity affinity(customer);
  runtime_->with_store<WindowPermit>(
      affinity.at_once(),
      [self = shared_from_this(), affinity, customer = std::move(customer), messages](Store&) -> Result<WindowPermit> {
        // The time at which the store does it: a window may end while this waits for the store.
        auto reservation = self->ledger_->reserve(customer, messages, self->runtime_->clock->wall());
        if (!reservation) return reservation.error();
        return WindowPermit(self, *std::move(reservation), affinity);
      },
      [self = shared_from_this(), taken = std::move(taken)](Result<WindowPermit> permit) mutable {
        if (permit || !is_store_gone(permit.error())) return taken(std::move(permit));
        self->report_lost_ledger(permit.error());
        taken(WindowPermit());
      });
}

void WindowGate::look(std::string customer, Looked looked) {
  const Affinity affinity(customer);
  runtime_->with_store<ReplyWindow>(
      affinity.at_once(),
      [self = shared_from_this(), customer = std::move(customer)](Store&) {
        return self->ledger_->look(customer, self->runtime_->clock->wall());
      },
      [looked = std::move(looked)](Result<ReplyWindow> window) mutable {
        if (!window && is_store_gone(window.error())) return looked(ReplyWindow());
        looked(std::move(window));
      });
}

/// One thing to put right in the ledger. Used by one thread after the other.
struct WindowGate::Correction {
  Correction(const Affinity& a, MoveFunction<Result<void>(ReplyLedger&)> c)
      : affinity(a.surely()), change(std::move(c)) {}
  Affinity affinity;
  MoveFunction<Result<void>(ReplyLedger&)> change;
  int tries = 0;
  Millis pause = kFirstCorrectionPause;
};

void WindowGate::correct(const Affinity& affinity, MoveFunction<Result<void>(ReplyLedger&)> change) {
  correct(std::make_shared<Correction>(affinity, std::move(change)));
}

void WindowGate::correct(std::shared_ptr<Correction> correction) {
  const Affinity affinity = correction->affinity;
  runtime_->with_store<void>(
      affinity, [ledger = ledger_, correction](Store&) { return correction->change(*ledger); },
      [self = shared_from_this(), correction](const Result<void>& done) {
        if (!done) self->not_corrected(correction, done.error());
      });
}

/// Messages that nobody gives back are lost to the customer for as long as the window lasts, and a store that is away
/// often goes with the network that the send needed.
void WindowGate::not_corrected(std::shared_ptr<Correction> correction, const Error& error) {
  // An outcome that nobody knows is not repeated: what is given back twice is sold twice.
  if (error.delivery() == Delivery::unknown || ++correction->tries == kCorrectionTries)
    return report("the store failed: a reply window could not be put right after a send", error);
  const MonoTime again = runtime_->clock->mono() + correction->pause;
  correction->pause = std::min(correction->pause * 2, kLongestCorrectionPause);
  runtime_->scheduler->run_at(again, [self = shared_from_this(), correction = std::move(correction)]() mutable {
    self->correct(std::move(correction));
  });
}

void WindowGate::give_back(const Affinity& affinity, Reservation reservation, int messages) {
  if (messages < 1 || !reservation.tracked) return;
  correct(affinity, [reservation = std::move(reservation), messages](ReplyLedger& ledger) {
    return ledger.give_back(reservation, messages);
  });
}

/// Gives back what surely did not reach the customer, and corrects the ledger where the platform knows better (WIN-3).
void WindowGate::settle(const Affinity& affinity, Reservation reservation, int unsent, const Error& error) {
  const std::string& code = error.platform_code();
  const WallTime now = runtime_->clock->wall();
  if (!code.empty() && code == settings_.used_up_code) {
    correct(affinity,
            [taken = std::move(reservation), now](ReplyLedger& ledger) { return ledger.used_up(taken, now); });
  } else if (!code.empty() && error.kind() == ErrorKind::window_closed) {
    correct(affinity, [taken = std::move(reservation), now, code](ReplyLedger& ledger) {
      return ledger.closed(taken, fmt::format("the platform closed it ({})", code), now);
    });
  } else if (is_unclassified(error)) {
    correct(affinity,
            [taken = std::move(reservation), now](ReplyLedger& ledger) { return ledger.in_doubt(taken, now); });
  } else {
    give_back(affinity, std::move(reservation), unsent);
  }
}

void WindowGate::report_lost_ledger(const Error& error) const {
  report("the store failed: a message is sent without being counted in its reply window", error);
}

void WindowGate::report(std::string_view message, const Error& error) const {
  if (!runtime_->observer) return;
  log(*runtime_->observer, LogLevel::warning, log_event::kLedgerStoreFailed, message,
      {{"platform", settings_.platform}, {"account", settings_.account}, {"error", error.message()}});
}

}  // namespace detail
KEFU_END_NAMESPACE
