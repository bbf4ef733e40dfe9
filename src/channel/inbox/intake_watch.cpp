#include "channel/inbox/core.hpp"
#include "channel/inbox/intake.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr Millis kLongestLook{400};

}  // namespace

/// A request that waits here takes along the answer that another process has ready.
class WatchCarrier final : public OutboxCarrier {
 public:
  WatchCarrier(std::shared_ptr<InboxCore> core, std::shared_ptr<AnswerPlace> place, RequestCarrier carrier)
      : core_(std::move(core)), place_(std::move(place)), carrier_(std::move(carrier)) {}
  const std::string& request() const override { return carrier_.name; }
  bool waits() const override { return carrier_.waits(); }
  bool carry() override { return carrier_.carry(); }
  void claimed(const Result<OutboxRecord>& record) override {
    const auto item = core_->intake.items_.find(place_->held->key);
    if (item == core_->intake.items_.end()) return;
    const EventRecord& event = place_->held->stored.record;
    if (!record || !record->over()) return core_->intake.watch(item->second.held);
    core_->intake.resolve(item, event.state == EventRecord::State::done ? event.answer : std::nullopt);
  }

 private:
  const std::shared_ptr<InboxCore> core_;
  const std::shared_ptr<AnswerPlace> place_;
  RequestCarrier carrier_;
};

/// Another process works on it: its answer is fetched from the record, as long as somebody waits for it.
void Intake::watch(const HeldEventPtr& held) {
  const auto place = find(held);
  if (place == items_.end()) return;
  Item& item = place->second;
  item.waiters.erase(std::remove_if(item.waiters.begin(), item.waiters.end(),
                                    [](const std::weak_ptr<WaitingRequest>& waiting) {
                                      const auto waiter = waiting.lock();
                                      return !waiter || waiter->is_answered;
                                    }),
                     item.waiters.end());
  if (item.waiters.empty()) {
    items_.erase(place);
    return;
  }
  item.is_watching = true;
  const MonoTime next = core_.mono() + item.pause;
  item.pause = std::min(2 * item.pause, kLongestLook);
  core_.runtime->scheduler->run_at(next, [core = core_.shared_from_this(), held] { core->intake.look(held); });
}

void Intake::look(const HeldEventPtr& held) {
  if (find(held) == items_.end()) return;
  core_.journal->run<Seen>(
      held->account->number, {held->key},
      [steps = core_.steps, held](StagedStore& view, const std::string& session) -> Result<Seen> {
        Seen seen;
        auto event = EventSteps::load(view, held->key);
        if (!event) return event.error();
        seen.event = std::move(*event);
        if (!seen.event || !seen.event->record.delivery) return seen;
        const std::string& holder = seen.event->record.delivery->session;
        if (holder.empty() || holder == session) return seen;
        auto over = steps->is_over(view, holder);
        if (!over) return over.error();
        seen.holder_over = *over;
        return seen;
      },
      [core = core_.shared_from_this(), held](const Result<Seen>& seen, std::uint64_t) {
        core->intake.looked(held, seen);
      });
}

void Intake::looked(const HeldEventPtr& held, const Result<Seen>& seen) {
  const auto place = find(held);
  if (place == items_.end()) return;
  if (!seen || !seen->event) return watch(held);
  const EventRecord& record = seen->event->record;
  if (record.over()) return resolve(place, record.state == EventRecord::State::done ? record.answer : std::nullopt);
  const auto& delivery = record.delivery;
  const bool is_ready = delivery && delivery->by_request && delivery->state == OutboxRecord::State::ready;
  const bool is_left = delivery && delivery->state == OutboxRecord::State::claimed && seen->holder_over;
  if (!record.answer || (!is_ready && !is_left)) return watch(held);
  bool is_impossible = false;
  auto carrier = this->carrier(held->key, *record.answer, is_impossible);
  if (!carrier) return watch(held);
  // Not the one that our own lane may have held.
  auto seen_there = std::make_shared<HeldEvent>(held->account, held->id, held->key, held->lane);
  seen_there->stored = *seen->event;
  auto answer = std::make_shared<AnswerPlace>(std::move(seen_there));
  core_.answers().enroll(answer);
  core_.outbox().claim(
      held->key, std::make_shared<WatchCarrier>(core_.shared_from_this(), std::move(answer), *std::move(carrier)));
}

}  // namespace detail
KEFU_END_NAMESPACE
