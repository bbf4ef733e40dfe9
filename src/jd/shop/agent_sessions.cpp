#include "jd/shop/agent_sessions.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/wait.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/page_token.hpp"
#include "jd/operations/day_windows.hpp"
#include "jd/operations/paging.hpp"

#include <kefu/jd/buyer.hpp>
#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/thread.hpp>

#include <algorithm>
#include <cstdint>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr Millis kListTimeout{30'000};
constexpr std::size_t kMostSessions = 1000;
constexpr std::int64_t kLatestSecond = 4'102'444'800;  // the year 2100
constexpr int kLastPage = 100'000;

/// Where a page of sessions ended: in which window, on which of the platform's pages, after how many of its entries.
struct PlaceInList {
  WallTime window;
  int page = 1;
  std::size_t passed = 0;
};

std::string place_text(const PlaceInList& place) {
  return detail::page_token({unix_seconds(place.window), place.page, static_cast<std::int64_t>(place.passed)});
}

std::optional<PlaceInList> read_place_in_list(std::string_view text) {
  std::int64_t seconds = 0;
  std::int64_t page = 0;
  std::int64_t passed = 0;
  if (!detail::read_page_token(text, {&seconds, &page, &passed})) return std::nullopt;
  if (seconds > kLatestSecond || page < 1 || page > kLastPage || passed > UINT32_MAX) return std::nullopt;
  PlaceInList place;
  place.window = from_unix_seconds(seconds);
  place.page = static_cast<int>(page);
  place.passed = static_cast<std::size_t>(passed);
  if (start_of_day(place.window) != place.window) return std::nullopt;
  return place;
}

AgentSession session_of_chat(ChatSession chat) {
  AgentSession session;
  session.id = chat.sid;
  session.customer = customer_of(chat.customer, chat.sid);
  session.agent = std::move(chat.waiter);
  if (!chat.sid.empty()) session.thread = thread_of(SessionThread(chat.sid));
  session.began = chat.begin.at.value_or(WallTime());
  session.first_reply = chat.reply.at;
  session.ended = chat.end.at;
  session.transferred = chat.transfer;
  session.raw = std::move(chat.raw);
  return session;
}

/// One listing under way. Loop only, but for `begin`. Dropped, its promise answers.
class SessionWalk final : public std::enable_shared_from_this<SessionWalk> {
 public:
  SessionWalk(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, const PollingSettings& lists,
              std::shared_ptr<CustomerBook> customers, AgentSessionQuery query, Promise<AgentSessionPage> promise,
              const CallOptions& options, MonoTime deadline)
      : runtime_(std::move(runtime)),
        client_(std::move(client)),
        page_size_(lists.page_size),
        end_day_counts_(lists.end_day_counts),
        customers_(std::move(customers)),
        query_(std::move(query)),
        wait_(runtime_->scheduler, deadline, options, promise.cancelled()),
        promise_(std::move(promise)) {
    query_.limit = std::min(query_.limit, kMostSessions);
  }

  void begin(PlaceInList place) {
    place_ = place;
    ask();
  }

 private:
  void ask() {
    if (place_.window >= *query_.to) return name_customers();
    if (page_.sessions.size() == query_.limit) {
      page_.next = place_text(place_);
      return name_customers();
    }
    const DayWindow window = first_window(place_.window, *query_.to);
    ListSessions op(window.first, window.asked_until(runtime_->clock->wall(), end_day_counts_));
    op.waiter = query_.agent;
    op.page = place_.page;
    op.page_size = page_size_;
    client_.start(
        std::move(op), wait_.rest(*runtime_->clock), CancelToken(),
        [self = shared_from_this(), window](Result<SessionsPage> page) { self->got(std::move(page), window); });
  }

  void got(Result<SessionsPage> page, const DayWindow& window) {
    if (!page) return promise_.answer(page.error());
    std::vector<ChatSession>& brought = page->sessions;
    while (place_.passed < brought.size() && page_.sessions.size() < query_.limit) {
      ChatSession& chat = brought[place_.passed++];
      const auto& began = chat.begin.at;
      if (began && (*began < *query_.from || *began >= *query_.to || !window.holds(*began))) continue;
      page_.sessions.push_back(session_of_chat(std::move(chat)));
    }
    if (place_.passed >= brought.size()) turn_over(*page, window.end);
    if (failed_) return promise_.answer(*failed_);
    ask();
  }

  /// The list names buyers by whichever of their names; events and windows know one of them.
  void name_customers() {
    std::vector<CustomerId> named;
    for (const AgentSession& session : page_.sessions) named.push_back(session.customer);
    if (named.empty()) return promise_.answer(std::move(page_));
    customers_->find_all(std::move(named), wait_.rest(*runtime_->clock), CancelToken(),
                         [self = shared_from_this()](Result<std::vector<CustomerId>> meant) {
                           if (!meant) return self->promise_.answer(meant.error());
                           for (std::size_t i = 0; i < meant->size(); ++i)
                             self->page_.sessions[i].customer = std::move((*meant)[i]);
                           self->promise_.answer(std::move(self->page_));
                         });
  }

