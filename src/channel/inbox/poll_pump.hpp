#pragma once

#include "channel/inbox/event_sink.hpp"
#include "channel/inbox/poll_right.hpp"

#include <kefu/channel/poller.hpp>
#include <kefu/core/cancel.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

class InboxCore;

/// How an account's polling stands.
struct PollHealth {
  WallTime since{};      ///< It is polled here.
  WallTime last_poll{};  ///< That read everything, as far as this process knows.
  int failures = 0;      ///< In a row.
  std::string why;       ///< Of the last failure.

  Millis behind(WallTime now) const {
    return std::max(Millis(0), std::chrono::duration_cast<Millis>(now - std::max(since, last_poll)));
  }
};

/// Polls accounts, each when it is due: one process at a time by a right that is taken for one drain. Events go to the
/// sink together with the cursor behind them. One timer for all accounts.
///
/// Thread safety: the loop.
class PollPump {
 public:
  explicit PollPump(InboxCore& core) : core_(core) {}
  /// Polls it from now on. What is polled already goes on as it was.
  void add(const std::string& account);
  /// Polls it no longer; a poll under way is given up.
  void remove(const std::string& account);
  /// One drain at once: here, also of an account that is not polled here, or where it is drained at this moment.
  void wake(const std::string& account, std::string token);
  /// Another process left something: what it drained may be free.
  void look_again();
  /// Nothing is polled any more; what is under way is given up, and others go on.
  void close();
  /// The session is over: no right is ours any more.
  void session_over();
  bool is_busy() const { return rights_ > 0; }
  std::size_t polls() const { return polls_.size(); }
  /// Those of the accounts that are polled here.
  void add_names(std::unordered_set<std::string>& names) const;
  /// Null for what is not polled here.
  const PollHealth* health(const std::string& account) const;
  /// How far the account furthest behind is: since its last poll that succeeded.
  Millis behind() const;

 private:
  struct Poll;
  using PollPtr = std::shared_ptr<Poll>;
  using Schedule = std::multimap<MonoTime, PollPtr>;
  struct Poll {
    explicit Poll(std::string account_id) : id(std::move(account_id)) {}
    const std::string id;
    AccountPtr account;  ///< As it was found last.
    PollHealth health;
    std::string token;  ///< Of the wake that this drain follows.
    std::int64_t first = 0;
    MonoTime not_before{};                  ///< The platform asked for a pause until then.
    std::optional<Schedule::iterator> due;  ///< Its place in the schedule.
    std::uint64_t question = 0;             ///< Answers to an earlier one are stale.
    bool is_named = false;                  ///< It is polled here, again and again.
    bool is_woken = false;                  ///< A wake came since the drain began...
    bool is_owed = false;                   ///< ...or one is not followed yet.
    bool is_at_work = false;
    bool is_elsewhere = false;  ///< Another process drained it when we last looked.
    bool has_right = false;
    CancelSource stop;
  };

  const PollPtr& poll_of(const std::string& account);
  bool is_wanted(const Poll& poll) const;
  static void forget_wake(Poll& poll);
  void later(const PollPtr& poll, Millis pause);
  void unschedule(Poll& poll);
  void arm();
  void run_due();
  void begin(const PollPtr& poll);
  void take_right(const PollPtr& poll);
  void began(const PollPtr& poll, const Result<PollRight>& right);
  void ask(const PollPtr& poll);
  void polled(const PollPtr& poll, Result<PollBatch> batch);
  void store(const PollPtr& poll, PollBatch batch);
  void stored(const PollPtr& poll, const std::vector<std::string>& ids, const PollBatch& batch,
              const Result<std::vector<SinkAnswer>>& outcome);
  void count(const std::string& account, const std::vector<std::string>& ids,
             const std::vector<SinkAnswer>& outcome) const;
  void failed(const PollPtr& poll, const Error& error);
  void end(const PollPtr& poll, Millis pause, DrainEnd end);
  void ended(const PollPtr& poll, Millis pause, DrainEnd end, const Result<PollRight>& right);
  void set_right(Poll& poll, bool has_right);

  InboxCore& core_;
  std::unordered_map<std::string, PollPtr> polls_;
  Schedule schedule_;
  MonoTime armed_{};
  bool is_armed_ = false;
  bool is_closed_ = false;
  bool is_running_ = false;
  std::size_t rights_ = 0;
  std::size_t at_work_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
