#include "channel/inbox/answer_records.hpp"

#include "channel/inbox/human_lines.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// What the event becomes with the end of its answer.
void end_event(EventProgress& event) {
  const OutboxRecord& delivery = *event.delivery;
  event.why.clear();
  switch (delivery.state) {
    case OutboxRecord::State::refused:
      event.state = EventProgress::State::dead;
      event.why = "the answer could not be sent: " + delivery.why;
      break;
    case OutboxRecord::State::unknown:
      event.state = EventProgress::State::dead;
      event.why = "the answer may have been sent, nobody knows, so it is not repeated: " + delivery.why;
      break;
    default:
      event.state = EventProgress::State::done;
      if (!delivery.was_carried()) event.answer.reset();
  }
}

}  // namespace

OutboxRecord delivery_of(const EventProgress& event) {
  if (event.delivery) return *event.delivery;
  OutboxRecord delivery;
  if (event.state == EventProgress::State::done) {
    delivery.state = OutboxRecord::State::sent;
    if (event.answer) delivery.request = "carried";
  } else if (event.state == EventProgress::State::dead) {
    delivery.state = OutboxRecord::State::unknown;
    delivery.why = event.why;
  }
  return delivery;
}

/// One change of a record, as a step of the journal. Where nobody else may change the record its text is not read
/// again.
class AnswerRecords::Change final : public JournalStep {
 public:
  Change(std::shared_ptr<AnswerRecords> records, std::shared_ptr<AnswerPlace> place, OutboxDecide decide,
         OutboxDone done)
      : JournalStep(place->held->account->number),
        records_(std::move(records)),
        place_(std::move(place)),
        decide_(std::move(decide)),
        done_(std::move(done)) {}

  void keys(std::vector<std::string>& out) const override {
    if (!knows_best()) out.push_back(held().key);
    if (held().account->channel->has_poller()) out.push_back(held().account->keys.human(held().lane));
  }
  Result<void> decide(StagedStore& view, const std::string& session) override {
    if (session != records_->session_) return Error(ErrorKind::cancelled, "the session is over");
    read_.reset();
    written_.reset();
    next_.reset();
    is_offered_ = place_->is_offered;
    bool is_trusted = knows_best() && !view.knows(held().key);
    for (;;) {
      if (!is_trusted) {
        if (auto read = look(view); !read) return read;
      }
      OutboxView seen(delivery_of(event().record), records_->session_, unix_millis(records_->clock_->wall()));
      if (auto read = look_around(view, seen); !read) return read;
      auto next = decide_(seen);
      if (!next && !is_offered_ && std::exchange(is_trusted, false)) continue;
      if (!next && !is_offered_) return {};
      return write(view, next ? *std::move(next) : seen.record);
    }
  }

  void done(Result<std::uint64_t> generation) override {
    if (!generation) return done_(generation.error());
    StoredEvent& stored = place_->held->stored;
    if (read_) stored = *std::move(read_);
    if (*generation != 0) {
      static_cast<EventProgress&>(stored.record) = *std::move(written_);
      stored.generation = *generation;
      place_->is_offered = false;
      place_->next = std::move(next_);
      if (place_->next && place_->next->known) place_->next->known->generation = *generation;
    }
    OutboxView after(delivery_of(stored.record), records_->session_, unix_millis(records_->clock_->wall()));
    after.holder_over = holder_over_;
    done_(std::move(after));
  }

