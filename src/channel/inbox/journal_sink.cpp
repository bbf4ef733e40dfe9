#include "channel/inbox/journal_sink.hpp"

#include "channel/inbox/core.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// Of one part: leaves room in a commit for the last event and the cursor.
constexpr std::size_t kPartBytes = Store::kMaxCommitSize / 4;
/// An event is at most its record, its lane, its reply window, a human's mark, and the demand that a session is over.
constexpr std::size_t kWritesPerEvent = 4;

}  // namespace

/// What one call of accept() brought, and how far it is.
struct JournalSink::Batch {
  AccountPtr account;
  std::vector<SinkEvent> events;
  std::vector<StoreWrite> cursor;
  Done done;
  std::size_t begin = 0;  ///< Of the part that is on its way.
  std::size_t end = 0;
  std::vector<SinkAnswer> answers;
  bool is_last() const { return end == events.size(); }
};

/// One part of a batch: its events, and with the last one the cursor.
class JournalSink::Step final : public JournalStep {
 public:
  Step(std::shared_ptr<InboxCore> core, Batch batch)
      : JournalStep(batch.account->number), core_(std::move(core)), batch_(std::move(batch)), now_(core_->now()) {
    accepted_.reserve(batch_.end - batch_.begin);
  }

  void keys(std::vector<std::string>& out) const override {
    for (std::size_t i = batch_.begin; i < batch_.end; ++i) {
      const HeldEvent& held = *batch_.events[i].held;
      out.push_back(held.key);
      out.push_back(held.lane);
      add_known(held, out);
    }
  }
  std::size_t room() const override { return (batch_.end - batch_.begin) * kWritesPerEvent + batch_.cursor.size(); }
  Result<void> decide(StagedStore& view, const std::string& session) override {
    accepted_.clear();
    if (batch_.is_last() && !batch_.cursor.empty()) {
      auto moved = view.commit(batch_.cursor, Durability::full);
      if (!moved) return moved.error();
      if (!moved->committed) return Error(ErrorKind::conflict, "another process took the batch");
    }
    for (std::size_t i = batch_.begin; i < batch_.end; ++i) {
      const SinkEvent& given = batch_.events[i];
      // A cursor passes over what it brought: neither one customer nor an event that no store can take may hold up the
      // others.
      const bool must_take = !batch_.cursor.empty();
      auto accepted = core_->steps->accept(view, session, *given.held, fresh(given), must_take);
      if (!accepted && accepted.error().kind() != ErrorKind::bad_argument) return accepted.error();
      accepted_.push_back(std::move(accepted));
    }
    return {};
  }
  void written(Store& store) override {
    for (std::size_t i = 0; i < accepted_.size(); ++i) {
      if (accepted_[i] && (accepted_[i]->fate == EventFate::stored || accepted_[i]->fate == EventFate::buried))
        EventSteps::note_window(store, *batch_.account, *batch_.events[batch_.begin + i].held->event);
    }
  }
  void done(Result<std::uint64_t> generation) override {
    if (!generation) return batch_.done(generation.error());
    for (const Result<Accepted>& one : accepted_) {
      SinkAnswer& answer = batch_.answers.emplace_back();
      if (!one) continue;
      answer.fate = one->fate;
      answer.is_ours = one->is_ours;
      answer.is_over = one->event.record.over();
      if (one->event.record.state == EventRecord::State::done) answer.answer = one->event.record.answer;
    }
    for (std::size_t i = 0; i < accepted_.size(); ++i) {
      Result<Accepted>& one = accepted_[i];
      if (!one || one->fate > EventFate::duplicate) continue;
      if (one->event.record.acknowledged) batch_.events[batch_.begin + i].held->noted_acknowledged = true;
      if (one->fate == EventFate::stored) one->event.generation = *generation;
      if (one->known_lane) one->known_lane->generation = *generation;
      core_->lanes.arrived(batch_.events[batch_.begin + i].held, *std::move(one));
    }
    if (!batch_.is_last()) return core_->sink.post_part(std::move(batch_));
    batch_.done(std::move(batch_.answers));
  }

 private:
  /// What else the event's kind lets accept() read.
  static void add_known(const HeldEvent& held, std::vector<std::string>& out) {
    const InboundEvent& event = *held.event;
    if (event.customer.id.empty()) return;
    if (std::holds_alternative<AgentSpoke>(event.payload)) out.push_back(held.account->keys.human(held.lane));
    if (!held.account->channel->ledger()) return;
    std::string window = held.account->keys.window(event.customer.id);
    if (window.size() <= Store::kMaxKeySize) out.push_back(std::move(window));  // a longer one is this event's fault
  }
  EventRecord fresh(const SinkEvent& given) const {
    const InboundEvent& event = *given.held->event;
    EventRecord record;
    record.received = unix_millis(event.received_time);
    record.asked = unix_millis(event.platform_time);
    record.claim_until = given.waits > Millis(0) ? unix_millis(now_ + given.waits) : 0;
    record.is_history = event.history;
    record.trace = given.trace;
    record.raw = event.raw;
    return record;
  }

  const std::shared_ptr<InboxCore> core_;
  Batch batch_;
  const WallTime now_;
  std::vector<Result<Accepted>> accepted_;
};

void JournalSink::accept(const AccountPtr& account, std::vector<SinkEvent> events, std::vector<StoreWrite> cursor,
                         Done done) {
  Batch batch;
  batch.account = account;
  batch.events = std::move(events);
  batch.cursor = std::move(cursor);
  batch.done = std::move(done);
  batch.answers.reserve(batch.events.size());
  post_part(std::move(batch));
}

void JournalSink::post_part(Batch batch) {
  batch.begin = batch.end;
  std::size_t bytes = 0;
  while (!batch.is_last() && bytes < kPartBytes) bytes += batch.events[batch.end++].held->event->raw.size();
  core_.journal->post(std::make_unique<Step>(core_.shared_from_this(), std::move(batch)));
}

}  // namespace detail
KEFU_END_NAMESPACE
