// The steps of a call that opens, writes or names a file: they run on the file thread, and the call waits for them as
// it waits for anything else.
#include "core/call/flight.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

/// For the wait to hear of the deadline first.
constexpr Millis kFileGrace{50};

}  // namespace

/// Runs `work` on the file thread and `then` with its result here. What belongs to the loop stays with it: `work` comes
/// back to be destroyed, and the call itself is held by a timer, which a loop that stops lets go.
template <class T, class Work, class Then>
void Flight::on_file_thread(Work work, Then then) {
  if (!core_.files) return then(*this, work());
  const MonoTime latest = std::max(wait_.deadline(), core_.clock->mono()) + kFileGrace;
  timer_ = core_.scheduler->run_at(latest, [self = shared_from_this()] {
    self->timer_ = 0;
    self->ended(Wait::End::deadline);
  });
  Task task = [weak = weak_from_this(), loop = core_.scheduler, work = std::move(work),
               then = std::move(then)]() mutable {
    std::optional<Result<T>> result;
    if (!weak.expired()) result.emplace(work());  // else it was ended while it waited for its turn
    Scheduler& where = *loop;
    where.post([weak, work = std::move(work), then = std::move(then), result = std::move(result)]() mutable {
      const auto self = weak.lock();
      if (!self || self->over() || !result) return;
      self->core_.scheduler->drop(std::exchange(self->timer_, 0));
      then(*self, *std::move(result));
    });
  };
  if (core_.files->post(std::move(task))) return hear();
  if (core_.stopping()) return;  // the loop ends, and the timer with it
  core_.scheduler->drop(std::exchange(timer_, 0));
  give_up_with(Error(ErrorKind::unavailable, "the system refused a thread for files: raise its limit on threads"));
}

void Flight::encode_on_file_thread() {
  if (!enter(Step::encode)) return;
  on_file_thread<HttpRequest>([call = call_, observer = core_.observer] { return encoded(*call, observer.get()); },
                              [](Flight& self, Result<HttpRequest> request) {
                                if (auto taken = self.take(std::move(request)); !taken)
                                  return self.give_up_with(taken.error());
                                self.attempts_ == 0 ? self.gate() : self.authorize();
                              });
}

/// The platform has answered: whatever ends the call now, it was sent.
void Flight::finish_on_file_thread(Verdict verdict, const Reply& reply) {
  step_ = Step::finish;
  Reply kept;
  kept.http = reply.http;
  kept.unreadable = reply.unreadable;
  kept.streamed = reply.streamed;
  on_file_thread<void>(
      [call = call_, gate = download_, kept = std::move(kept)]() -> Result<void> {
        if (kept.streamed && !gate->open() && !gate->release())
          return gate->broken() ? *gate->broken() : Error(ErrorKind::cancelled, "the receiver ended the download");
        return call->finish(kept);
      },
      [verdict = std::move(verdict)](Flight& self, const Result<void>& finished) {
        if (!finished) return self.give_up_with(after_answer(finished.error()));
        self.accept(verdict);
      });
}

}  // namespace detail
KEFU_END_NAMESPACE
