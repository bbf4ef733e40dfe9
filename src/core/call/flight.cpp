#include "core/call/flight.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/time_range.hpp"
#include "core/call/fault_table.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

std::string_view wrong_path(std::string_view path) noexcept {
  constexpr std::string_view kCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./";
  const auto holds = [path](std::string_view what) { return path.find(what) != std::string_view::npos; };
  if (path.empty()) return "the path is empty";
  if (path.front() != '/') return "the path must begin with '/'";
  if (holds("?")) return "the path holds a '?': give the parameters of the query apart from it";
  if (path.find_first_not_of(kCharacters) != std::string_view::npos)
    return "the path holds a character that no API's has: letters, digits and _ - . / are taken, nothing is "
           "percent-encoded";
  if (path.back() == '/') return "the path ends with '/', so that it names nothing";
  if (holds("//")) return "the path holds \"//\"";
  if (holds("/.")) return "the path holds a part that begins with '.'";
  return {};
}

Flight::Flight(std::shared_ptr<Pipeline> home, std::shared_ptr<Call> call, CallOptions options, CancelToken unwanted)
    : home_(std::move(home)),
      platform_(*home_->platform_),
      core_(*home_->core_),
      call_(std::move(call)),
      info_(call_->info()),
      uses_file_(call_->uses_file()),
      timeout_(options.timeout.value_or(info_.timeout)),
      start_(core_.clock->mono()),
      wait_(core_.scheduler, later(start_, timeout_), std::move(options.cancel), std::move(unwanted)),
      report_(core_, *home_->platform_, start_, options.trace),
      retry_(options.retry.value_or(home_->retry_)) {}

// --- validate ------------------------------------------------------------------------------------------------------

void Flight::prepare() {
  if (auto wrong = check_limits(timeout_, retry_)) {
    invalid_ = *std::move(wrong);
  } else if (const auto complaint = platform_.wrong_address(info_.path); !complaint.empty()) {
    invalid_ = Error(ErrorKind::bad_argument,
                     fmt::format("this is no address of an API of {}: {}", platform_.platform(), complaint));
  } else if (uses_file_) {  // encoded on the file thread
  } else if (auto taken = take(encoded(*call_, core_.observer.get())); !taken) {
    invalid_ = taken.error();
  }
}

void Flight::begin() {
  if (invalid_) return give_up_with(*invalid_);
  if (uses_file_) return encode_on_file_thread();
  gate();
}

// --- gate: capability, reply window, quota of the account -----------------------------------------------------------

void Flight::gate() {
  if (!enter(Step::gate)) return;
  platform_.gate(info_, request_, [self = shared_from_this()](Result<std::unique_ptr<Platform::Permit>> permit) {
    self->gated(std::move(permit));
  });
  hear();
}

void Flight::gated(Result<std::unique_ptr<Platform::Permit>> permit) {
  if (over()) {  // too late: what was reserved goes back
    if (permit && *permit) platform_.settle(*std::move(permit), &*ended_with_);
    return;
  }
  if (!permit) return give_up_with(permit.error());
  permit_ = *std::move(permit);
  authorize();
}

// --- authorize: on every attempt, so that a repeat never carries a dead credential ----------------------------------

void Flight::authorize() {
  if (!enter(Step::authorize)) return;
  if (!encoded_) {  // the transport took the last one
    if (uses_file_) return encode_on_file_thread();
    if (auto taken = take(encoded(*call_, core_.observer.get())); !taken) return give_up_with(taken.error());
  }
  request_.base = platform_.base_url(info_);
  platform_.authorize(info_, request_, wait_.deadline(), wait_.token(),
                      [self = shared_from_this()](Result<CredentialTag> tag) { self->authorized(std::move(tag)); });
  hear();
}

void Flight::authorized(Result<CredentialTag> tag) {
  if (over()) return;
  if (!tag) return give_up_without_credential(tag.error());
  tag_ = *tag;
  limit();
}

