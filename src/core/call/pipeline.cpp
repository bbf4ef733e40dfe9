#include "core/call/pipeline.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/joint_cancel.hpp"
#include "core/call/fault_table.hpp"
#include "core/call/report.hpp"
#include "core/call/transmit.hpp"
#include "core/report/redaction.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr std::size_t kPlatformTextBytes = 512;

}  // namespace

/// One call on its way, top to bottom in the order of the steps: validate -> gate -> authorize -> limit -> sign -> send
/// -> parse -> classify -> accept | renew once | pause and repeat | give up. `prepare` runs on the caller's thread, all
/// else on the loop. Whoever drops it (a loop that stops) answers the call `cancelled`.
class Flight final : public SlotSeeker, public std::enable_shared_from_this<Flight> {
 public:
  Flight(std::shared_ptr<Pipeline> home, std::unique_ptr<Call> call, CallOptions options, CancelToken unwanted)
      : home_(std::move(home)),
        platform_(*home_->platform_),
        core_(*home_->core_),
        call_(std::move(call)),
        info_(call_->info()),
        cancel_(std::move(options.cancel), std::move(unwanted)),
        timeout_(options.timeout.value_or(info_.timeout)),
        start_(core_.clock->mono()),
        deadline_(start_ + std::clamp(timeout_, Millis{0}, kLongestTimeout)),
        report_(core_, *home_->platform_, start_, options.trace),
        retry_(options.retry.value_or(home_->retry_)) {}

  ~Flight() override {
    if (step_ == Step::over) return;
    const Delivery delivery = step_ == Step::send ? Delivery::unknown : worst_;
    conclude(make_error(ErrorKind::cancelled, delivery, "the library was shut down before the call ended"));
  }
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  const OperationInfo& info() const override { return info_; }
  MonoTime deadline() const override { return deadline_; }
  bool over() const override { return step_ == Step::over; }

  // --- validate ------------------------------------------------------------------------------------------------------

  void prepare() {
    if (auto wrong = check_limits(timeout_, retry_)) {
      invalid_ = *std::move(wrong);
    } else if (!platform_.is_address(info_.path)) {
      invalid_ = Error(ErrorKind::bad_argument, fmt::format("this is no address of an API of {}: a path begins with "
                                                            "'/', a method is named as its documentation does",
                                                            platform_.platform()));
    } else if (auto encoded = encode(); !encoded) {
      invalid_ = encoded.error();
    }
  }

  void begin() {
    if (invalid_) return give_up_with(*invalid_);
    gate();
  }

  // --- gate: capability, reply window, quota of the account ---------------------------------------------------------

  void gate() {
    if (ends_early()) return;
    step_ = Step::gate;
    platform_.gate(info_, request_, [self = shared_from_this()](Result<std::unique_ptr<Platform::Permit>> permit) {
      self->gated(std::move(permit));
    });
    watch();
  }

  void gated(Result<std::unique_ptr<Platform::Permit>> permit) {
    if (over()) {  // too late: what was reserved goes back
      if (permit && *permit) platform_.settle(*std::move(permit), &*ended_with_);
      return;
    }
    if (!permit) return give_up_with(permit.error());
    permit_ = *std::move(permit);
    authorize();
  }

  // --- authorize: on every attempt, so that a repeat never carries a dead credential --------------------------------

  void authorize() {
    if (ends_early()) return;
    if (!encoded_) {  // the transport took the last one
      if (auto encoded = encode(); !encoded) return give_up_with(encoded.error());
    }
    request_.base = platform_.base_url(info_);
    step_ = Step::authorize;
    platform_.authorize(info_, request_, deadline_, cancel_.token(),
                        [self = shared_from_this()](Result<CredentialTag> tag) { self->authorized(std::move(tag)); });
    watch();
  }

  void authorized(Result<CredentialTag> tag) {
    if (over()) return;
    if (!tag) return give_up_without_credential(tag.error());
    tag_ = *tag;
    limit();
  }

  // --- limit --------------------------------------------------------------------------------------------------------

  void limit() {
    step_ = Step::limit;
    CallQueue::enter(home_->queue_, shared_from_this());
    watch();
  }

  /// The limiter has no slot before the deadline, or the platform shut this API.
  void held_back(Millis wait, ErrorKind kind, std::string code) override {
    const bool stopped = !code.empty();
    Verdict verdict = verdict_of(Fault::held_back_by_limiter, info_.effect);
    verdict.kind = kind;
    verdict.retry_after = wait;
    verdict.code = std::move(code);
    if (stopped) verdict.advice = "not sent: the platform said earlier that this API is used up; wait for its reset";
    give_up(verdict, {});
  }

