#include "channel/inbox/journal_round.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// Lost races in a row before a step that goes alone gives up: each one means that others got on.
constexpr int kRoundRaces = 100;
/// How often one commit is tried while the store says that it does not know and the session's entry says "not done".
constexpr int kCommitTries = 3;
/// Leaves room in a commit for the last step.
constexpr std::size_t kRoundBytes = Store::kMaxCommitSize / 4;

}  // namespace

void JournalRound::begin(Session& session, MonoTime now, bool renews) {
  session.next(session_, now);
  renews_ = renews;
  waited = Millis(0);
  reread_.clear();
  writes_.clear();
  in_doubt_ = false;
  generation_ = 0;
  error_.reset();
}

void JournalRound::end() {
  steps_.clear();
  left_.clear();
}

JournalRound::Fate JournalRound::run(Store& store) {
  if (in_doubt_) {
    const Commit again = commit(store);
    if (again.fate == Fate::done && !again.conflict) tell_written(store);
    // Surely not done, as others were faster: then it is as if it had never been tried.
    if (!again.conflict) return again.fate;
  }
  for (int race = 0; race < kRoundRaces; ++race) {
    writes_.clear();  // of the race before: what breaks off now has written nothing
    view_.begin(store);
    if (auto loaded = read(store); !loaded) return fail(loaded.error());
    if (auto decided = decide(); !decided) return fail(decided.error(), true);
    if (view_.count() == 0 && !renews_) return Fate::done;
    const Commit outcome = write(store);
    if (!outcome.conflict) return outcome.fate;
    lost(*outcome.conflict - 1);
  }
  return fail(Error(ErrorKind::rate_limited, "what an Inbox keeps was changed by others again and again: try again"));
}

/// All at once, which spares the way there and back; a store that does not wait is asked when a step asks.
Result<void> JournalRound::read(Store& store) {
  std::vector<std::string> keys = reread_;
  if (store.blocks()) {
    for (const auto& step : steps_) step->keys(keys);
  }
  if (keys.empty()) return {};
  return view_.load(std::move(keys));
}

Result<void> JournalRound::decide() {
  refused_.clear();
  wrote_.clear();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const bool has_room = view_.count() + steps_[i]->room() < Store::kMaxWrites && view_.bytes() < kRoundBytes;
    if (!has_room && i > 0) {
      while (steps_.size() > i) leave(i);
      return {};
    }
    const std::size_t before = view_.commits();
    view_.begin_step(i);
    auto decided = steps_[i]->decide(view_, session_.id);
    if (!decided && view_.commits() != before) return decided.error();  // what it began must not be written
    refused_.push_back(decided ? std::nullopt : std::make_optional(decided.error()));
    wrote_.push_back(view_.commits() != before);
  }
  return {};
}

JournalRound::Commit JournalRound::write(Store& store) {
  writes_.push_back(StoreWrite::put(session_.key, session_.text, session_.expected, session_.lease));
  view_.take_writes(writes_);
  durability_ = view_.durability();
  const Commit outcome = commit(store);
  if (outcome.fate == Fate::done && !outcome.conflict) {
    tell_written(store);
    view_.give_back(writes_, 1);
  }
  return outcome;
}

/// True: what we wrote is there. False: it is as it was before. Error `conflict`: neither, the session is over.
Result<bool> JournalRound::find_own(Store& store) {
  auto entry = store.get(session_.key);
  if (!entry) return entry.error();
  if (*entry && (*entry)->value == session_.text) {
    generation_ = (*entry)->generation;
    return true;
  }
  if ((*entry ? (*entry)->generation : 0) == session_.expected) return false;
  return Error(ErrorKind::conflict, "the session is over");
}

JournalRound::Commit JournalRound::commit(Store& store) {
  bool was_tried = in_doubt_;
  std::optional<Commit> refused;
  for (int attempt = 0;; ++attempt) {
    if (in_doubt_) {
      auto found = find_own(store);
      if (!found)
        return found.error().kind() == ErrorKind::conflict ? Commit(Fate::session_over) : Commit(Fate::in_doubt);
      if (*found) return Commit(Fate::done);
      in_doubt_ = !refused && attempt == kCommitTries;
      if (refused) return *refused;
      if (in_doubt_) return Commit(Fate::in_doubt);
    }
    auto outcome = store.commit(writes_, durability_);
    if (!outcome && outcome.error().delivery() == Delivery::unknown) {
      in_doubt_ = was_tried = true;
      error_ = outcome.error();
      continue;
    }
    if (!outcome) return Commit(fail(outcome.error()));
    if (outcome->committed) {
      generation_ = outcome->generation;
      return Commit(Fate::done);
    }
    refused = outcome->conflict == 0 ? Commit(Fate::session_over) : Commit(Fate::done, outcome->conflict);
    // An earlier try may have come through late, and stand in our own way: the entry tells.
    in_doubt_ = was_tried;
    if (!in_doubt_) return *refused;
  }
}

void JournalRound::tell_written(Store& store) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (wrote_[i]) steps_[i]->written(store);
  }
}

/// Somebody else changed what a step reads or writes.
void JournalRound::lost(std::size_t write) {
  const std::string& key = writes_[write + 1].key;
  if (std::find(reread_.begin(), reread_.end(), key) == reread_.end()) reread_.push_back(key);
  const std::size_t step = view_.step_of(write);
  if (++steps_[step]->losses_ >= JournalStep::kLossesAlone && steps_.size() > 1) leave(step);
}

void JournalRound::leave(std::size_t step) {
  left_.push_back(std::move(steps_[step]));
  steps_.erase(steps_.begin() + static_cast<std::ptrdiff_t>(step));
}

/// `is_of_one`: it is the fault of one step, which alone is to be told. So it may be where the store refuses what it
/// was given.
JournalRound::Fate JournalRound::fail(Error error, bool is_of_one) {
  error_ = std::move(error);
  in_doubt_ = false;
  const ErrorKind kind = error_->kind();
  is_of_one = is_of_one || kind == ErrorKind::bad_argument || kind == ErrorKind::quota_exhausted ||
              kind == ErrorKind::configuration;  // one value that does not open
  if (is_of_one && steps_.size() > 1) {
    for (const auto& step : steps_) step->losses_ = JournalStep::kLossesAlone;
    while (!steps_.empty()) leave(0);
  }
  return Fate::failed;
}

JournalRound::Fate JournalRound::broken_off(Error error) {
  error_ = std::move(error);
  if (writes_.empty() || error_->delivery() != Delivery::unknown) return Fate::failed;
  in_doubt_ = true;
  return Fate::in_doubt;
}

std::size_t JournalRound::written() const noexcept {
  return static_cast<std::size_t>(std::count(wrote_.begin(), wrote_.end(), true));
}

void JournalRound::tell() {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (refused_[i]) {
      steps_[i]->done(*refused_[i]);
    } else {
      steps_[i]->done(wrote_[i] ? generation_ : 0);
    }
  }
}

void JournalRound::tell(const Error& error) {
  for (const auto& step : steps_) step->done(error);
}

JournalSteps JournalRound::take_left() { return std::exchange(left_, {}); }
JournalSteps JournalRound::take_all() {
  JournalSteps all = std::exchange(steps_, {});
  std::move(left_.begin(), left_.end(), std::back_inserter(all));
  left_.clear();
  return all;
}

}  // namespace detail
KEFU_END_NAMESPACE
