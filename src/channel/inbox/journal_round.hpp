#pragma once

#include "channel/inbox/session.hpp"
#include "channel/inbox/staged_store.hpp"

#include <kefu/core/error.hpp>
#include <kefu/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One change of the journal: what it reads, what it then writes, whom it tells.
class JournalStep {
 public:
  /// `account`: steps of different accounts take turns; any number that stands for it.
  explicit JournalStep(std::size_t account) : account_(account) {}
  virtual ~JournalStep() = default;
  JournalStep(const JournalStep&) = delete;
  JournalStep& operator=(const JournalStep&) = delete;

  /// Appends the keys that `decide` reads, to be read for all steps at once. Others it may read all the same.
  virtual void keys(std::vector<std::string>& out) const { static_cast<void>(out); }
  /// Most writes it may make; a round takes no step that it has no room for.
  virtual std::size_t room() const { return 40; }
  /// On the store's thread, again whenever the round is made again: reads from the view, and commits to it. An error:
  /// it committed nothing and is told so. `session` writes.
  virtual Result<void> decide(StagedStore& view, const std::string& session) = 0;
  /// On the store's thread, when it is written for good.
  virtual void written(Store& store) { static_cast<void>(store); }
  /// On the loop, once, when it is known what became of it: the generation of what it wrote (0 if nothing), or why it
  /// is not written.
  virtual void done(Result<std::uint64_t> generation) = 0;

  std::size_t account() const noexcept { return account_; }
  bool goes_alone() const noexcept { return losses_ >= kLossesAlone; }

 private:
  friend class JournalRound;
  static constexpr int kLossesAlone = 2;
  const std::size_t account_;
  int losses_ = 0;
};
using JournalSteps = std::vector<std::unique_ptr<JournalStep>>;

/// One commit of the journal on its way: up to 64 steps, read with one batch, decided one after the other over a staged
/// view, written with one commit that begins with the session's entry. A conflict on that entry: the session is over. A
/// conflict elsewhere: all of it again; a step that lost twice is left, to go alone. If the store does not know what it
/// did, the session's entry tells.
///
/// Thread safety: one thread at a time, first the loop, then the store's, then the loop again.
class JournalRound {
 public:
  enum class Fate : unsigned char {
    done,          ///< Written, or there was nothing to write.
    failed,        ///< Surely not written; `error` says why.
    session_over,  ///< As far as this session is concerned nothing was written.
    in_doubt,      ///< Nobody knows yet: run() again later.
  };
  static constexpr std::size_t kMostSteps = 64;

  /// Begins anew; a journal makes one round after the other with the same object, and so with the same memory.
  void begin(Session& session, MonoTime now, bool renews);
  void add(std::unique_ptr<JournalStep> step) { steps_.push_back(std::move(step)); }

  /// The store's part. Again only after `in_doubt`.
  Fate run(Store& store);
  /// What run() threw, or why it was not run, in place of its fate.
  Fate broken_off(Error error);

  Millis waited{0};  ///< For the store's thread.
  const SessionRound& session() const noexcept { return session_; }
  bool has_written() const noexcept { return generation_ != 0; }
  std::uint64_t generation() const noexcept { return generation_; }
  const Error& error() const { return *error_; }
  std::size_t size() const noexcept { return steps_.size(); }
  /// Steps that wrote something.
  std::size_t written() const noexcept;
  /// Tells the steps what became of them.
  void tell();
  void tell(const Error& error);
  /// Steps that are not part of it any more: they did not fit, or go alone.
  JournalSteps take_left();
  /// All steps, after `session_over`.
  JournalSteps take_all();
  /// It is over: the steps end with it.
  void end();

 private:
  struct Commit {
    explicit Commit(Fate f, std::optional<std::size_t> c = std::nullopt) : fate(f), conflict(c) {}
    Fate fate;
    std::optional<std::size_t> conflict;  ///< Of which write, if somebody else was faster.
  };
  Result<void> read(Store& store);
  Result<void> decide();
  Commit write(Store& store);
  Commit commit(Store& store);
  Result<bool> find_own(Store& store);
  void tell_written(Store& store);
  void lost(std::size_t write);
  void leave(std::size_t step);
  Fate fail(Error error, bool is_of_one = false);

  SessionRound session_;
  bool renews_ = false;
  StagedStore view_;
  JournalSteps steps_;
  JournalSteps left_;
  std::vector<std::optional<Error>> refused_;  ///< Per step.
  std::vector<bool> wrote_;                    ///< Per step.
  std::vector<StoreWrite> writes_;             ///< Of the commit that is tried; the session's entry first.
  std::vector<std::string> reread_;            ///< Keys that others changed meanwhile.
  Durability durability_ = Durability::relaxed;
  bool in_doubt_ = false;
  std::uint64_t generation_ = 0;
  std::optional<Error> error_;
};

}  // namespace detail
KEFU_END_NAMESPACE