 private:
  const HeldEvent& held() const { return *place_->held; }
  const StoredEvent& event() const { return read_ ? *read_ : held().stored; }
  /// Nobody else may change the record.
  bool knows_best() const {
    const auto& delivery = held().stored.record.delivery;
    if (is_offered_) return true;
    return delivery && delivery->session == records_->session_ &&
           (delivery->state == OutboxRecord::State::claimed || delivery->state == OutboxRecord::State::sending);
  }
  /// What stands there, if somebody wrote it since.
  Result<void> look(StagedStore& view) {
    auto stored = EventSteps::load(view, held().key);
    if (!stored) return stored.error();
    if (!*stored) return Error(ErrorKind::not_found, "the event's record is gone");
    if ((*stored)->generation == event().generation) return {};
    if (is_offered_ && EventSteps::is_only_acknowledged(**stored, event().generation)) {
      held().noted_acknowledged = true;
      read_ = held().stored;
      read_->generation = (*stored)->generation;
      return {};
    }
    // Whoever wrote it knew nothing of what is offered here: the event is loaded anew.
    if (is_offered_ && !(*stored)->record.answer && !(*stored)->record.over()) {
      return Error(ErrorKind::not_found, "somebody else wrote the event's record meanwhile");
    }
    is_offered_ = false;
    read_ = std::move(**stored);
    return {};
  }
  Result<void> look_around(StagedStore& view, OutboxView& seen) {
    if (held().is_acknowledged() && !seen.record.over()) seen.record.leave_requests();
    const std::string& holder = seen.record.session;
    holder_over_ = false;
    if (!holder.empty() && holder != records_->session_) {
      auto over = records_->steps_->is_over(view, holder);
      if (!over) return over.error();
      holder_over_ = *over;
    }
    seen.holder_over = holder_over_;
    const bool is_automatic = event().record.how.speaker.kind != Speaker::Kind::agent;
    if (seen.record.over() || !is_automatic || !held().account->channel->has_poller()) return {};
    auto spoke = human_spoke(view, held(), event().record.asked);
    if (!spoke) return spoke.error();
    seen.human_spoke = *spoke;
    return {};
  }
  Result<void> write(StagedStore& view, OutboxRecord next) {
    EventProgress progress = event().record;
    progress.state = EventProgress::State::answered;
    progress.delivery = std::move(next);
    if (!progress.delivery->over()) {
      StagedStore::Draft draft = view.draft();
      auto size = records_->steps_->put_known(view, draft, held(), event(), progress);
      if (!size) return size.error();
      if (!is_offered_ || *size <= EventRecord::kLargestAnswered) {
        const bool may_come_back =
            progress.delivery->state == OutboxRecord::State::sending && held().account->channel->has_poller();
        if (const auto* said = may_come_back ? std::get_if<Content>(&*progress.answer) : nullptr) {
          auto noted = note_own(view, draft, held(), *said, unix_millis(records_->clock_->wall()));
          if (!noted) return noted;
        }
        written_ = std::move(progress);
        return draft.stage(Durability::full);
      }
      progress.delivery->state = OutboxRecord::State::refused;
      progress.delivery->why = "it is larger than what a store keeps";
      progress.answer.reset();
    }
    end_event(progress);
    auto look =
        records_->steps_->finish(view, records_->session_, held(), event(), progress, EventEnd(), Durability::relaxed);
    if (!look) return look.error();
    written_ = std::move(progress);
    next_ = *std::move(look);
    return {};
  }

  const std::shared_ptr<AnswerRecords> records_;
  const std::shared_ptr<AnswerPlace> place_;
  const OutboxDecide decide_;
  OutboxDone done_;
  // What the last decide() found and wrote; done() makes it what is known.
  std::optional<StoredEvent> read_;
  std::optional<EventProgress> written_;
  std::optional<LaneLook> next_;
  bool is_offered_ = false;
  bool holder_over_ = false;
};

AnswerPlace::~AnswerPlace() {
  if (const auto kept = records.lock()) kept->forget(held->key);
}

void AnswerRecords::enroll(const std::shared_ptr<AnswerPlace>& place) {
  place->records = weak_from_this();
  places_.erase(place->held->key);  // with its key, which is another's
  places_.emplace(place->held->key, place);
}

void AnswerRecords::forget(std::string_view key) {
  const auto place = places_.find(key);
  if (place != places_.end() && place->second.expired()) places_.erase(place);
}

void AnswerRecords::change(const std::string& id, OutboxDecide decide, OutboxDone done) {
  const auto known = places_.find(id);
  auto place = known == places_.end() ? nullptr : known->second.lock();
  if (!place) return done(Error(ErrorKind::not_found, "nobody asks for this answer any more"));
  journal_->post(std::make_unique<Change>(shared_from_this(), std::move(place), std::move(decide), std::move(done)));
}

}  // namespace detail
KEFU_END_NAMESPACE
