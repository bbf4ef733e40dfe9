#include "core/tokens/round.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One who waits for the token.
struct TokenRound::Waiter {
  Waiter(const RuntimeCore& core, MonoTime deadline, CancelToken cancel, TokenProvider::Got d)
      : wait(core.scheduler, deadline, std::move(cancel)), done(std::move(d)) {}

  void ended(Wait::End end) {
    answer(end == Wait::End::cancelled ? Error(ErrorKind::cancelled, "cancelled while waiting for a token")
                                       : Error(ErrorKind::timeout,
                                               "no token within the time allowed: its fetch goes on, "
                                               "and the observer is told why it fails"));
  }
  void answer(Result<TokenPtr> result) {
    if (wait.close()) std::exchange(done, nullptr)(std::move(result));
  }

  Wait wait;
  TokenProvider::Got done;
};

void TokenRound::wait(MonoTime deadline, CancelToken cancel, TokenProvider::Got done) {
  const auto waiter = std::make_shared<Waiter>(*core_, deadline, std::move(cancel), std::move(done));
  if (const auto end = waiter->wait.over(core_->clock->mono())) return waiter->ended(*end);
  while (!waiters_.empty() && waiters_.front()->wait.closed()) waiters_.pop_front();
  waiters_.push_back(waiter);
  waiter->wait.hear(std::weak_ptr<Waiter>(waiter));
}

void TokenRound::answer_all(const Result<TokenPtr>& result) {
  while (!waiters_.empty()) {
    const std::shared_ptr<Waiter> first = std::move(waiters_.front());
    waiters_.pop_front();
    first->answer(result);
  }
}

bool TokenRound::nobody_waits() const {
  return std::all_of(waiters_.begin(), waiters_.end(), [](const auto& waiter) { return waiter->wait.closed(); });
}

std::string_view TokenRound::cause_name() const {
  if (mode == TokenFetcher::Mode::forced) return "forced";
  if (refused != 0) return "refused";
  switch (cause) {
    case Cause::ahead:
      return "ahead";
    case Cause::leaked:
      return "forced";
    default:
      return "missing";
  }
}

}  // namespace detail
KEFU_END_NAMESPACE
