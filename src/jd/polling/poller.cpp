#include "jd/polling/poller.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/time_range.hpp"
#include "core/async/wait.hpp"
#include "core/report/reporting.hpp"
#include "core/store/commit_known.hpp"
#include "jd/polling/agent_group.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/jd/time.hpp>

#include <algorithm>
#include <list>
#include <mutex>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr Millis kFirstBackoff{30'000};
constexpr Millis kLongestBackoff{600'000};
/// A right that is missing does not come by itself within minutes.
constexpr Millis kRefusedBackoff{1'800'000};
constexpr std::string_view kCallsUsedUp = "2";
constexpr Millis kLookForOthers{60'000};

/// Errors that concern the shop or the application, not one stream.
bool ends_round(ErrorKind kind) {
  return kind == ErrorKind::needs_authorization || kind == ErrorKind::credentials_refused ||
         kind == ErrorKind::quota_exhausted || kind == ErrorKind::cancelled;
}

/// Not `configuration`: a clock that was wrong (8) may be right again within seconds.
bool is_refusal(ErrorKind kind) {
  return kind == ErrorKind::permission || kind == ErrorKind::unsupported || kind == ErrorKind::bad_argument;
}

}  // namespace

/// State of the rounds; on the loop only.
class ShopPoller::Work final : public std::enable_shared_from_this<Work> {
 public:
  Work(PollParts shared, MoveFunction<Sources()> make_sources)
      : parts(std::move(shared)), make_sources_(std::move(make_sources)) {}

  const PollParts parts;

  AccountHealth health() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return health_;
  }
  void skip(const std::string& stream) {
    for (Lane& lane : lanes_) {
      if (lane.stream->name() != stream) continue;
      lane.stream->skip();
      if (lane.failures > 0) lane.due = mono();
    }
  }

  void ask(Promise<PollBatch> promise, MonoTime deadline, CancelToken cancel) {
    const auto& loop = parts.runtime->scheduler;
    auto asked = std::make_shared<Asked>(loop, deadline, std::move(promise), std::move(cancel));
    asked->timer = loop->run_at(deadline, Guard(asked, shared_from_this()));
    asked_.push_back(std::move(asked));
    if (lanes_.empty()) make_lanes();
    if (asked_.size() == 1) begin();
  }

 private:
  struct Asked {
    Asked(std::shared_ptr<Scheduler> loop, MonoTime deadline, Promise<PollBatch> p, CancelToken cancel)
        : promise(std::move(p)),
          wait(std::move(loop), deadline, promise.cancelled(), stop.token(), std::move(cancel)) {}
    Promise<PollBatch> promise;
    CancelSource stop;
    detail::Wait wait;
    Scheduler::Ticket timer = 0;
  };
  /// Owned by the timer of the deadline, so that a poll is answered when the loop ends, and its poller lives till then.
  class Guard {
   public:
    Guard(std::shared_ptr<Asked> asked, std::shared_ptr<Work> work)
        : asked_(std::move(asked)), work_(std::move(work)) {}
    Guard(Guard&&) noexcept = default;
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (asked_) asked_->promise.answer(Error(ErrorKind::cancelled, "the runtime ended while it polled"));
    }
    void operator()() {
      asked_->promise.answer(Error(ErrorKind::timeout, "the poll took longer than CallOptions::timeout"));
      asked_->stop.request();
    }

   private:
    std::shared_ptr<Asked> asked_;
    std::shared_ptr<Work> work_;
  };
  struct Lane {
    std::shared_ptr<PollStream> stream;
    MonoTime due{};
    int failures = 0;
    bool tried = false;  ///< In this poll.
    std::int64_t round_calls = 0;
  };

  void make_lanes() {
    for (auto& source : make_sources_()) {
      Lane& lane = lanes_.emplace_back();
      lane.stream = std::make_shared<PollStream>(parts, std::move(source));
    }
  }

  void begin() {
    first_error_.reset();
    worked_ = false;
    for (Lane& lane : lanes_) lane.tried = false;
    next();
  }

  /// A batch that nobody took comes first; then whose turn it is.
  Lane* choose() {
    for (Lane& lane : lanes_)
      if (lane.stream->is_outstanding() && !lane.tried) return &lane;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      Lane& lane = lanes_[(turn_ + i) % lanes_.size()];
      if (lane.tried || lane.due > mono()) continue;
      turn_ = (turn_ + i + 1) % lanes_.size();
      return &lane;
    }
    return nullptr;
  }

  void next() {
    Lane* lane = choose();
    if (lane == nullptr) {
      if (!worked_ && first_error_) return answer(*first_error_);
      return answer(finished(PollBatch()));
    }
    lane->tried = true;
    const auto index = static_cast<std::size_t>(lane - lanes_.data());
    const bool only_settle = lane->due > mono();
    // The stream keeps this: it must not keep us.
    lane->stream->run(asked_.front()->wait.token(), only_settle,
                      [weak = weak_from_this(), index, only_settle](Result<StreamBatch> batch) {
                        const auto self = weak.lock();
                        if (!self) return;
                        const bool is_settled = batch && batch->events.empty() && batch->cursor.empty();
                        if (only_settle && is_settled) return self->next();
                        self->ran(self->lanes_[index], std::move(batch));
                      });
  }

  void ran(Lane& lane, Result<StreamBatch> batch) {
    if (!batch) return failed(lane, batch.error());
    lane.failures = 0;
    worked_ = true;
    if (batch->pause) {
      lane.due = mono() + *batch->pause;
    } else if (batch->round_done) {
      lane.round_calls = batch->round_calls;
      std::int64_t calls = 0;
      for (const Lane& each : lanes_) calls += each.round_calls;
      lane.due = mono() + parts.budget->pause_for(parts.shop, calls, parts.settings.interval);
    } else {
      lane.due = mono();
    }
    if (batch->events.empty() && batch->cursor.empty()) return next();
    PollBatch found;
    found.events = std::move(batch->events);
    found.cursor = std::move(batch->cursor);
    name_customers(std::move(found));
  }

  /// Whose events these are. A batch that cannot be given out now stays with its stream.
  void name_customers(PollBatch batch) {
    std::vector<CustomerId> seen;
    for (const InboundEvent& event : batch.events) seen.push_back(event.customer);
    if (seen.empty()) return answer(finished(std::move(batch)));
    parts.customers->settle(std::move(seen), [self = shared_from_this(), batch = std::move(batch)](
                                                 Result<std::vector<CustomerId>> customers) mutable {
      if (!customers) return self->answer(customers.error());
      for (std::size_t i = 0; i < batch.events.size(); ++i) name_customer(batch.events[i], std::move((*customers)[i]));
      self->answer(self->finished(std::move(batch)));
    });
  }

  void failed(Lane& lane, const Error& error) {
    if (error.platform_code() == kCallsUsedUp && error.kind() == ErrorKind::quota_exhausted) {
      ErrorDetails details = error.details();
      details.retry_after = kLookForOthers;  // another process, or another call, may find it over
      return answer(Error(error.kind(), error.delivery(), std::move(details)));
    }
    if (ends_round(error.kind())) return answer(error);
    ++lane.failures;
    Millis pause = kFirstBackoff;
    for (int i = 1; i < lane.failures && pause < kLongestBackoff; ++i) pause *= 2;
    pause = is_refusal(error.kind()) ? kRefusedBackoff : std::min(pause, kLongestBackoff);
    lane.due = detail::later(mono(), std::max(pause, error.details().retry_after.value_or(Millis(0))));
    if (parts.runtime->observer) {
      detail::log(
          *parts.runtime->observer, LogLevel::warning, log_event::kPollStreamFailed,
          "one stream of a poller failed and pauses; the others go on",
          {{"platform", "jd"}, {"account", parts.shop}, {"stream", lane.stream->name()}, {"why", error.to_string()}});
    }
    if (!first_error_) first_error_ = error;
    next();
  }

  /// When to poll again.
  PollBatch finished(PollBatch batch) const {
    MonoTime due = (MonoTime::max)();
    for (const Lane& lane : lanes_) due = std::min(due, lane.due);
    const MonoTime at = mono();
    batch.more = due <= at;
    if (!batch.more) batch.pause = std::chrono::ceil<Millis>(due - at);
    return batch;
  }

  void answer(Result<PollBatch> batch) {
    note_health(batch);
    const std::shared_ptr<Asked> asked = std::move(asked_.front());
    asked_.pop_front();
    asked->promise.answer(std::move(batch));
    parts.runtime->scheduler->drop(asked->timer);
    if (!asked_.empty()) parts.runtime->scheduler->post([self = shared_from_this()] { self->begin(); });
  }

  void note_health(const Result<PollBatch>& batch) {
    AccountHealth now;
    for (const Lane& lane : lanes_) {
      now.add(lane.stream->health());
      const std::string note = lane.stream->note();
      if (!note.empty() && std::find(now.notes.begin(), now.notes.end(), note) == now.notes.end())
        now.notes.push_back(note);
    }
    const CallStop& stop = parts.budget->stop();
    if (!batch) now.stopped_because = batch.error().to_string();
    if (stop.is_on())
      now.stopped_because =
          "the platform answered that the application's calls are used up (code 2); one call tries again at " +
          gateway_time(stop.next_try());
    const std::lock_guard<std::mutex> lock(mutex_);
    health_ = std::move(now);
  }

  MonoTime mono() const { return parts.runtime->clock->mono(); }

  mutable std::mutex mutex_;
  AccountHealth health_;
  MoveFunction<Sources()> make_sources_;
  std::vector<Lane> lanes_;
  std::list<std::shared_ptr<Asked>> asked_;  ///< The first is being worked on.
  std::size_t turn_ = 0;
  std::optional<Error> first_error_;
  bool worked_ = false;
};

