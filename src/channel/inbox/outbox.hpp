#pragma once

#include "channel/inbox/outbox_rules.hpp"
#include "core/async/runtime_core.hpp"

#include <kefu/channel/message.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What to write of a record, as the view stands; nothing: leave it. Run as often as a race demands, on any thread, and
/// not any more once its OutboxDone was called or dropped.
using OutboxDecide = std::function<std::optional<OutboxRecord>(const OutboxView& view)>;
/// Called once, on the loop, with the view as it is after the commit.
using OutboxDone = MoveFunction<void(Result<OutboxView> after)>;

/// The records of one session, which is over one day and never comes back: implemented by the journal of an Inbox and
/// by desk's database. Whoever implements it knows what stands beside a record, and writes that in the same commit: a
/// record that is over ends its event and lets the lane move on; what did not reach the customer becomes a dead letter.
/// An answer that was offered but has no record yet may be shown as a ready one: the first step then writes both.
///
/// Thread safety: called on the loop.
class OutboxRecords {
 public:
  virtual ~OutboxRecords() = default;
  /// Surely not over yet, by monotonic time; no store is asked.
  virtual bool alive() const = 0;
  /// Reads, decides and writes in one commit that only a living session can make; where nothing is decided it has only
  /// read. Errors: `cancelled`: the session is over, nothing will be written; `not_found`: no such record; delivery
  /// `unknown`: it may be written; any other: nothing was. After the last two Outbox calls this again after a pause,
  /// and so reads what stands there before it does anything else.
  virtual void change(const std::string& id, OutboxDecide decide, OutboxDone done) = 0;
};

/// One answer that is to be delivered. Called on the loop.
class OutboxItem {
 public:
  virtual ~OutboxItem() = default;
  virtual const std::string& id() const = 0;
  /// How long the platform remembers this message's own key (Capabilities::key_memory of its address); zero: none.
  virtual Millis key_memory() const = 0;
  /// Sends it: the record says so already. `within`: a repeat that takes longer must not leave. `sent` is called once,
  /// on the loop; dropped uncalled it says that nobody knows.
  using Sent = MoveFunction<void(Result<Receipt>)>;
  virtual void send(std::optional<Millis> within, Sent sent) = 0;
  /// The record is over, or (error) it is not ours to end: our session is over, or the record is gone. The last call.
  virtual void over(const Result<OutboxRecord>& record) = 0;
};

/// A waiting request that could carry an answer. Called on the loop.
class OutboxCarrier {
 public:
  virtual ~OutboxCarrier() = default;
  /// A name that no other request has.
  virtual const std::string& request() const = 0;
  /// Still to be answered: else a claim that the store refused is not tried again.
  virtual bool waits() const = 0;
  /// The claim is written: hands the answer over now. False: the request was answered meanwhile, or its time is up by
  /// the clock (timers of a process that was stopped come late), so the claim is undone and the answer leaves as a
  /// message.
  virtual bool carry() = 0;
  /// How the record stands at the end of the claim: `was_carried` by this request; sent, when another one carried it or
  /// it left as a message; otherwise the answer has not left yet. The last call.
  virtual void claimed(const Result<OutboxRecord>& record) = 0;
};

/// Brings answers to customers for one session: offers them to waiting requests, sends what none took, repeats what may
/// be repeated, and ends what cannot arrive. It keeps no records: it asks OutboxRecords for each step and goes on from
/// what stands there. Nothing leaves before its record says so, and nothing when the session is no longer alive.
///
/// Thread safety: on the loop.
class Outbox final : public std::enable_shared_from_this<Outbox> {
 public:
  Outbox(std::shared_ptr<RuntimeCore> runtime, std::shared_ptr<OutboxRecords> records, OutboxRules rules)
      : runtime_(std::move(runtime)), records_(std::move(records)), rules_(rules) {}

  /// Drives the record of this item until it is over. For the owner of its lane: one item per id at a time.
  void deliver(std::shared_ptr<OutboxItem> item);
  /// Lets a request take a ready answer, whoever owns the lane. A delivery of the same id here goes on at once.
  void claim(const std::string& id, std::shared_ptr<OutboxCarrier> carrier);
  /// The session is over: forgets everything, calls nobody any more. Answers of messages on their way are dropped,
  /// their records stand as `sending` until the next session ends them.
  void close();
  /// Answers being delivered here.
  std::size_t delivering() const { return jobs_.size(); }

 private:
  struct Question;
  struct Job;
  struct Claim;
  class SentOnce;
  using JobPtr = std::shared_ptr<Job>;
  using ClaimPtr = std::shared_ptr<Claim>;

  void ask(const std::shared_ptr<Question>& question);
  void step(const JobPtr& job);
  void stepped(const JobPtr& job, const Result<OutboxView>& after, MonoTime asked);
  void send(const JobPtr& job, const OutboxView& view, MonoTime asked);
  void settle(const JobPtr& job, OutboxOutcome outcome);
  void settled(const JobPtr& job, const Result<OutboxView>& after);
  void go_on(const JobPtr& job, const OutboxView& view);
  void end(const JobPtr& job, const Result<OutboxRecord>& record);
  void poke(const std::string& id);
  void claimed(const ClaimPtr& claim, const Result<OutboxView>& after);
  void claim_ended(const ClaimPtr& claim, const Result<OutboxView>& after);

  const std::shared_ptr<RuntimeCore> runtime_;
  const std::shared_ptr<OutboxRecords> records_;
  const OutboxRules rules_;
  /// Each lives in what it waits for, its message or its records: a runtime that stops drops that, and the job with it.
  std::unordered_map<std::string, std::weak_ptr<Job>> jobs_;
  bool closed_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
