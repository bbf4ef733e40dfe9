#include "channel/inbox/answer_records.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// The words by which an answer is known again.
std::string_view said_by(const PassiveReply& answer) {
  const auto* content = std::get_if<Content>(&answer);
  if (content == nullptr) return {};
  if (const auto* text = std::get_if<TextContent>(content)) return text->body;
  if (const auto* menu = std::get_if<MenuContent>(content)) return menu->head;
  if (const auto* link = std::get_if<LinkContent>(content)) return link->title;
  return {};
}

/// What the event becomes with the end of its answer.
void end_event(EventRecord& record) {
  const OutboxRecord& delivery = *record.delivery;
  record.why.clear();
  switch (delivery.state) {
    case OutboxRecord::State::refused:
      record.state = EventRecord::State::dead;
      record.why = "the answer could not be sent: " + delivery.why;
      break;
    case OutboxRecord::State::unknown:
      record.state = EventRecord::State::dead;
      record.why = "the answer may have been sent, nobody knows, so it is not repeated: " + delivery.why;
      break;
    default:
      record.state = EventRecord::State::done;
      if (!delivery.was_carried()) record.answer.reset();
  }
}

}  // namespace

OutboxRecord delivery_of(const EventRecord& record) {
  if (record.delivery) return *record.delivery;
  OutboxRecord delivery;
  if (record.state == EventRecord::State::done) {
    delivery.state = OutboxRecord::State::sent;
    if (record.answer) delivery.request = "carried";
  } else if (record.state == EventRecord::State::dead) {
    delivery.state = OutboxRecord::State::unknown;
    delivery.why = record.why;
  }
  return delivery;
}

/// One change of a record, as a step of the journal. Where nobody else may change the record its text is not read
/// again.
class AnswerRecords::Change final : public JournalStep {
 public:
  Change(std::shared_ptr<AnswerRecords> records, std::shared_ptr<AnswerPlace> place, OutboxDecide decide,
         OutboxDone done)
      : JournalStep(place->account->number),
        records_(std::move(records)),
        place_(std::move(place)),
        decide_(std::move(decide)),
        done_(std::move(done)),
        known_(place_->event),
        was_offered_(place_->is_offered) {
    const auto& delivery = known_->record.delivery;
    is_trusted_ =
        was_offered_ ||
        (delivery && delivery->session == records_->session_ &&
         (delivery->state == OutboxRecord::State::claimed || delivery->state == OutboxRecord::State::sending));
  }

  Result<void> decide(StagedStore& view, const std::string& session) override {
    if (session != records_->session_) return Error(ErrorKind::cancelled, "the session is over");
    event_ = known_;
    next_.reset();
    is_offered_ = was_offered_;
    bool is_trusted = is_trusted_ && !view.knows(place_->key);
    for (;;) {
      if (!is_trusted) {
        if (auto read = look(view); !read) return read;
      }
      OutboxView seen(delivery_of(event_->record), records_->session_, unix_millis(records_->clock_->wall()));
      if (auto read = look_around(view, seen); !read) return read;
      auto next = decide_(seen);
      if (!next && !is_offered_ && std::exchange(is_trusted, false)) continue;
      if (!next && !is_offered_) return {};
      return write(view, next ? *std::move(next) : seen.record);
    }
  }

  void done(Result<std::uint64_t> generation) override {
    if (!generation) return done_(generation.error());
    if (*generation != 0) {
      event_->generation = *generation;
      place_->is_offered = false;
    }
    place_->event = event_;
    if (*generation != 0) place_->next = next_;
    OutboxView after(delivery_of(event_->record), records_->session_, unix_millis(records_->clock_->wall()));
    after.holder_over = holder_over_;
    done_(std::move(after));
  }

 private:
  /// What stands there, if somebody wrote it since.
  Result<void> look(StagedStore& view) {
    auto stored = EventSteps::load(view, place_->key);
    if (!stored) return stored.error();
    if (!*stored) return Error(ErrorKind::not_found, "the event's record is gone");
    if ((*stored)->generation == event_->generation) return {};
    is_offered_ = false;
    event_ = std::make_shared<StoredEvent>(std::move(**stored));
    return {};
  }
  Result<void> look_around(StagedStore& view, OutboxView& seen) {
    const std::string& holder = seen.record.session;
    holder_over_ = false;
    if (!holder.empty() && holder != records_->session_) {
      auto over = records_->steps_->is_over(view, holder);
      if (!over) return over.error();
      holder_over_ = *over;
    }
    seen.holder_over = holder_over_;
    const bool is_automatic = event_->record.how.speaker.kind != Speaker::Kind::agent;
    if (seen.record.over() || !is_automatic || !place_->account->channel->has_poller()) return {};
    auto spoke = records_->steps_->human_spoke(view, place_->account->keys, place_->lane, event_->record.asked);
    if (!spoke) return spoke.error();
    seen.human_spoke = *spoke;
    return {};
  }
  Result<void> write(StagedStore& view, OutboxRecord next) {
    // Made again from what was known if the round is made again.
    event_ = std::make_shared<StoredEvent>(*event_);
    EventRecord& record = event_->record;
    record.state = EventRecord::State::answered;
    record.delivery = std::move(next);
    StoreWrite text = records_->steps_->put_event(place_->key, record, event_->generation);
    if (is_offered_ && text.value->size() > EventRecord::kLargestAnswered) {
      record.delivery->state = OutboxRecord::State::refused;
      record.delivery->why = "it is larger than what a store keeps";
      record.answer.reset();
    }
    const Durability durability = record.delivery->must_be_safe() ? Durability::full : Durability::relaxed;
    if (!record.delivery->over()) {
      std::optional<StoreWrite> own;
      if (record.delivery->state == OutboxRecord::State::sending && place_->account->channel->has_poller()) {
        auto noted = records_->steps_->note_own(view, place_->account->keys, place_->lane, said_by(*record.answer));
        if (!noted) return noted.error();
        own = *std::move(noted);
      }
      return EventSteps::save(view, std::move(text), durability, std::move(own));
    }
    end_event(record);
    auto look = records_->steps_->finish(view, records_->session_, place_->account->keys, place_->lane,
                                         place_->event_id, *event_, EventEnd(), durability);
    if (!look) return look.error();
    next_ = *std::move(look);
    return {};
  }

  const std::shared_ptr<AnswerRecords> records_;
  const std::shared_ptr<AnswerPlace> place_;
  const OutboxDecide decide_;
  OutboxDone done_;
  const std::shared_ptr<StoredEvent> known_;
  std::shared_ptr<StoredEvent> event_;
  std::optional<LaneLook> next_;
  const bool was_offered_;
  bool is_offered_ = false;
  bool is_trusted_ = false;
  bool holder_over_ = false;
};

AnswerPlace::~AnswerPlace() {
  if (const auto kept = records.lock()) kept->forget(key);
}

void AnswerRecords::enroll(const std::shared_ptr<AnswerPlace>& place) {
  place->records = weak_from_this();
  places_[place->key] = place;
}

void AnswerRecords::forget(const std::string& key) {
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
