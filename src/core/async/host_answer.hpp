#pragma once

#include "core/async/host_code.hpp"
#include "core/async/runtime_core.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Who answers in the place of a host that keeps what it owes when the runtime stops.
enum class AtStop : unsigned char { answered_here, answered_by_seam };

/// The answer that host code owes us. The first one goes on, a second one only to the observer; when nobody is left who
/// could give it, `done` gets `cancelled` in the host's place. Thread safety: any thread.
template <class T, class Done>
class OwedByHost final : public HostDebts::Debt {
 public:
  OwedByHost(std::shared_ptr<RuntimeCore> core, const HostSeam& seam, AtStop at_stop, Done done)
      : core_(std::move(core)), seam_(seam), at_stop_(at_stop), done_(std::move(done)) {}
  ~OwedByHost() override {
    if (!done_) return;
    if (!core_->refusal()) report_host_fault(core_->observer.get(), seam_, HostFault::dropped, {});
    answer(dropped_by_host(seam_));
  }
  OwedByHost(const OwedByHost&) = delete;
  OwedByHost& operator=(const OwedByHost&) = delete;

  void answer(Result<T>&& result) {
    if (!first(std::move(result)) && !core_->refusal())
      report_host_fault(core_->observer.get(), seam_, HostFault::repeated, {});
  }
  bool is_answered() const { return answered_.load(std::memory_order_acquire); }
  /// The host threw: that is the answer, unless it had given one before.
  void failed(Error error) { static_cast<void>(first(std::move(error))); }
  void end() override { failed(Error(ErrorKind::cancelled, "the runtime was stopped")); }

 private:
  bool first(Result<T>&& result) {
    if (answered_.exchange(true, std::memory_order_acq_rel)) return false;
    if (at_stop_ == AtStop::answered_here) core_->host_debts.remove(this);
    Done done = *std::move(done_);
    done_.reset();  // the host may keep what it holds: our state does not stay with it
    done(std::move(result));
    return true;
  }

  const std::shared_ptr<RuntimeCore> core_;
  const HostSeam seam_;
  const AtStop at_stop_;
  std::atomic<bool> answered_{false};
  std::optional<Done> done_;
};

/// Asks host code for an answer that it may give later, on any thread. `ask(answer)` hands `answer(Result<T>)` to the
/// host, to be moved about and called once; `done(Result<T>)` is called exactly once whatever the host does with it:
/// where the host answers, throws (here) or drops it, or where the runtime stops.
template <class T, class Ask, class Done>
void ask_host(std::shared_ptr<RuntimeCore> core, const HostSeam& seam, AtStop at_stop, Ask&& ask, Done done) {
  RuntimeCore& runtime = *core;  // owned by `owed`
  const auto owed = std::make_shared<OwedByHost<T, Done>>(std::move(core), seam, at_stop, std::move(done));
  if (at_stop == AtStop::answered_here && runtime.stopping()) return owed->end();  // nothing more is asked of the host
  const auto called = call_host(runtime.observer.get(), seam,
                                [&] { ask([owed](Result<T>&& answer) { owed->answer(std::move(answer)); }); });
  if (!called) owed->failed(called.error());
  // A debt is what outlives the call: most answer in it.
  if (at_stop != AtStop::answered_here || owed->is_answered()) return;
  if (!runtime.host_debts.add(owed)) return owed->end();
  if (owed->is_answered()) runtime.host_debts.remove(owed.get());  // by another thread, before the debt was there
}

}  // namespace detail
KEFU_END_NAMESPACE
