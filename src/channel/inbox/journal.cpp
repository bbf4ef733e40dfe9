#include "channel/inbox/journal.hpp"

#include <algorithm>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr Millis kFirstDoubt{200};
constexpr Millis kLongestDoubt{5'000};

}  // namespace

Journal::Journal(std::shared_ptr<RuntimeCore> runtime, std::string name, Millis lease)
    : runtime_(std::move(runtime)),
      affinity_(Affinity(name).surely().at_once().ahead()),
      session_(runtime_->name_space, std::move(name), lease) {}

void Journal::post(std::unique_ptr<JournalStep> step) {
  const std::size_t account = step->account();
  waiting_.push(account, std::move(step));
  go();
}

/// One round after the other. A store that does not wait has done a round when begin_round() returns.
void Journal::go() {
  if (std::exchange(going_, true)) return;
  while (has_work()) begin_round();
  going_ = false;
}

void Journal::begin_round() {
  const MonoTime now = runtime_->clock->mono();
  // One that lapsed while nothing was held under it is replaced, and nobody need hear of it.
  if (session_.begun() && !session_.alive(now) && !holds()) session_.end();
  round_ = spare_ ? std::exchange(spare_, nullptr) : std::make_shared<JournalRound>();
  round_->begin(session_, now, std::exchange(renewal_due_, false));
  take_steps(*round_);
  submit();
}

void Journal::take_steps(JournalRound& round) {
  while (!waiting_.empty() && round.size() < JournalRound::kMostSteps) {
    const bool alone = waiting_.front()->goes_alone();
    if (alone && round.size() > 0) break;
    round.add(waiting_.pop());
    if (alone) break;
  }
}

/// How a round comes back to its journal. A runtime that stops drops it on the way: what waited then waits for nobody,
/// and each step holds its owner, which holds the journal.
class Journal::WayBack {
 public:
  explicit WayBack(std::shared_ptr<Journal> journal) : journal_(std::move(journal)) {}
  WayBack(WayBack&&) noexcept = default;
  WayBack& operator=(WayBack&&) = delete;
  ~WayBack() {
    if (journal_) journal_->abandon();
  }
  std::shared_ptr<Journal> take() { return std::move(journal_); }

 private:
  std::shared_ptr<Journal> journal_;
};

void Journal::abandon() {
  const auto round = std::move(round_);
  const auto waiting = std::exchange(waiting_, {});
}

void Journal::submit() {
  // A store that does not wait is asked here and now.
  if (runtime_->store_on_loop && !runtime_->refusal()) {
    return returned(call_host(runtime_->observer.get(), host_seam::kStore,
                              [&] { return Result<JournalRound::Fate>(round_->run(*runtime_->store)); }));
  }
  runtime_->with_store<JournalRound::Fate>(
      affinity_,
      [round = round_, clock = runtime_->clock](Store& store) {
        round->waited = std::chrono::duration_cast<Millis>(clock->mono() - round->session().posted);
        return Result<JournalRound::Fate>(round->run(store));
      },
      [back = WayBack(shared_from_this())](const Result<JournalRound::Fate>& result) mutable {
        back.take()->returned(result);
      });
}

void Journal::returned(const Result<JournalRound::Fate>& result) {
  const auto fate = result ? *result : round_->broken_off(result.error());
  if (fate == JournalRound::Fate::in_doubt) {
    if (doubts_++ == 0) {
      ++figures_.unknown;
      if (parts_.in_doubt) parts_.in_doubt();
    }
    const MonoTime again = runtime_->clock->mono() + std::min(kFirstDoubt * doubts_, kLongestDoubt);
    runtime_->scheduler->run_at(again, [back = WayBack(shared_from_this())]() mutable { back.take()->submit(); });
    return;
  }
  doubts_ = 0;
  const auto round = std::exchange(round_, nullptr);
  const bool was_going = std::exchange(going_, true);  // what the steps post is gathered for the next round
  switch (fate) {
    case JournalRound::Fate::done:
      if (round->has_written()) {
        ++figures_.rounds;
        figures_.steps += round->written();
        figures_.wait = round->waited;
        session_.committed(round->generation(), round->session().posted);
        if (parts_.committed) parts_.committed(round->written(), round->waited);
        if (parts_.renewed) parts_.renewed();
      }
      round->tell();
      break;
    case JournalRound::Fate::session_over:
      session_over();
      for (auto& step : round->take_all()) {
        const std::size_t account = step->account();
        waiting_.push(account, std::move(step));
      }
      break;
    case JournalRound::Fate::failed:
    case JournalRound::Fate::in_doubt:
      round->tell(round->error());
      break;
  }
  for (auto& step : round->take_left()) {
    const std::size_t account = step->account();
    waiting_.push(account, std::move(step));
  }
  round->end();
  spare_ = round;
  going_ = was_going;
  go();
}

void Journal::session_over() {
  ++figures_.sessions;
  session_.end();
  if (parts_.over) parts_.over();
}

void Journal::keep() {
  if (!renewal_armed_) arm_renewal();
}

void Journal::arm_renewal() {
  renewal_armed_ = true;
  const Millis pause = session_.lease() / 3;
  runtime_->scheduler->run_at(runtime_->clock->mono() + pause, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->renew();
  });
}

/// Only while something is held; a commit of late has done it already.
void Journal::renew() {
  renewal_armed_ = false;
  if (!holds()) return;
  const MonoTime now = runtime_->clock->mono();
  if (!session_.begun() || now - session_.extended() >= session_.lease() / 4) renewal_due_ = true;
  arm_renewal();
  go();
}

/// The session's entry goes, and the others are told to look for what is free now.
Result<void> Journal::give_back(Store& store, const std::string& key, const std::string& free) {
  constexpr int kRaces = 100;
  for (int race = 0; race < kRaces; ++race) {
    auto entries = store.get_many({key, free});
    if (!entries) return entries.error();
    const auto& own = (*entries)[0];
    const auto& told = (*entries)[1];
    if (!own) return {};
    std::vector<StoreWrite> writes;
    writes.push_back(StoreWrite::remove(key, own->generation));
    writes.push_back(StoreWrite::put(free, key, told ? told->generation : 0));
    auto outcome = store.commit(writes, Durability::relaxed);
    if (!outcome) return outcome.error();
    if (outcome->committed) return {};
  }
  return Error(ErrorKind::rate_limited, "others change what is free again and again");
}

void Journal::end_session(std::function<void()> done) {
  const std::string key = session_.key_of(session_.id());
  if (!session_.begun()) return done();
  // Not a step: the round's own entry would stand in its way.
  runtime_->with_store<void>(
      affinity_,
      [key, free = Session::free_key(runtime_->name_space)](Store& store) { return give_back(store, key, free); },
      [self = shared_from_this(), done = std::move(done)](const Result<void>&) {
        self->session_.end();
        done();
      });
}

}  // namespace detail
KEFU_END_NAMESPACE