  void turn_over(const SessionsPage& page, WallTime next_window) {
    const std::size_t size = page.sessions.size();
    const bool last = is_last_page(size, place_.page, page_size_, page.total);
    if (!last && place_.page == kLastPage) {
      failed_.emplace(ErrorKind::malformed_reply, "the platform's list of sessions does not end: ask for fewer days");
      return;
    }
    place_.passed = 0;
    place_.page = last ? 1 : place_.page + 1;
    if (last) place_.window = next_window;
  }

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const int page_size_;
  const bool end_day_counts_;
  const std::shared_ptr<CustomerBook> customers_;
  AgentSessionQuery query_;
  detail::Wait wait_;
  Promise<AgentSessionPage> promise_;
  PlaceInList place_;
  std::optional<Error> failed_;
  AgentSessionPage page_;
};

Agent agent_of(const Waiter& waiter) {
  Agent agent(waiter.waiter, waiter.waiter);
  detail::JsonWriter json(agent.raw);
  json.begin_object().key("waiter").string(waiter.waiter);
  if (waiter.yn) json.key("yn").integer(*waiter.yn);
  json.key("leader").boolean(waiter.leader).key("level").string(waiter.level).end_object();
  return agent;
}

}  // namespace

Pending<std::vector<Agent>> ShopAgentSessions::agents(CallOptions options) {
  Promise<std::vector<Agent>> promise(runtime_);
  auto pending = promise.pending();
  auto unwanted = promise.cancelled();
  client_.start(GetAgentGroup(), std::move(options), std::move(unwanted),
                [promise = std::move(promise)](Result<WaiterGroup> group) mutable {
                  if (!group) return promise.answer(group.error());
                  std::vector<Agent> agents;
                  for (const Waiter& waiter : group->waiters) agents.push_back(agent_of(waiter));
                  promise.answer(std::move(agents));
                });
  return pending;
}

Pending<AgentSessionPage> ShopAgentSessions::sessions(AgentSessionQuery query, CallOptions options) {
  Promise<AgentSessionPage> promise(runtime_);
  auto pending = promise.pending();
  const WallTime now = runtime_->clock->wall();
  const auto deadline = detail::deadline_of(*runtime_, options, kListTimeout);
  if (!query.to) query.to = now + std::chrono::seconds(1);
  std::optional<Error> refusal = runtime_->refusal();
  if (!refusal && !query.from)
    refusal.emplace(ErrorKind::bad_argument, "from is not set: JD lists sessions by period and cannot list open ones");
  if (!refusal && query.limit == 0)
    refusal.emplace(ErrorKind::bad_argument, "limit is 0: ask for at least one session");
  if (!refusal) refusal = refuse_period(*query.from, *query.to, now);
  if (!refusal && !deadline) refusal = deadline.error();

  PlaceInList place;
  if (!refusal) place.window = start_of_day(*query.from);
  if (!refusal && !query.page.empty()) {
    const auto read = read_place_in_list(query.page);
    if (!read || read->window < place.window || read->window >= *query.to)
      refusal.emplace(ErrorKind::bad_argument, "page is none of this query's: give AgentSessionPage::next as it came");
    else
      place = *read;
  }
  if (refusal) {
    promise.answer(*std::move(refusal));
    return pending;
  }
  query.to = std::min(*query.to, now + std::chrono::hours(24));  // nothing is there later
  std::make_shared<SessionWalk>(runtime_, client_, *lists_, customers_, std::move(query), std::move(promise), options,
                                *deadline)
      ->begin(place);
  return pending;
}

template <class T>
Pending<T> ShopAgentSessions::cannot(Ability ability) const {
  Promise<T> promise(runtime_);
  auto pending = promise.pending();
  promise.answer(Error(ErrorKind::unsupported, capabilities_->cannot[static_cast<std::size_t>(ability)]));
  return pending;
}

Pending<std::optional<AgentSession>> ShopAgentSessions::session_of(CustomerId, CallOptions) {
  return cannot<std::optional<AgentSession>>(Ability::find_session);
}
Pending<void> ShopAgentSessions::open(CustomerId, std::string, CallOptions) {
  return cannot<void>(Ability::open_session);
}
Pending<void> ShopAgentSessions::close(CustomerId, std::string, CallOptions) {
  return cannot<void>(Ability::close_session);
}
Pending<std::vector<WaitingCustomer>> ShopAgentSessions::waiting(CallOptions) {
  return cannot<std::vector<WaitingCustomer>>(Ability::waiting);
}

}  // namespace jd
KEFU_END_NAMESPACE