ShopPoller::ShopPoller(PollParts parts, Sources sources)
    : ShopPoller(std::move(parts),
                 MoveFunction<Sources()>([sources = std::move(sources)]() mutable { return std::move(sources); })) {}
ShopPoller::ShopPoller(PollParts parts, MoveFunction<Sources()> make_sources)
    : work_(std::make_shared<Work>(std::move(parts), std::move(make_sources))) {}

Pending<PollBatch> ShopPoller::poll(CallOptions options) {
  Promise<PollBatch> promise(work_->parts.runtime);
  Pending<PollBatch> pending = promise.pending();
  const auto deadline = detail::deadline_of(*work_->parts.runtime, options, detail::kLongestTimeout);
  std::optional<Error> refusal = work_->parts.runtime->refusal();
  if (!refusal && !deadline) refusal = deadline.error();
  if (refusal) {
    promise.answer(*std::move(refusal));
    return pending;
  }
  work_->parts.runtime->scheduler->post(
      [work = work_, promise = std::move(promise), deadline = *deadline, cancel = std::move(options.cancel)]() mutable {
        work->ask(std::move(promise), deadline, std::move(cancel));
      });
  return pending;
}

Pending<void> ShopPoller::accept(std::vector<StoreWrite> cursor) {
  Promise<void> promise(work_->parts.runtime);
  Pending<void> pending = promise.pending();
  work_->parts.runtime->with_store<void>(
      work_->parts.affinity(),
      [cursor = std::move(cursor)](Store& store) -> Result<void> {
        auto outcome = detail::commit_known(store, cursor, Durability::full);
        if (!outcome) return outcome.error();
        if (!outcome->committed)
          return Error(ErrorKind::conflict, "another process took this batch: drop it and poll again");
        return {};
      },
      [promise = std::move(promise)](Result<void> outcome) mutable { promise.answer(std::move(outcome)); });
  return pending;
}

