#include "channel/inbox/outbox.hpp"

#include "channel/inbox/backoff.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr Millis kRecordsPause{200};
constexpr Millis kLongestRecordsPause{5'000};
constexpr Millis kLongestWait{600'000};

/// Nothing will be written: our session is over, or the record is gone.
bool is_final(const Error& error) {
  return error.kind() == ErrorKind::cancelled || error.kind() == ErrorKind::not_found;
}

}  // namespace

/// Changes of a record that somebody waits for, one at a time; a store that fails is asked again.
struct Outbox::Question : std::enable_shared_from_this<Outbox::Question> {
  explicit Question(std::string i) : id(std::move(i)) {}
  virtual ~Question() = default;
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  /// Looks only at what does not change while the question is on its way.
  virtual std::optional<OutboxRecord> decide(const OutboxRules& rules, const OutboxView& view) const = 0;
  /// `asked`: when the commit was asked for.
  virtual void answered(Outbox& outbox, const Result<OutboxView>& after, MonoTime asked) = 0;
  /// If not, what was surely not written is not asked again.
  virtual bool is_wanted() const { return true; }
  void begin() {
    failures = 0;
    maybe_written = false;
  }
  const std::string id;
  int failures = 0;
  bool maybe_written = false;
};

/// An answer that is being delivered.
struct Outbox::Job final : Question {
  explicit Job(std::shared_ptr<OutboxItem> i) : Question(i->id()), item(std::move(i)) {}
  std::optional<OutboxRecord> decide(const OutboxRules& rules, const OutboxView& view) const override {
    if (outcome) return rules.settle(view, begun, *outcome);
    auto end = rules.expire(view);
    return end ? std::move(end) : rules.begin(view, memory);
  }
  void answered(Outbox& outbox, const Result<OutboxView>& after, MonoTime asked) override {
    const JobPtr self = std::static_pointer_cast<Job>(shared_from_this());
    outcome ? outbox.settled(self, after) : outbox.stepped(self, after, asked);
  }
  const std::shared_ptr<OutboxItem> item;
  int begun = 0;                         ///< The last attempt that was given to the item, or given back.
  std::optional<OutboxOutcome> outcome;  ///< Of it, to be written.
  Millis memory{0};                      ///< Of the platform, for the item's key.
  bool is_busy = false;                  ///< With the store or with the item.
  bool is_over = false;
  std::uint64_t wait = 0;  ///< Of several timers only the last one counts.
};

/// A request that wants to carry an answer: claims it, and says what became of that.
struct Outbox::Claim final : Question {
  Claim(std::string i, std::shared_ptr<OutboxCarrier> c) : Question(std::move(i)), carrier(std::move(c)) {}
  std::optional<OutboxRecord> decide(const OutboxRules& rules, const OutboxView& view) const override {
    if (!carried) return rules.claim(view, carrier->request());
    return *carried ? rules.carried(view, carrier->request()) : rules.unclaim(view, carrier->request());
  }
  void answered(Outbox& outbox, const Result<OutboxView>& after, MonoTime) override {
    const ClaimPtr self = std::static_pointer_cast<Claim>(shared_from_this());
    carried ? outbox.claim_ended(self, after) : outbox.claimed(self, after);
  }
  bool is_wanted() const override { return carried || carrier->waits(); }
  const std::shared_ptr<OutboxCarrier> carrier;
  std::optional<bool> carried;  ///< What became of a claim that is written.
};

/// The item's word about its message. Lost, it says that nobody knows.
class Outbox::SentOnce {
 public:
  SentOnce(const std::shared_ptr<Outbox>& outbox, JobPtr job)
      : outbox_(outbox), job_(std::move(job)), scheduler_(outbox->runtime_->scheduler) {}
  SentOnce(SentOnce&&) noexcept = default;
  SentOnce& operator=(SentOnce&&) = delete;
  ~SentOnce() {
    if (!job_) return;
    ErrorDetails details;
    details.message = "the account never said what became of the message";
    const Error lost(ErrorKind::internal, Delivery::unknown, std::move(details));
    scheduler_->post([outbox = outbox_, job = std::move(job_), lost] { settle(outbox, job, lost); });
  }
  void operator()(const Result<Receipt>& result) {
    if (const auto job = std::exchange(job_, nullptr)) settle(outbox_, job, result);
  }

 private:
  static void settle(const std::weak_ptr<Outbox>& outbox, const JobPtr& job, const Result<Receipt>& result) {
    if (const auto self = outbox.lock())
      self->settle(job, OutboxOutcome(result, backoff(job->begun, *self->runtime_->jitter)));
  }

  std::weak_ptr<Outbox> outbox_;
  JobPtr job_;
  std::shared_ptr<Scheduler> scheduler_;
};

/// Until the records answer, or say that they never will.
void Outbox::ask(const std::shared_ptr<Question>& question) {
  if (closed_) return;
  const MonoTime asked = runtime_->clock->mono();
  records_->change(
      question->id,
      [rules = &rules_, asks = question.get()](const OutboxView& view) { return asks->decide(*rules, view); },
      [self = shared_from_this(), question, asked](const Result<OutboxView>& after) {
        if (self->closed_) return;
        if (after || is_final(after.error())) return question->answered(*self, after, asked);
        if (after.error().delivery() == Delivery::unknown) question->maybe_written = true;
        if (!question->maybe_written && !question->is_wanted()) return question->answered(*self, after, asked);
        const Millis pause = std::min(kRecordsPause * ++question->failures, kLongestRecordsPause);
        self->runtime_->scheduler->run_at(self->runtime_->clock->mono() + pause,
                                          [self, question] { self->ask(question); });
      });
}

void Outbox::deliver(std::shared_ptr<OutboxItem> item) {
  auto job = std::make_shared<Job>(std::move(item));
  jobs_[job->id] = job;
  step(job);
}

/// Ends what can only end, else begins what may begin; what is written then says how to go on.
void Outbox::step(const JobPtr& job) {
  if (closed_ || job->is_over || job->is_busy) return;
  job->is_busy = true;
  job->memory = job->item->key_memory();
  job->outcome.reset();
  job->begin();
  ask(job);
}

void Outbox::stepped(const JobPtr& job, const Result<OutboxView>& after, MonoTime asked) {
  if (!after) return end(job, after.error());
  const OutboxRecord& record = after->record;
  const bool has_begun = record.state == OutboxRecord::State::sending && after->is_ours() && record.not_before == 0 &&
                         record.attempts > job->begun;
  if (has_begun) return send(job, *after, asked);
  go_on(job, *after);
}

/// The last look before bytes leave: a process that was stopped meanwhile may have a successor.
void Outbox::send(const JobPtr& job, const OutboxView& view, MonoTime asked) {
  job->begun = view.record.attempts;
  auto within = OutboxRules::time_for_repeat(view);
  if (within) *within -= std::chrono::duration_cast<Millis>(runtime_->clock->mono() - asked);
  if (!records_->alive() || (within && *within <= Millis(0)))
    return settle(job, OutboxOutcome(OutboxOutcome::What::not_begun));
  job->item->send(within, SentOnce(shared_from_this(), job));
}

void Outbox::settle(const JobPtr& job, OutboxOutcome outcome) {
  job->outcome = std::move(outcome);
  job->begin();
  ask(job);
}

void Outbox::settled(const JobPtr& job, const Result<OutboxView>& after) {
  if (!after) return end(job, after.error());
  if (job->outcome->what == OutboxOutcome::What::not_begun) --job->begun;
  go_on(job, *after);
}

void Outbox::go_on(const JobPtr& job, const OutboxView& view) {
  if (view.record.over()) return end(job, view.record);
  job->is_busy = false;
  const Millis wait(std::max<std::int64_t>(1, rules_.look_again(view) - view.now));
  runtime_->scheduler->run_at(runtime_->clock->mono() + std::min(wait, kLongestWait),
                              [self = shared_from_this(), job, mark = ++job->wait] {
                                if (job->wait == mark) self->step(job);
                              });
}

void Outbox::end(const JobPtr& job, const Result<OutboxRecord>& record) {
  job->is_over = true;
  jobs_.erase(job->id);
  job->item->over(record);
}

void Outbox::poke(const std::string& id) {
  const auto place = jobs_.find(id);
  if (place == jobs_.end()) return;
  if (const JobPtr job = place->second.lock()) step(job);
}

void Outbox::claim(const std::string& id, std::shared_ptr<OutboxCarrier> carrier) {
  ask(std::make_shared<Claim>(id, std::move(carrier)));
}

void Outbox::claimed(const ClaimPtr& claim, const Result<OutboxView>& after) {
  if (!after) return claim->carrier->claimed(after.error());
  const OutboxRecord& record = after->record;
  const bool is_claimed =
      record.state == OutboxRecord::State::claimed && after->is_ours() && record.request == claim->carrier->request();
  if (!is_claimed) return claim->carrier->claimed(record);
  claim->carried = records_->alive() && claim->carrier->carry();
  claim->begin();
  ask(claim);
}

void Outbox::claim_ended(const ClaimPtr& claim, const Result<OutboxView>& after) {
  claim->carrier->claimed(after ? Result<OutboxRecord>(after->record) : Result<OutboxRecord>(after.error()));
  poke(claim->id);
}

void Outbox::close() {
  closed_ = true;
  jobs_.clear();
}

}  // namespace detail
KEFU_END_NAMESPACE