  // --- sign, send: signed last, as a signature ages -----------------------------------------------------------------

  void slot_free() override {
    if (ends_early()) return;
    if (auto signature = platform_.sign(info_, request_, core_.clock->wall()); !signature)
      return give_up_with(signature.error());
    step_ = Step::send;
    ++attempts_;
    attempt_start_ = core_.clock->mono();
    encoded_ = false;
    if (request_.sink) {
      download_ = std::make_shared<DownloadGate>(std::move(request_.sink), core_.observer);
      request_.sink = [gate = download_](std::string_view bytes) { return gate->take(bytes); };
    }
    transmit(core_, std::move(request_), deadline_, cancel_.token(),
             [self = shared_from_this()](Result<HttpOutcome> outcome) { self->received(std::move(outcome)); });
  }

  // --- parse, classify -----------------------------------------------------------------------------------------------

  void received(Result<HttpOutcome> arrived) {
    if (over()) return;
    http_status_ = 0;
    if (const auto broken = broken_by_host(arrived, download_.get(), source_.get()))
      return judge(verdict_of(*broken, info_.effect), nullptr, broken->message());
    HttpOutcome& outcome = *arrived;
    if (outcome.fault) return judge(verdict_of(fault_of(*outcome.fault), info_.effect), nullptr, outcome.detail);
    http_status_ = outcome.reply.status;
    Reply reply;
    reply.http = std::move(outcome.reply);
    if (download_ && reply.http.status == 200) reply.http.body = download_->held();
    platform_.open(info_, reply.http);
    reply.document = platform_.read(info_, reply.http);
    reply.unreadable = reply.document.fault();
    if (download_ && reply.http.status == 200 && !reply.document && !stands_for_a_file(reply)) {  // so the file itself
      if (!download_->open() && !reply.http.body.empty() && !download_->release()) {
        if (const auto& broken = download_->broken())
          return judge(verdict_of(*broken, info_.effect), nullptr, broken->message());
        return judge(verdict_of(Fault::cancelled_after_sending, info_.effect), nullptr,
                     "the receiver ended the download");
      }
      reply.streamed = download_->open();
    }
    judge(platform_.classify(info_, reply), &reply, {});
  }

  void judge(Verdict verdict, const Reply* reply, std::string_view detail) {
    report_.attempt(info_, verdict, attempt_start_, attempts_, http_status_);
    if (verdict.accepted) {
      if (auto decoded = call_->decode(*reply); !decoded) {
        const std::string message = decoded.error().message();
        worst_ = Delivery::unknown;
        Verdict lacking = verdict_of(Fault::missing_field, info_.effect);
        lacking.request_id = std::move(verdict.request_id);
        return give_up(lacking, message);
      }
      if (auto finished = call_->finish(*reply); !finished) return give_up_with(finished.error());
      return accept(verdict);
    }
    worst_ = std::max(worst_, verdict.delivery);
    home_->queue_->learn(info_, verdict);
    const bool could_act_twice = info_.effect == Effect::create && worst_ == Delivery::unknown;
    const bool renewable = verdict.renew_credential && tag_.digest != 0 && !renewed_;
    const int most = std::min(retry_.repeats, verdict.most_repeats);
    const bool passing = verdict.retry == Retry::after_backoff && repeats_ < most;
    if (!could_act_twice && (renewable || passing) && repeatable())
      return renewable ? renew(std::move(verdict)) : pause(verdict, detail);
    give_up(verdict, detail);
  }

  // --- accept | renew once | pause and repeat | give up -------------------------------------------------------------

  void accept(const Verdict& verdict) {
    if (!verdict.code.empty()) report_.ignored(info_, verdict.code);
    conclude(std::nullopt);
  }

  void renew(Verdict verdict) {
    renewed_ = true;  // once per call: a second refusal is an answer, not a hiccup
    refusal_ = std::move(verdict);
    report_.repeat(info_, "renewal");
    step_ = Step::renew;
    platform_.renew(tag_, deadline_, cancel_.token(),
                    [self = shared_from_this()](Result<void> renewal) { self->renewal_done(std::move(renewal)); });
    watch();
  }

  void renewal_done(Result<void> renewal) {
    if (over()) return;
    if (!renewal) return give_up_without_credential(renewal.error());
    authorize();
  }

