#pragma once

#include "channel/inbox/fair_queue.hpp"
#include "channel/inbox/journal_round.hpp"
#include "channel/inbox/session.hpp"
#include "core/async/runtime_core.hpp"

#include <kefu/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What a journal did since it was made.
struct JournalFigures {
  std::uint64_t rounds = 0;    ///< Commits.
  std::uint64_t steps = 0;     ///< Written by them; by `rounds` the size of a group.
  std::uint64_t unknown = 0;   ///< Rounds of which the store did not know whether it had done them.
  std::uint64_t sessions = 0;  ///< That ended against our will.
  Millis wait{0};              ///< Of the last round, for the store's thread.
};

/// The one way by which an Inbox writes: steps are gathered while a round is on its way to the store and are the next
/// round, so that what waits is committed together. See JournalRound and Session.
///
/// A round overtakes what waits for the store: it is also the session's renewal, and there is one at a time. While its
/// fate is unknown nothing else is written and nobody is told; the session lapses then by itself.
///
/// Thread safety: the loop only.
class Journal : public std::enable_shared_from_this<Journal> {
 public:
  /// `name`: see Session.
  Journal(std::shared_ptr<RuntimeCore> runtime, std::string name, Millis lease);

  /// What the owner of the parts does. `holds`: is anything held under the session? `over`: the session ended, all that
  /// was held is somebody else's now. `renewed`: it was extended, alive() is true again.
  struct Parts {
    std::function<bool()> holds;
    std::function<void()> over;
    std::function<void()> renewed;
    std::function<void(std::size_t steps, Millis waited)> committed;  ///< For reports.
    std::function<void()> in_doubt;
  };
  void connect(Parts parts) { parts_ = std::move(parts); }

  const Session& session() const { return session_; }
  /// What the keys of all sessions begin with. Any thread.
  std::string session_prefix() const { return Session::keys(runtime_->name_space).prefix(); }
  bool alive() const { return session_.alive(runtime_->clock->mono()); }
  const JournalFigures& figures() const { return figures_; }
  /// Steps that wait or are on their way.
  std::size_t waiting() const { return waiting_.size() + (round_ ? round_->size() : 0); }

  void post(std::unique_ptr<JournalStep> step);
  /// A step of `decide(StagedStore&, const std::string& session) -> Result<T>`, which may be called again and so moves
  /// nothing out of itself, and `done(Result<T>, std::uint64_t generation)`.
  template <class T, class Decide, class Done>
  void run(std::size_t account, std::vector<std::string> keys, Decide decide, Done done);
  /// Something is held from now on: the session is extended until `holds` says no.
  void keep();
  /// Gives the session back: what is still held is free for others at once. `done` also if that failed.
  void end_session(std::function<void()> done);

 private:
  template <class T, class Decide, class Done>
  class StepOf;
  class WayBack;
  void go();
  bool holds() const { return parts_.holds && parts_.holds(); }
  bool has_work() const { return !round_ && (renewal_due_ || !waiting_.empty()); }
  void begin_round();
  void take_steps(JournalRound& round);
  void submit();
  void returned(const Result<JournalRound::Fate>& result);
  void arm_renewal();
  void renew();
  void session_over();
  void abandon();
  static Result<void> give_back(Store& store, const std::string& key, const std::string& free);

  const std::shared_ptr<RuntimeCore> runtime_;
  const Affinity affinity_;
  Session session_;
  Parts parts_;
  FairQueue<std::unique_ptr<JournalStep>> waiting_;
  std::shared_ptr<JournalRound> round_;  ///< On its way.
  std::shared_ptr<JournalRound> spare_;  ///< The one before: its memory is used again.
  JournalFigures figures_;
  int doubts_ = 0;  ///< In a row.
  bool going_ = false;
  bool renewal_due_ = false;
  bool renewal_armed_ = false;
};

template <class T, class Decide, class Done>
class Journal::StepOf final : public JournalStep {
 public:
  StepOf(std::size_t account, std::vector<std::string> keys, Decide decide, Done done)
      : JournalStep(account), keys_(std::move(keys)), decide_(std::move(decide)), done_(std::move(done)) {}
  void keys(std::vector<std::string>& out) const override { out.insert(out.end(), keys_.begin(), keys_.end()); }
  Result<void> decide(StagedStore& view, const std::string& session) override {
    result_ = decide_(view, session);
    if (!result_) return result_.error();
    return {};
  }
  void done(Result<std::uint64_t> generation) override {
    if (!generation) return done_(Result<T>(generation.error()), 0);
    done_(std::move(result_), *generation);
  }

 private:
  std::vector<std::string> keys_;
  Decide decide_;
  Done done_;
  Result<T> result_ = Error(ErrorKind::internal, "not decided");
};

template <class T, class Decide, class Done>
void Journal::run(std::size_t account, std::vector<std::string> keys, Decide decide, Done done) {
  post(std::make_unique<StepOf<T, Decide, Done>>(account, std::move(keys), std::move(decide), std::move(done)));
}

}  // namespace detail
KEFU_END_NAMESPACE
