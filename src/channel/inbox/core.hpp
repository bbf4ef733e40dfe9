#pragma once

#include "channel/inbox/account_book.hpp"
#include "channel/inbox/answer_records.hpp"
#include "channel/inbox/dead_letters.hpp"
#include "channel/inbox/intake.hpp"
#include "channel/inbox/journal.hpp"
#include "channel/inbox/journal_sink.hpp"
#include "channel/inbox/lanes.hpp"
#include "channel/inbox/poll_pump.hpp"
#include "channel/inbox/sweep.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/core/observer_names.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// An Inbox at work: its parts, and what they share. Each part owns one state, and whoever waits for something holds
/// this object as a whole.
///
/// Thread safety: what is not said otherwise is used on the loop.
class InboxCore final : public std::enable_shared_from_this<InboxCore> {
 public:
  InboxCore(std::shared_ptr<RuntimeCore> runtime, std::shared_ptr<AccountBook> accounts, Inbox::Handler handler,
            InboxOptions options, std::string name);

  void start();
  /// From the Inbox's destructor, on any thread: the handler gets nothing more.
  void close();
  bool closed() const { return closed_; }
  /// No handler starts any more, and new pushes are turned away: it was destroyed, or is drained.
  bool ending() const { return closed_ || draining_; }
  Pending<void> poll(std::string account);
  Pending<void> wake(std::string account, std::string token);
  void stop_polling(std::string account);
  Pending<void> drain(Millis within);
  Pending<InboxState> state();
  Pending<InboxHealth> health(std::string account);
  InboxState figures() const;
  /// Tells the observer how it stands.
  void show(std::size_t live_sessions);
  bool durable() const { return runtime->store->durable(); }

  /// The Outbox of the session at hand.
  Outbox& outbox();
  AnswerRecords& answers();

  WallTime now() const { return runtime->clock->wall(); }
  MonoTime mono() const { return runtime->clock->mono(); }
  /// For so many more events of an account. Of many, one takes at most nine times what it leaves free.
  bool has_room(std::size_t account, std::size_t events) const;
  /// Any thread.
  void count_event(std::string_view account, std::string_view outcome) const;
  void count_take_over(std::string_view account) const;
  void count_answer(std::string_view account, std::string_view outcome) const;
  void count_poll(std::string_view account, std::string_view outcome) const;
  void say(std::string_view account, LogLevel level, std::string_view event, std::string_view message,
           std::string_view event_id, std::string_view why = {}) const;

  const std::shared_ptr<RuntimeCore> runtime;
  const std::shared_ptr<AccountBook> accounts;
  const Inbox::Handler handler;
  const InboxOptions options;
  const std::shared_ptr<const EventSteps> steps;
  const std::shared_ptr<Journal> journal;
  const std::shared_ptr<std::atomic<std::size_t>> in_hand = std::make_shared<std::atomic<std::size_t>>(0);
  AccountPlaces places;
  Intake intake;
  Lanes lanes;
  JournalSink sink;
  Sweep sweep;
  PollPump pump;
  DeadLetters letters;

 private:
  Pending<void> with_poller(std::string account, std::function<void(const std::string& id)> work);
  void session_over();
  void drop_all();
  InboxHealth health_of(const InboxAccount& account) const;
  void show_accounts();
  void drained(MonoTime deadline, const std::shared_ptr<Promise<void>>& promise);

  std::atomic<bool> closed_{false};
  std::atomic<bool> draining_{false};
  std::shared_ptr<AnswerRecords> answers_;
  std::shared_ptr<Outbox> outbox_;
  std::unordered_set<std::string> shown_;  ///< Accounts of which the observer was told that something waits.
};

}  // namespace detail
KEFU_END_NAMESPACE
