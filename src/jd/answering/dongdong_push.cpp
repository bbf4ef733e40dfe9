#include "jd/answering/dongdong_push.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/time_range.hpp"
#include "core/async/wait.hpp"
#include "core/text/json_writer.hpp"
#include "jd/answering/dongdong_tokens.hpp"
#include "jd/answering/session_push.hpp"

#include <kefu/jd/dongdong.hpp>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kMostRepeats = 2;
constexpr Millis kFirstPause{1000};
/// The platform forgets an accessid after 3 minutes; no repeat may still be on its way then.
constexpr Millis kForgotten{180'000};
constexpr Millis kLastRepeat{150'000};

std::string chat_info_of(const std::string& sid) {
  std::string json;
  detail::JsonWriter(json).begin_object().key("sid").string(sid).end_object();
  return json;
}

/// No answer, or one that does not say on which side of the push it failed. A code of DongDong's own is an answer.
bool may_repeat(const Error& error) {
  const ErrorKind kind = error.kind();
  return error.delivery() == Delivery::unknown && (kind == ErrorKind::unavailable || kind == ErrorKind::network ||
                                                   kind == ErrorKind::timeout || kind == ErrorKind::malformed_reply);
}

/// An earlier try is in doubt, whatever became of this one.
Error in_doubt(const Error& error, int tries) {
  ErrorDetails details = error.details();
  details.attempts = std::max(details.attempts, tries);
  if (error.delivery() != Delivery::unknown)
    details.message +=
        ". An earlier try under the same accessid may have been delivered, and this answer may be about that: look at "
        "the session before sending the message again";
  return Error(error.kind(), Delivery::unknown, std::move(details));
}

}  // namespace

/// One push on its way. Dropped in a pause (the runtime ends), it answers what is known.
struct DongDongPush::Attempt : std::enable_shared_from_this<Attempt> {
  Attempt(std::shared_ptr<DongDongPush> h, DongDongPart p, MonoTime now, const CallOptions& options,
          CancelToken unwanted, Sent s)
      : home(std::move(h)),
        part(std::move(p)),
        wait(home->runtime_->scheduler,
             detail::later(now, options.timeout.value_or(PushChatText::operation().info.timeout)), options,
             std::move(unwanted)),
        sent(std::move(s)),
        first_try(now) {}
  ~Attempt() {
    if (sent && doubt) sent(in_doubt(*doubt, tries));
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  void answer(Result<std::string> result) {
    auto done = std::move(sent);
    sent = nullptr;
    done(std::move(result));
  }

  /// Ends a pause.
  void ended(detail::Wait::End) {
    if (timer == 0) return;
    home->runtime_->scheduler->drop(std::exchange(timer, 0));
    home->authorize(shared_from_this());
  }

  const std::shared_ptr<DongDongPush> home;
  const DongDongPart part;
  detail::Wait wait;
  Sent sent;
  MonoTime first_try;
  int tries = 0;
  std::optional<Error> doubt;  ///< Of the last try whose outcome is unknown.
  Scheduler::Ticket timer = 0;
};

DongDongPush::DongDongPush(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client,
                           std::shared_ptr<const DongDongGrant> grant)
    : runtime_(std::move(runtime)), client_(std::move(client)), grant_(std::move(grant)) {}

void DongDongPush::push(DongDongPart part, CallOptions options, CancelToken unwanted, Sent sent) {
  authorize(std::make_shared<Attempt>(shared_from_this(), std::move(part), runtime_->clock->mono(), options,
                                      std::move(unwanted), std::move(sent)));
}

void DongDongPush::authorize(const AttemptPtr& attempt) {
  if (!tokens_) tokens_ = make_dongdong_tokens(runtime_, client_, *grant_);
  if (const auto token = tokens_->at_hand()) return send(attempt, token->value);
  tokens_->get(attempt->wait.deadline(), attempt->wait.token(), [attempt](Result<detail::TokenPtr> token) {
    if (token) return attempt->home->send(attempt, (*token)->value);
    ErrorDetails details = token.error().details();
    details.message = "no DongDong token: " + details.message;
    attempt->home->failed(attempt, Error(token.error().kind(), Delivery::not_sent, std::move(details)));
  });
}

void DongDongPush::send(const AttemptPtr& attempt, const Secret& token) {
  const DongDongPart& part = attempt->part;
  if (part.kind == DongDongPart::Kind::text)
    start(attempt, SessionPush<PushChatText>(token, grant_->aspid, part.access_id, part.from_pin, part.to, part.body));
  else
    start(attempt, SessionPush<PushChatImage>(token, grant_->aspid, part.access_id, part.from_pin, part.to, part.body));
}

template <class Op>
void DongDongPush::start(const AttemptPtr& attempt, Op op) {
  op.chat_info = chat_info_of(attempt->part.sid);
  op.version = grant_->version;
  const MonoTime now = runtime_->clock->mono();
  if (attempt->tries == 0) attempt->first_try = now;
  ++attempt->tries;
  CallOptions options = attempt->wait.rest(*runtime_->clock);
  const Millis remembered = detail::time_left(attempt->first_try + kForgotten, now);
  options.timeout = std::min(*options.timeout, remembered);
  client_.start(std::move(op), std::move(options), CancelToken(), [attempt](Result<PushedMessage> result) {
    if (!result) return attempt->home->failed(attempt, result.error());
    attempt->answer(std::move(result->message_id));
  });
}

void DongDongPush::failed(const AttemptPtr& attempt, const Error& error) {
  const bool again = may_repeat(error) && attempt->tries <= kMostRepeats;
  if (error.delivery() == Delivery::unknown) attempt->doubt = error;
  const auto growing = kFirstPause * attempt->tries;
  const auto spread = std::chrono::duration_cast<Millis>(growing * (0.8 + 0.4 * runtime_->jitter->unit()));
  const MonoTime when = runtime_->clock->mono() + spread;
  if (again && when < std::min(attempt->wait.deadline(), attempt->first_try + kLastRepeat)) return pause(attempt, when);
  attempt->answer(attempt->doubt ? in_doubt(error, attempt->tries) : error);
}

/// A cancel ends the pause; the call that follows then answers it.
void DongDongPush::pause(const AttemptPtr& attempt, MonoTime until) {
  if (attempt->wait.cancelled()) return authorize(attempt);
  attempt->timer = runtime_->scheduler->run_at(until, [attempt] {
    attempt->timer = 0;
    attempt->home->authorize(attempt);
  });
  attempt->wait.hear(std::weak_ptr<Attempt>(attempt));
}

}  // namespace jd
KEFU_END_NAMESPACE
