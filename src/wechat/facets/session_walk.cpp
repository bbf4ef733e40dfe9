#include "wechat/facets/session_walk.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/wait.hpp"
#include "core/call/answers.hpp"
#include "core/text/page_token.hpp"

#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr Millis kWalkTimeout{30'000};
constexpr std::size_t kMostOnPage = 1000;
constexpr int kMostLists = 25;  // of agents' sessions, per page
constexpr std::int64_t kMostPlaces = UINT32_MAX;

/// Agents without a person bound to them have no sessions; the platform says so with an error.
bool has_no_sessions(const Error& error) {
  return error.platform_code() == "65401" || error.platform_code() == "65402";
}

/// One listing under way. Loop only, but for `begin`. Dropped, its promise answers.
class SessionWalk final : public std::enable_shared_from_this<SessionWalk> {
 public:
  SessionWalk(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, AgentSessionQuery query,
              SessionPlace place, Promise<AgentSessionPage> promise, const CallOptions& options, MonoTime deadline)
      : runtime_(std::move(runtime)),
        client_(std::move(client)),
        query_(std::move(query)),
        place_(place),
        wait_(runtime_->scheduler, deadline, options, promise.cancelled()),
        promise_(std::move(promise)) {}

  void begin() {
    if (!query_.agent.empty()) {
      agents_.push_back(query_.agent);
      return next_agent();
    }
    client_.start(ListKfAccounts(), rest(), CancelToken(), [self = shared_from_this()](Result<KfAccountList> all) {
      if (!all) return self->promise_.answer(all.error());
      for (KfAccount& one : all->accounts)
        if (!one.kf_account.empty()) self->agents_.push_back(std::move(one.kf_account));
      self->next_agent();
    });
  }

 private:
  CallOptions rest() { return wait_.rest(*runtime_->clock); }

  void next_agent() {
    if (place_.agent >= agents_.size()) return promise_.answer(std::move(page_));
    if (page_.sessions.size() >= query_.limit || lists_++ == kMostLists) return stop_here();
    client_.start(ListKfSessions(agents_[place_.agent]), rest(), CancelToken(),
                  [self = shared_from_this()](const Result<KfSessionList>& list) { self->got(list); });
  }

  void got(const Result<KfSessionList>& list) {
    if (!list && (!query_.agent.empty() || !has_no_sessions(list.error()))) return promise_.answer(list.error());
    if (list) {
      for (; place_.passed < list->sessions.size(); ++place_.passed) {
        if (page_.sessions.size() >= query_.limit) return stop_here();
        add(list->sessions[place_.passed]);
      }
    }
    ++place_.agent;
    place_.passed = 0;
    next_agent();
  }

  void add(const KfSessionList::Item& item) {
    AgentSession session;
    session.customer = CustomerId(item.openid);
    session.agent = agents_[place_.agent];
    session.began = from_unix_seconds(item.create_time);
    session.raw = item.raw;
    if (query_.from && session.began < *query_.from) return;
    if (query_.to && session.began >= *query_.to) return;
    page_.sessions.push_back(std::move(session));
  }

  void stop_here() {
    page_.next =
        detail::page_token({static_cast<std::int64_t>(place_.agent), static_cast<std::int64_t>(place_.passed)});
    promise_.answer(std::move(page_));
  }

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const AgentSessionQuery query_;
  SessionPlace place_;
  detail::Wait wait_;
  Promise<AgentSessionPage> promise_;
  std::vector<std::string> agents_;
  AgentSessionPage page_;
  int lists_ = 0;
};

}  // namespace

std::optional<SessionPlace> read_session_place(const std::string& page) {
  SessionPlace place;
  if (page.empty()) return place;
  std::int64_t agent = 0;
  std::int64_t passed = 0;
  if (!detail::read_page_token(page, {&agent, &passed}) || agent > kMostPlaces || passed > kMostPlaces)
    return std::nullopt;
  place.agent = static_cast<std::size_t>(agent);
  place.passed = static_cast<std::size_t>(passed);
  return place;
}

Pending<AgentSessionPage> walk_sessions(const std::shared_ptr<detail::RuntimeCore>& runtime, const ApiClient& client,
                                        AgentSessionQuery query, SessionPlace place, CallOptions options) {
  const auto deadline = detail::deadline_of(*runtime, options, kWalkTimeout);
  if (!deadline) return detail::answered<AgentSessionPage>(runtime, deadline.error());
  query.limit = std::min(query.limit, kMostOnPage);
  Promise<AgentSessionPage> promise(runtime);
  auto pending = promise.pending();
  std::make_shared<SessionWalk>(runtime, client, std::move(query), place, std::move(promise), options, *deadline)
      ->begin();
  return pending;
}

}  // namespace wechat
KEFU_END_NAMESPACE
