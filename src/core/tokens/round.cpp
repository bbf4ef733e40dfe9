#include "core/tokens/round.hpp"

KEFU_BEGIN_NAMESPACE
namespace detail {

void TokenRound::wait(MonoTime deadline, CancelToken cancel, TokenProvider::Got done) {
  const std::uint64_t id = next_waiter_++;
  Waiter& waiter = waiters_[id];
  waiter.done = std::move(done);
  waiter.cancel = std::move(cancel);
  waiter.timer = scheduler_->run_at(deadline, [weak = weak_from_this(), id] {
    if (const auto self = weak.lock()) self->answer(id, Error(ErrorKind::timeout, "no token within the time allowed"));
  });
  waiter.listener =
      waiter.cancel.on_request([weak = weak_from_this(), loop = std::weak_ptr<Scheduler>(scheduler_), id] {
        const auto scheduler = loop.lock();
        if (!scheduler) return;
        scheduler->post([weak, id] {
          if (const auto self = weak.lock())
            self->answer(id, Error(ErrorKind::cancelled, "cancelled while waiting for a token"));
        });
      });
}

void TokenRound::answer(std::uint64_t id, Result<TokenPtr> result) {
  const auto found = waiters_.find(id);
  if (found == waiters_.end()) return;
  Waiter waiter = std::move(found->second);
  waiters_.erase(found);
  scheduler_->drop(waiter.timer);
  waiter.cancel.forget(waiter.listener);
  waiter.done(std::move(result));
}

void TokenRound::answer_all(const Result<TokenPtr>& result) {
  while (!waiters_.empty()) answer(waiters_.begin()->first, result);
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
