#include "wechat/facets/agent_sessions.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/wait.hpp"
#include "core/call/answers.hpp"
#include "wechat/facets/session_walk.hpp"
#include "wechat/operations/field_rules.hpp"

#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr Millis kBothLists{20'000};

Error bad_argument(std::string why) { return Error(ErrorKind::bad_argument, std::move(why)); }

/// People who were bound in a mini program's console have no account name, but an openid.
const std::string& id_of(const std::string& kf_account, const std::string& openid) {
  return kf_account.empty() ? openid : kf_account;
}

/// The list of agents, then who of them is at work. Dropped, its promise answers.
struct AgentLists {
  AgentLists(const detail::RuntimeCore& runtime, MonoTime deadline, Promise<std::vector<Agent>> p,
             const CallOptions& options)
      : wait(runtime.scheduler, deadline, options, p.cancelled()), promise(std::move(p)) {}
  detail::Wait wait;
  Promise<std::vector<Agent>> promise;
  std::vector<Agent> agents;

  void add(KfAccountList list) {
    for (KfAccount& one : list.accounts) {
      Agent agent(id_of(one.kf_account, one.openid), std::move(one.nickname));
      agent.online = false;
      agent.sessions = 0;
      agent.raw = std::move(one.raw);
      agents.push_back(std::move(agent));
    }
  }
  void mark(const OnlineKfAccountList& list) {
    for (const OnlineKfAccount& one : list.accounts)
      for (Agent& agent : agents) {
        if (agent.id != id_of(one.kf_account, one.openid)) continue;
        agent.online = one.online();
        agent.sessions = static_cast<int>(std::clamp<std::int64_t>(one.accepted_case, 0, INT32_MAX));
      }
  }
};

}  // namespace

std::optional<Error> AccountAgentSessions::refusal(Ability ability, const CustomerId* customer,
                                                   const std::string* agent) const {
  if (!capabilities_->can(ability)) return Error(ErrorKind::unsupported, capabilities_->why_not(ability));
  if (customer != nullptr && customer->id.empty()) return bad_argument("customer.id is empty: it is the openid");
  if (agent == nullptr) return std::nullopt;
  if (const auto wrong = complaint_about_kf_account(*agent); !wrong.empty())
    return bad_argument("agent (kf_account) " + wrong);
  return std::nullopt;
}

Pending<std::vector<Agent>> AccountAgentSessions::agents(CallOptions options) {
  using Agents = std::vector<Agent>;
  if (auto refused = refusal(Ability::agents, nullptr, nullptr))
    return detail::answered<Agents>(runtime_, *std::move(refused));
  const auto deadline = detail::deadline_of(*runtime_, options, kBothLists);
  if (!deadline) return detail::answered<Agents>(runtime_, deadline.error());
  Promise<Agents> promise(runtime_);
  auto pending = promise.pending();
  auto lists = std::make_shared<AgentLists>(*runtime_, *deadline, std::move(promise), options);
  client_.start(ListKfAccounts(), lists->wait.rest(*runtime_->clock), CancelToken(),
                [lists, clock = runtime_->clock, client = client_](Result<KfAccountList> all) {
                  if (!all) return lists->promise.answer(all.error());
                  lists->add(*std::move(all));
                  client.start(ListOnlineKfAccounts(), lists->wait.rest(*clock), CancelToken(),
                               [lists](const Result<OnlineKfAccountList>& online) {
                                 if (!online) return lists->promise.answer(online.error());
                                 lists->mark(*online);
                                 lists->promise.answer(std::move(lists->agents));
                               });
                });
  return pending;
}

Pending<AgentSessionPage> AccountAgentSessions::sessions(AgentSessionQuery query, CallOptions options) {
  auto refused = refusal(Ability::list_sessions, nullptr, query.agent.empty() ? nullptr : &query.agent);
  const auto place = read_session_place(query.page);
  if (!refused && query.limit == 0) refused = bad_argument("limit is 0: it is the most sessions of a page");
  if (!refused && query.from && query.to && *query.from > *query.to) refused = bad_argument("from is after to");
  if (!refused && !place) refused = bad_argument("page is not one that this facet gave out");
  if (refused) return detail::answered<AgentSessionPage>(runtime_, *std::move(refused));
  return walk_sessions(runtime_, client_, std::move(query), *place, std::move(options));
}

Pending<std::optional<AgentSession>> AccountAgentSessions::session_of(CustomerId customer, CallOptions options) {
  using Found = std::optional<AgentSession>;
  if (auto refused = refusal(Ability::find_session, &customer, nullptr))
    return detail::answered<Found>(runtime_, *std::move(refused));
  GetKfSession op(customer.id);
  return detail::mapped<Found>(runtime_, client_, std::move(op), std::move(options),
                               [customer = std::move(customer)](KfSession told) {
                                 Found found;
                                 if (!told.open()) return found;
                                 found.emplace();
                                 found->customer = customer;
                                 found->agent = std::move(told.kf_account);
                                 found->began = from_unix_seconds(told.create_time);
                                 found->raw = std::move(told.raw);
                                 return found;
                               });
}

Pending<void> AccountAgentSessions::open(CustomerId customer, std::string agent, CallOptions options) {
  if (auto refused = refusal(Ability::open_session, &customer, &agent))
    return detail::failed(runtime_, *std::move(refused));
  return detail::done(runtime_, client_, CreateKfSession(std::move(agent), std::move(customer.id)), std::move(options));
}

Pending<void> AccountAgentSessions::close(CustomerId customer, std::string agent, CallOptions options) {
  if (auto refused = refusal(Ability::close_session, &customer, &agent))
    return detail::failed(runtime_, *std::move(refused));
  return detail::done(runtime_, client_, CloseKfSession(std::move(agent), std::move(customer.id)), std::move(options));
}

Pending<std::vector<WaitingCustomer>> AccountAgentSessions::waiting(CallOptions options) {
  using Waiting = std::vector<WaitingCustomer>;
  if (auto refused = refusal(Ability::waiting, nullptr, nullptr))
    return detail::answered<Waiting>(runtime_, *std::move(refused));
  return detail::mapped<Waiting>(
      runtime_, client_, ListWaitingCustomers(), std::move(options), [](WaitingCustomers told) {
        Waiting waiting;
        for (WaitingCustomers::Item& item : told.customers) {
          WaitingCustomer customer(CustomerId(std::move(item.openid)));
          customer.since = from_unix_seconds(item.latest_time);
          customer.agent = std::move(item.kf_account);
          waiting.push_back(std::move(customer));
        }
        std::stable_sort(waiting.begin(), waiting.end(),
                         [](const WaitingCustomer& a, const WaitingCustomer& b) { return a.since < b.since; });
        return waiting;
      });
}

}  // namespace wechat
KEFU_END_NAMESPACE
