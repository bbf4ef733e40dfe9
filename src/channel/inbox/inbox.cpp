#include "channel/inbox/core.hpp"
#include "core/async/time_range.hpp"
#include "core/call/answers.hpp"
#include "core/crypto/crypto.hpp"

#include <kefu/channel/inbox.hpp>

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE
namespace {

detail::HandlerOutcome outcome_of(PassiveReply answer, AnswerOptions how = {}) {
  detail::HandlerOutcome outcome;
  outcome.answer = std::move(answer);
  outcome.how = std::move(how);
  return outcome;
}

std::optional<Error> check(std::string_view field, Millis value, Millis least, Millis most) {
  if (value >= least && value <= most) return std::nullopt;
  return Error(ErrorKind::bad_argument, fmt::format("InboxOptions::{} is {} ms; {} to {} ms are allowed", field,
                                                    value.count(), least.count(), most.count()));
}

std::optional<Error> check(const InboxOptions& options) {
  constexpr Millis kDay = std::chrono::hours(24);
  // WeChat repeats after 5 s; the store's part needs some of that.
  if (auto error = check("answer_within", options.answer_within, Millis(1), Millis(60'000))) return error;
  if (auto error = check("lease", options.lease, Millis(100), kDay)) return error;
  if (auto error = check("sweep", options.sweep, Millis(10), kDay)) return error;
  if (auto error = check("give_up", options.give_up, Millis(1), kDay)) return error;
  if (auto error =
          check("remember", detail::bounded_span<Millis>(options.remember), std::chrono::minutes(10), 30 * kDay))
    return error;
  if (options.tries < 1 || options.tries > 100) {
    return Error(ErrorKind::bad_argument,
                 fmt::format("InboxOptions::tries is {}; 1 to 100 are allowed", options.tries));
  }
  if (options.handlers == 0) return Error(ErrorKind::bad_argument, "InboxOptions::handlers is 0: allow some");
  if (auto error = check("history_age", detail::bounded_span<Millis>(options.history_age), Millis(0), 365 * kDay))
    return error;
  if (options.max_in_hand == 0) return Error(ErrorKind::bad_argument, "InboxOptions::max_in_hand is 0: allow some");
  return std::nullopt;
}

}  // namespace

void InboxTurn::answer(Content content, AnswerOptions options) const {
  work_->settle(outcome_of(std::move(content), std::move(options)));
}
void InboxTurn::answer(TransferToAgent transfer) const { work_->settle(outcome_of(std::move(transfer))); }
void InboxTurn::done() const { work_->settle(outcome_of(NoReply())); }
Pending<void> InboxTurn::finish(std::vector<StoreWrite> writes, PassiveReply answer, AnswerOptions options) const {
  return work_->finish(std::move(answer), std::move(options), std::move(writes));
}
void InboxTurn::failed(std::string why) const {
  detail::HandlerOutcome outcome;
  outcome.why = why.empty() ? "the handler gave no reason" : std::move(why);
  work_->settle(std::move(outcome));
}

Result<Inbox> Inbox::create(const Runtime& runtime, std::shared_ptr<Channel> channel, Handler handler,
                            InboxOptions options) {
  if (auto error = check(options)) return *error;
  if (!channel) return Error(ErrorKind::bad_argument, "channel is null: pass the account whose pushes are taken");
  if (!handler) return Error(ErrorKind::bad_argument, "handler is empty: events need somebody who handles them");
  const auto runtime_core = detail::core_of(runtime);
  auto account = detail::HostChannel::open(runtime_core, std::move(channel), options.poll);
  if (!account) return account.error();
  if (!(*account)->is_pushed() && !(*account)->has_poller())
    return Error(ErrorKind::unsupported,
                 fmt::format("nothing comes in at this account: no pushes ({}), no polling ({})",
                             (*account)->missing(Facet::push_receiver), (*account)->missing(Facet::poller)));
  auto only = std::make_shared<const detail::InboxAccount>(runtime_core->name_space, *std::move(account));
  return start(runtime_core, std::make_shared<detail::AccountBook>(runtime_core, std::move(only)), std::move(handler),
               options);
}

Result<Inbox> Inbox::create(const Runtime& runtime, std::string platform, AccountResolver resolver, Handler handler,
                            InboxOptions options) {
  if (auto error = check(options)) return *error;
  if (platform.empty()) return Error(ErrorKind::bad_argument, "platform is empty: say whose accounts these are");
  if (!resolver) return Error(ErrorKind::bad_argument, "resolver is empty: events need to find their account");
  if (!handler) return Error(ErrorKind::bad_argument, "handler is empty: events need somebody who handles them");
  const auto core = detail::core_of(runtime);
  return start(core, std::make_shared<detail::AccountBook>(core, std::move(platform), std::move(resolver)),
               std::move(handler), options);
}

Result<Inbox> Inbox::start(const std::shared_ptr<detail::RuntimeCore>& runtime,
                           std::shared_ptr<detail::AccountBook> accounts, Handler handler,
                           const InboxOptions& options) {
  if (auto refusal = runtime->refusal()) return *refusal;
  std::string name = detail::random_text(10);
  if (name.empty()) return Error(ErrorKind::unavailable, "the system's random source failed");
  auto core =
      std::make_shared<detail::InboxCore>(runtime, std::move(accounts), std::move(handler), options, std::move(name));
  core->start();
  return Inbox(std::move(core));
}

Inbox::Inbox(std::shared_ptr<detail::InboxCore> core) : core_(std::move(core)) {}
Inbox::Inbox(Inbox&&) noexcept = default;
Inbox& Inbox::operator=(Inbox&& other) noexcept {
  if (this != &other) {
    if (core_) core_->close();
    core_ = std::move(other.core_);
  }
  return *this;
}
Inbox::~Inbox() {
  if (core_) core_->close();
}

Pending<WebhookResponse> Inbox::handle(const WebhookRequest& request) const {
  const auto& only = core_->accounts->only();
  if (only && only->channel->is_pushed())
    return core_->intake.handle(only->channel->receiver(), only->channel->id(), request);
  if (only)
    return detail::answered<WebhookResponse>(
        core_->runtime, Error(ErrorKind::unsupported, "this account takes no pushes, its events are polled: " +
                                                          only->channel->missing(Facet::push_receiver)));
  return detail::answered<WebhookResponse>(
      core_->runtime, Error(ErrorKind::bad_argument, "this Inbox has many accounts: say by which receiver it came"));
}
Pending<WebhookResponse> Inbox::handle(std::shared_ptr<const PushReceiver> receiver,
                                       const WebhookRequest& request) const {
  if (receiver) return core_->intake.handle(std::move(receiver), {}, request);
  return detail::answered<WebhookResponse>(core_->runtime, Error(ErrorKind::bad_argument, "receiver is null"));
}
Pending<void> Inbox::poll(std::string account) const { return core_->poll(std::move(account)); }
void Inbox::stop_polling(std::string account) const { core_->stop_polling(std::move(account)); }
Pending<void> Inbox::wake(std::string account, std::string token) const {
  return core_->wake(std::move(account), std::move(token));
}
Pending<void> Inbox::drain(Millis within) const { return core_->drain(within); }
Pending<InboxState> Inbox::state() const { return core_->state(); }
Pending<InboxHealth> Inbox::health(std::string account) const { return core_->health(std::move(account)); }
bool Inbox::durable() const { return core_->durable(); }
Pending<std::vector<DeadLetter>> Inbox::dead_letters(std::size_t limit, std::string after) const {
  return core_->letters.list(limit, std::move(after));
}
Pending<void> Inbox::revive(std::string event_id) const { return core_->letters.revive(std::move(event_id)); }
Pending<void> Inbox::dismiss(std::string event_id) const { return core_->letters.dismiss(std::move(event_id)); }

KEFU_END_NAMESPACE