  void pause(const Verdict& verdict, std::string_view detail) {
    const Millis growing = retry_.first_pause * (1 << repeats_);
    const Millis spread(
        static_cast<std::int64_t>(static_cast<double>(growing.count()) * (0.8 + 0.4 * core_.jitter->unit())));
    const MonoTime when = core_.clock->mono() + std::max(spread, verdict.retry_after.value_or(Millis{0}));
    if (when >= deadline_) return give_up(verdict, detail);  // never sleep towards a sure timeout
    ++repeats_;
    report_.repeat(info_, "backoff");
    step_ = Step::pause;
    timer_ = core_.scheduler->run_at(when, [self = shared_from_this()] {
      self->timer_ = 0;
      if (!self->over()) self->authorize();
    });
    watch();
  }

  void give_up(const Verdict& verdict, std::string_view detail) {
    worst_ = std::max(worst_, verdict.delivery);
    std::string message(verdict.advice);
    if (!verdict.finding.empty()) message += (message.empty() ? "" : " ") + verdict.finding;
    if (!detail.empty()) message += (message.empty() ? "" : ": ") + redacted(detail);
    ErrorDetails details;
    details.message = std::move(message);
    details.platform_code = verdict.code;
    details.platform_message = cut_text(redacted(verdict.message), kPlatformTextBytes);
    details.request_id = cut_text(verdict.request_id, 128);
    details.http_status = http_status_;
    details.retry_after = verdict.retry_after;
    conclude(make_error(verdict.kind, worst_, std::move(details)));
  }

  /// A step of this side failed; nothing more is sent.
  void give_up_with(const Error& error) {
    worst_ = std::max(worst_, error.delivery());
    conclude(make_error(error.kind(), worst_, error.details()));
  }

  /// kefu's own call for a credential failed: this call carries that failure's kind and code, with its own delivery.
  void give_up_without_credential(const Error& error) {
    ErrorDetails details = error.details();
    if (details.platform_code.empty() && refusal_) {
      details.platform_code = refusal_->code;
      details.platform_message = cut_text(redacted(refusal_->message), kPlatformTextBytes);
      details.request_id = refusal_->request_id;
    }
    details.message = "no usable credential: " + details.message;
    details.parts_delivered = 0;
    conclude(make_error(error.kind(), worst_, std::move(details)));
  }

  // --- cancel and deadline ------------------------------------------------------------------------------------------

  void on_cancel() {
    if (waits()) give_up(verdict_of(Fault::cancelled_before_sending, info_.effect), {});
  }

  void on_deadline() {
    if (step_ == Step::limit) {
      return held_back(home_->queue_->wait(info_.quota), ErrorKind::rate_limited, {});
    }
    if (waits()) give_up(verdict_of(Fault::deadline_before_sending, info_.effect), {});
  }

 private:
  enum class Step : unsigned char { validate, gate, authorize, limit, send, renew, pause, over };

  bool waits() const { return step_ != Step::validate && step_ != Step::send && step_ != Step::over; }

  Result<void> encode() {
    request_ = HttpRequest();
    request_.method = info_.method;
    request_.path = info_.path;
    request_.repeatable = info_.effect != Effect::create;
    encoded_ = true;
    auto encoded = call_host(core_.observer.get(), host_seam::kBodySource, [this] { return call_->encode(request_); });
    source_.reset();
    if (!encoded || !request_.source) return encoded;
    request_.source = source_ = std::make_shared<HostSource>(std::move(request_.source), core_.observer);
    if (auto broken = source_->broken()) return *std::move(broken);
    return {};
  }

  /// A body that cannot go back to its start, or a download that has begun to arrive, is not repeated.
  bool repeatable() {
    if (download_ && download_->open()) return false;
    if (!source_) return true;
    return source_->rewind();
  }

  bool ends_early() {
    if (home_->closed_.load(std::memory_order_relaxed)) {
      Verdict verdict = verdict_of(Fault::cancelled_before_sending, info_.effect);
      verdict.advice = "the account was closed";
      return give_up(verdict, {}), true;
    }
    if (cancel_.requested()) return give_up(verdict_of(Fault::cancelled_before_sending, info_.effect), {}), true;
    if (core_.clock->mono() >= deadline_)
      return give_up(verdict_of(Fault::deadline_before_sending, info_.effect), {}), true;
    return false;
  }