// --- limit ----------------------------------------------------------------------------------------------------------

void Flight::limit() {
  if (!enter(Step::limit)) return;
  CallQueue::enter(home_->queue_, shared_from_this());
  hear();
}

/// The limiter has no slot before the deadline, or the platform shut this API.
void Flight::held_back(Millis wait, ErrorKind kind, std::string code) {
  Verdict verdict = verdict_of(Fault::held_back_by_limiter, info_.effect);
  if (!code.empty())
    verdict.advice = "held back: the platform said earlier that this API is used up; wait for its reset";
  verdict.kind = kind;
  verdict.retry_after = wait;
  verdict.code = std::move(code);
  give_up(verdict, {});
}

void Flight::slot_free() { send(); }

// --- sign, send: signed last, as a signature ages -------------------------------------------------------------------

void Flight::send() {
  if (!enter(Step::send)) return;
  if (auto signature = platform_.sign(info_, request_, core_.clock->wall()); !signature)
    return give_up_with(signature.error());
  ++attempts_;
  attempt_start_ = core_.clock->mono();
  encoded_ = false;
  if (request_.sink) {
    download_ = std::make_shared<DownloadGate>(std::move(request_.sink), core_.observer, platform_.known_formats());
    request_.sink = [gate = download_](std::string_view bytes) { return gate->take(bytes); };
  }
  hear();
  transmit(core_, std::move(request_), wait_.deadline(), wait_.token(),
           [self = shared_from_this()](Result<HttpOutcome> outcome) { self->received(std::move(outcome)); });
}

// --- parse, classify -------------------------------------------------------------------------------------------------

void Flight::received(Result<HttpOutcome> arrived) {
  if (over()) return;
  core_.scheduler->drop(std::exchange(timer_, 0));
  end_exchange();
  http_status_ = 0;
  if (const auto broken = broken_by_host(arrived, download_.get(), source_.get()))
    return judge(verdict_of(*broken, info_.effect), nullptr, broken->message());
  HttpOutcome& outcome = *arrived;
  if (outcome.fault) {
    Verdict verdict = verdict_of(fault_of(*outcome.fault), info_.effect);
    if (*outcome.fault == TransportFault::too_many_waiting) {  // told at once: who calls has to slow down
      verdict.retry = Retry::never;
      verdict.advice = "not sent";
    }
    return judge(std::move(verdict), nullptr, outcome.detail);
  }
  http_status_ = outcome.reply.status;
  if (download_ && http_status_ == 200) outcome.reply.body = download_->held();
  platform_.open(info_, outcome.reply);
  DocumentRoom room;
  Document document = platform_.read(info_, outcome.reply, room.memory());
  Reply reply(std::move(outcome.reply), std::move(document));
  if (download_ && reply.http.status == 200 && !reply.document && download_->is_file(reply.http)) {
    const bool late = !download_->open() && !reply.http.body.empty();
    if (late && !uses_file_ && !download_->release()) {
      if (const auto broken = download_->broken())
        return judge(verdict_of(*broken, info_.effect), nullptr, broken->message());
      return judge(verdict_of(Fault::cancelled_after_sending, info_.effect), nullptr,
                   "the receiver ended the download");
    }
    reply.streamed = late || download_->open();
  }
  judge(platform_.classify(info_, reply), &reply, {});
}