Result<InboundEvent> ShopPoller::reopen(std::string_view raw, WallTime received) const {
  return reopen_event(work_->parts.shop, raw, received);
}

AccountHealth ShopPoller::health() const { return work_->health(); }

bool ShopPoller::skip(std::string_view stream) const {
  const AccountHealth known = work_->health();
  const bool is_one = std::any_of(known.streams.begin(), known.streams.end(),
                                  [stream](const StreamHealth& each) { return each.name == stream; });
  if (is_one) work_->parts.runtime->scheduler->post([work = work_, name = std::string(stream)] { work->skip(name); });
  return is_one;
}

std::shared_ptr<ShopPoller> make_shop_poller(PollParts parts, ApiClient client,
                                             std::shared_ptr<const ShopConfig> shop) {
  const PollingSettings& wanted = shop->polling;
  const bool desk = wanted.after_sale && shop->after_sale;
  if (!wanted.chats && !wanted.evaluations && !desk) return nullptr;
  auto make = [client = std::move(client), shop = std::move(shop), desk] {
    const PollingSettings& settings = shop->polling;
    const auto agents = std::make_shared<AgentGroup>(client, settings.agents);
    ShopPoller::Sources sources;
    if (settings.chats) sources.push_back(make_chat_source(client, settings, agents));
    if (settings.evaluations) sources.push_back(make_evaluation_source(client, settings, agents));
    if (desk) {
      sources.push_back(make_unsolved_source(client, settings, *shop->after_sale));
      sources.push_back(make_service_order_source(client, settings, *shop->after_sale));
      sources.push_back(make_audit_source(client, settings, *shop->after_sale));
      if (settings.freight_numbers) sources.push_back(make_freight_source(client, settings, *shop->after_sale));
    }
    return sources;
  };
  return std::make_shared<ShopPoller>(std::move(parts), MoveFunction<ShopPoller::Sources()>(std::move(make)));
}

}  // namespace jd
KEFU_END_NAMESPACE
