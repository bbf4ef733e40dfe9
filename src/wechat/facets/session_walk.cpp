#include "wechat/facets/session_walk.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/wait.hpp"
#include "core/call/answers.hpp"
#include "core/crypto/crypto.hpp"
#include "core/text/page_token.hpp"

#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr Millis kWalkTimeout{30'000};
constexpr std::size_t kMostOnPage = 1000;
constexpr int kMostLists = 25;  // of agents' sessions, per page
constexpr char kBetween = ' ';  // which no name holds

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
        place_(std::move(place)),
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
        if (one.kf_account >= self->place_.agent && !one.kf_account.empty())
          self->agents_.push_back(std::move(one.kf_account));
      std::sort(self->agents_.begin(), self->agents_.end());
      self->next_agent();
    });
  }

 private:
  CallOptions rest() { return wait_.rest(*runtime_->clock); }

  void next_agent() {
    if (next_ == agents_.size()) return promise_.answer(std::move(page_));
    if (agents_[next_] != place_.agent) place_ = SessionPlace{agents_[next_], 0, std::string()};
    if (page_.sessions.size() >= query_.limit || lists_++ == kMostLists) return stop_here();
    client_.start(ListKfSessions(place_.agent), rest(), CancelToken(),
                  [self = shared_from_this()](Result<KfSessionList> list) { self->got(std::move(list)); });
  }

  void got(Result<KfSessionList> list) {
    if (!list && (!query_.agent.empty() || !has_no_sessions(list.error()))) return promise_.answer(list.error());
    if (list) {
      const auto place_of = [](const KfSessionList::Item& one) { return std::tie(one.create_time, one.openid); };
      std::sort(list->sessions.begin(), list->sessions.end(),
                [&](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
      for (const KfSessionList::Item& item : list->sessions) {
        if (place_of(item) <= std::tie(place_.began, place_.openid)) continue;
        if (page_.sessions.size() >= query_.limit) return stop_here();
        add(item);
        place_.began = item.create_time;
        place_.openid = item.openid;
      }
    }
    ++next_;
    next_agent();
  }

  void add(const KfSessionList::Item& item) {
    AgentSession session;
    session.customer = CustomerId(item.openid);
    session.agent = place_.agent;
    session.began = from_unix_seconds(item.create_time);
    session.raw = item.raw;
    if (query_.from && session.began < *query_.from) return;
    if (query_.to && session.began >= *query_.to) return;
    page_.sessions.push_back(std::move(session));
  }

  void stop_here() {
    page_.next = detail::page_token({place_.began}, detail::base64(place_.openid + kBetween + place_.agent));
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
  std::size_t next_ = 0;  ///< Of `agents_`.
  int lists_ = 0;
};

}  // namespace

std::optional<SessionPlace> read_session_place(const std::string& page) {
  SessionPlace place;
  if (page.empty()) return place;
  std::string_view word;
  if (!detail::read_page_token(page, {&place.began}, word)) return std::nullopt;
  const auto names = detail::base64_decoded(word, detail::Base64Mode::strict);
  const auto between = names ? names->find(kBetween) : std::string::npos;
  if (between == std::string::npos || between + 1 == names->size()) return std::nullopt;
  place.openid = names->substr(0, between);
  place.agent = names->substr(between + 1);
  return place;
}

Pending<AgentSessionPage> walk_sessions(const std::shared_ptr<detail::RuntimeCore>& runtime, const ApiClient& client,
                                        AgentSessionQuery query, SessionPlace place, CallOptions options) {
  const auto deadline = detail::deadline_of(*runtime, options, kWalkTimeout);
  if (!deadline) return detail::answered<AgentSessionPage>(runtime, deadline.error());
  query.limit = std::min(query.limit, kMostOnPage);
  Promise<AgentSessionPage> promise(runtime);
  auto pending = promise.pending();
  std::make_shared<SessionWalk>(runtime, client, std::move(query), std::move(place), std::move(promise), options,
                                *deadline)
      ->begin();
  return pending;
}

}  // namespace wechat
KEFU_END_NAMESPACE