void Flight::judge(Verdict verdict, const Reply* reply, std::string_view detail) {
  report_.attempt(info_, verdict, attempt_start_, attempts_, http_status_);
  if (verdict.accepted) {
    home_->queue_->answered(info_, platform_.clears_counters(info_));
    if (auto decoded = call_->decode(*reply); !decoded) {
      const std::string message = decoded.error().message();
      worst_ = Delivery::unknown;
      Verdict lacking = verdict_of(Fault::missing_field, info_.effect);
      lacking.request_id = std::move(verdict.request_id);
      return give_up(lacking, message);
    }
    if (uses_file_ && download_) return finish_on_file_thread(std::move(verdict), *reply);
    if (auto finished = call_->finish(*reply); !finished) return give_up_with(after_answer(finished.error()));
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

// --- accept | renew once | pause and repeat
// ---------------------------------------------------------------------------

void Flight::accept(const Verdict& verdict) {
  if (!verdict.code.empty()) report_.ignored(info_, verdict.code);
  conclude(std::nullopt);
}

void Flight::renew(Verdict verdict) {
  if (!enter(Step::renew)) return;
  renewed_ = true;  // once per call: a second refusal is an answer, not a hiccup
  refusal_ = std::move(verdict);
  report_.repeat(info_, "renewal");
  platform_.renew(tag_, wait_.deadline(), wait_.token(),
                  [self = shared_from_this()](Result<void> renewal) { self->renewal_done(std::move(renewal)); });
  hear();
}

void Flight::renewal_done(Result<void> renewal) {
  if (over()) return;
  if (!renewal) return give_up_without_credential(renewal.error());
  authorize();
}

void Flight::pause(const Verdict& verdict, std::string_view detail) {
  const Millis growing = retry_.first_pause * (1 << repeats_);
  const Millis spread(
      static_cast<std::int64_t>(static_cast<double>(growing.count()) * (0.8 + 0.4 * core_.jitter->unit())));
  const MonoTime when = core_.clock->mono() + std::max(spread, verdict.retry_after.value_or(Millis{0}));
  if (when >= wait_.deadline()) return give_up(verdict, detail);  // never sleep towards a sure timeout
  if (!enter(Step::pause)) return;
  ++repeats_;
  report_.repeat(info_, "backoff");
  timer_ = core_.scheduler->run_at(when, [self = shared_from_this()] {
    self->timer_ = 0;
    if (!self->over()) self->authorize();
  });
  hear();
}

// --- what the steps share
// ---------------------------------------------------------------------------------------------

/// False if the call is over: it is answered then.
bool Flight::enter(Step step) {
  if (ends_early()) return false;
  step_ = step;
  return true;
}

/// Ears for the deadline in every step that is not over at once, on the wire too, and for a cancel where the step does
/// not hear of it itself: live credentials, free slots and our own transport do without.
void Flight::hear() {
  if (step_ == Step::send) wait_.hear_deadline(weak_from_this());
  if (!waits() && (step_ != Step::send || core_.transport_is_ours)) return;
  wait_.hear(weak_from_this());
  if (std::exchange(waiting_, true)) return;
  home_->waiting_.insert_or_assign(this, weak_from_this());
}

/// On any thread.
Result<HttpRequest> Flight::encoded(const Call& call, Observer* observer) {
  HttpRequest request;
  request.method = call.info().method;
  request.path = call.info().path;
  request.repeatable = call.info().effect != Effect::create;
  request.on_file_thread = call.uses_file();
  const auto encoded = call_host(observer, host_seam::kBodySource, [&] { return call.encode(request); });
  if (!encoded) return encoded.error();
  return request;
}

Result<void> Flight::take(Result<HttpRequest> request) {
  source_.reset();
  if (!request) return request.error();
  request_ = *std::move(request);
  encoded_ = true;
  if (!request_.source) return {};
  request_.source = source_ = std::make_shared<HostSource>(std::move(request_.source), core_.observer);
  if (auto broken = source_->broken()) return *std::move(broken);
  return {};
}

/// A body that cannot go back to its start, or a download that has begun to arrive, is not repeated. A file is opened
/// anew.
bool Flight::repeatable() {
  if (download_ && download_->open()) return false;
  if (!source_ || uses_file_) return true;
  return source_->restart();
}

/// What belongs to the host is out of the transport's reach from here on, whatever that still does.
void Flight::end_exchange() {
  if (download_) download_->close();
  if (source_) source_->close();
}

}  // namespace detail
KEFU_END_NAMESPACE