  /// A step that is still waiting gets a timer for the deadline and ears for cancellation; live credentials and free
  /// slots never come here.
  void watch() {
    if (!waits() || watching_) return;
    watching_ = true;
    home_->waiting_.insert_or_assign(this, weak_from_this());
    deadline_timer_ = core_.scheduler->run_at(deadline_, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->on_deadline();
    });
    heard_ = cancel_.token();
    heard_id_ = heard_.on_request([weak = weak_from_this(), loop = std::weak_ptr<Scheduler>(core_.scheduler)] {
      if (auto scheduler = loop.lock())
        scheduler->post([weak] {
          if (auto self = weak.lock()) self->on_cancel();
        });
    });
  }

  Error make_error(ErrorKind kind, Delivery delivery, ErrorDetails details) const {
    details.operation = std::string(info_.name);
    details.attempts = attempts_;
    return Error(kind, delivery, std::move(details));
  }
  Error make_error(ErrorKind kind, Delivery delivery, const char* message) const {
    ErrorDetails details;
    details.message = message;
    return make_error(kind, delivery, std::move(details));
  }

  /// The one way out.
  void conclude(std::optional<Error> error) {
    const bool dropped = weak_from_this().expired();
    step_ = Step::over;
    ended_with_ = std::move(error);
    home_->calls_.fetch_sub(1, std::memory_order_relaxed);
    core_.calls_in_flight.fetch_sub(1, std::memory_order_relaxed);
    if (watching_ && core_.scheduler->is_own_thread()) home_->waiting_.erase(this);
    if (timer_ != 0) core_.scheduler->drop(timer_);
    if (deadline_timer_ != 0) core_.scheduler->drop(deadline_timer_);
    if (heard_id_ != 0) heard_.forget(heard_id_);
    if (permit_ && !dropped) platform_.settle(std::move(permit_), ended_with_ ? &*ended_with_ : nullptr);
    report_.ended(info_, ended_with_, attempts_);
    const auto call = std::move(call_);
    if (ended_with_) {
      call->fail(*ended_with_);
    } else {
      call->succeed();
    }
  }

  friend class Pipeline;
  const std::shared_ptr<Pipeline> home_;
  Platform& platform_;
  RuntimeCore& core_;
  std::unique_ptr<Call> call_;
  const OperationInfo& info_;
  JointCancel cancel_;
  const Millis timeout_;
  const MonoTime start_;
  const MonoTime deadline_;
  CallReport report_;
  const RetryPolicy retry_;
  std::optional<Error> invalid_;
  std::optional<Error> ended_with_;

  HttpRequest request_;
  bool encoded_ = false;
  std::shared_ptr<DownloadGate> download_;
  std::shared_ptr<HostSource> source_;
  CredentialTag tag_;
  std::unique_ptr<Platform::Permit> permit_;
  std::optional<Verdict> refusal_;

  Step step_ = Step::validate;
  Delivery worst_ = Delivery::not_sent;  // of all attempts: what is known of the least certain one
  int attempts_ = 0;
  int repeats_ = 0;
  int http_status_ = 0;
  bool renewed_ = false;
  bool watching_ = false;
  MonoTime attempt_start_{};
  Scheduler::Ticket timer_ = 0;
  Scheduler::Ticket deadline_timer_ = 0;
  CancelToken heard_;
  std::uint64_t heard_id_ = 0;
};

// --- what the calls of one account share ----------------------------------------------------------------------------

Pipeline::Pipeline(std::shared_ptr<RuntimeCore> core, std::shared_ptr<Platform> platform, RetryPolicy retry,
                   std::shared_ptr<CallQueue> queue)
    : core_(std::move(core)),
      platform_(std::move(platform)),
      retry_(retry),
      queue_(queue ? std::move(queue) : std::make_shared<CallQueue>(core_, platform_)) {}

void Pipeline::launch(std::unique_ptr<Call> call, CallOptions options, CancelToken unwanted) {
  if (auto refusal = core_->refusal()) return call->fail(*std::move(refusal));
  if (calls_.fetch_add(1, std::memory_order_relaxed) >= kMaxCalls) {
    calls_.fetch_sub(1, std::memory_order_relaxed);
    return call->fail(Error(ErrorKind::rate_limited, fmt::format("{} calls of this account are in flight already: wait "
                                                                 "for some of them",
                                                                 kMaxCalls)));
  }
  core_->calls_in_flight.fetch_add(1, std::memory_order_relaxed);
  auto flight = std::make_shared<Flight>(shared_from_this(), std::move(call), std::move(options), std::move(unwanted));
  flight->prepare();
  // Posted, not called: a callback of the host never runs under the caller's locks.
  core_->scheduler->post([flight = std::move(flight)] { flight->begin(); });
}

void Pipeline::close() {
  closed_.store(true, std::memory_order_relaxed);
  core_->scheduler->post([self = shared_from_this()] {
    std::vector<std::weak_ptr<Flight>> waiting;
    waiting.reserve(self->waiting_.size());
    for (const auto& entry : self->waiting_) waiting.push_back(entry.second);
    for (const auto& weak : waiting)
      if (auto flight = weak.lock()) flight->on_cancel();
  });
}

}  // namespace detail
KEFU_END_NAMESPACE
