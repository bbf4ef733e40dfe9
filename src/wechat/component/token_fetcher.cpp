#include "wechat/component/token_fetcher.hpp"

#include "core/async/call_deadline.hpp"

#include <kefu/wechat/component.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

/// The ticket was refused, which another one may cure.
bool refuses_ticket(const Error& error) {
  constexpr std::string_view kCodes[] = {"40091", "61005", "61006"};
  return std::find(std::begin(kCodes), std::end(kCodes), error.platform_code()) != std::end(kCodes);
}

}  // namespace

struct ComponentTokenFetcher::Fetch {
  MonoTime deadline;
  CancelToken cancel;
  MoveFunction<void(Result<detail::FetchedToken>)> done;
  std::vector<StoredTicket> tickets;  ///< To be tried, the next at the front.
};

Error no_ticket(const TicketRecord& record, WallTime now) {
  std::string last = "none ever came";
  if (!record.tickets.empty())
    last = fmt::format("the last came {} minutes ago, they work for 12 hours",
                       std::chrono::duration_cast<std::chrono::minutes>(now - record.tickets.front().received).count());
  return Error(
      ErrorKind::unavailable,
      fmt::format("waiting for a component_verify_ticket ({}): the platform pushes one every 10 minutes to the "
                  "authorization event URL, see that it reaches OpenPlatform::receive; if pushes have stopped, "
                  "OpenPlatform::start_push_ticket",
                  last));
}

detail::TokenSettings component_token_settings(std::string component_app_id) {
  return detail::TokenSettings("wechat", std::move(component_app_id), "component_token");
}

void ComponentTokenFetcher::fetch(Mode, MonoTime deadline, CancelToken cancel,
                                  MoveFunction<void(Result<detail::FetchedToken>)> done) {
  auto job = std::make_shared<Fetch>();
  job->deadline = deadline;
  job->cancel = std::move(cancel);
  job->done = std::move(done);
  runtime_->with_store<TicketRecord>(
      detail::Affinity(key_), [key = key_](Store& store) { return read_tickets(store, key); },
      [self = shared_from_this(), job](Result<TicketRecord> record) { self->found(job, std::move(record)); });
}

void ComponentTokenFetcher::found(const FetchPtr& job, Result<TicketRecord> record) {
  if (!record) return job->done(record.error());
  const WallTime now = runtime_->clock->wall();
  for (const StoredTicket& ticket : record->tickets)
    if (ticket.usable(now)) job->tickets.push_back(ticket);
  if (job->tickets.empty()) return job->done(no_ticket(*record, now));
  ask(job);
}

void ComponentTokenFetcher::ask(const FetchPtr& job) {
  FetchComponentToken request(config_->component_app_secret, std::move(job->tickets.front().value));
  request.component_app_id = config_->component_app_id;
  job->tickets.erase(job->tickets.begin());
  client_.start(std::move(request), detail::options_until(*runtime_->clock, job->deadline), job->cancel,
                [self = shared_from_this(), job](Result<ComponentTokenAnswer> answer) {
                  if (answer)
                    return job->done(detail::FetchedToken(std::move(answer->component_access_token),
                                                          std::chrono::seconds(answer->expires_in)));
                  if (refuses_ticket(answer.error()) && !job->tickets.empty()) return self->ask(job);
                  job->done(answer.error());
                });
}

}  // namespace wechat
KEFU_END_NAMESPACE
