#pragma once

#include "channel/inbox/event_sink.hpp"
#include "channel/inbox/poll_right.hpp"

#include <kefu/channel/poller.hpp>
#include <kefu/core/cancel.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

class InboxCore;

/// How an account's polling stands.
struct PollHealth {
  WallTime last_poll{};  ///< That succeeded.
  int failures = 0;      ///< In a row.
  std::string why;       ///< Of the last failure.
};

/// Polls accounts, each when it is due: one process at a time by a right that is taken for one drain. Events go to the
/// sink together with the cursor behind them. One timer for all accounts.
///
/// Thread safety: the loop.
class PollPump {
 public:
  explicit PollPump(InboxCore& core) : core_(core) {}
  /// Polls it from now on. What is polled already goes on as it was.
  void add(const AccountPtr& account);
  /// Polls it at once, here or where it is drained at this moment.
  void wake(const AccountPtr& account);
  /// Nothing is polled any more; what is under way is given up, and others go on.
  void close();
  /// The session is over: no right is ours any more.
  void session_over();
  bool is_busy() const { return rights_ > 0; }
  std::size_t polls() const { return polls_.size(); }
  const PollHealth* health(const std::string& account) const;
  /// How far the account furthest behind is: since its last poll that succeeded.
  Millis behind() const;

 private:
  struct Poll {
    AccountPtr account;
    PollHealth health;
    std::int64_t first = 0;
    MonoTime due{};
    bool is_due = false;  ///< Stands in the schedule.
    bool is_at_work = false;
    bool has_right = false;
    bool is_woken = false;
    CancelSource stop;
  };
  using PollPtr = std::shared_ptr<Poll>;

  void later(const PollPtr& poll, Millis pause);
  void arm();
  void run_due();
  void begin(const PollPtr& poll);
  void began(const PollPtr& poll, const Result<PollRight>& right);
  void ask(const PollPtr& poll);
  void polled(const PollPtr& poll, Result<PollBatch> batch);
  void store(const PollPtr& poll, PollBatch batch);
  void stored(const PollPtr& poll, const std::vector<std::string>& ids, const PollBatch& batch,
              const Result<std::vector<SinkAnswer>>& outcome);
  void failed(const PollPtr& poll, const Error& error);
  void end(const PollPtr& poll, Millis pause);
  void set_right(Poll& poll, bool has_right);

  InboxCore& core_;
  std::unordered_map<std::string, PollPtr> polls_;
  std::multimap<MonoTime, PollPtr> schedule_;
  MonoTime armed_{};
  bool is_armed_ = false;
  bool is_closed_ = false;
  std::size_t rights_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
