#pragma once

#include <kefu/channel/message.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// Somebody who answers customers on the platform's own console.
struct Agent {
  explicit Agent(std::string i = {}, std::string n = {}) : id(std::move(i)), name(std::move(n)) {}
  std::string id;  ///< What the platform's calls take: kf_account, waiter.
  std::string name;
  std::optional<bool> online;   ///< Absent: the platform does not say.
  std::optional<int> sessions;  ///< How many customers the agent serves now.
  std::string raw;              ///< The platform's own JSON.
};

/// A customer's conversation with an agent.
struct AgentSession {
  AgentSession() {}
  std::string id;  ///< Empty where the platform has none.
  CustomerId customer;
  std::string agent;
  std::string thread;  ///< As in Address.
  WallTime began;
  std::optional<WallTime> first_reply;
  std::optional<WallTime> ended;
  bool transferred = false;
  std::string raw;  ///< The platform's own JSON.
};

/// Which sessions are wanted.
struct AgentSessionQuery {
  AgentSessionQuery() {}
  std::string agent;  ///< Empty: all, where the platform can.
  /// When they began. Absent: the open ones, where the platform can. WeChat tells of open sessions only.
  std::optional<WallTime> from;
  std::optional<WallTime> to;
  std::size_t limit = 50;
  std::string page;  ///< AgentSessionPage::next of the page before; empty: the first.
};

struct AgentSessionPage {
  AgentSessionPage() {}
  std::vector<AgentSession> sessions;
  std::string next;  ///< Empty: this was the last page.
};

/// A customer whom no agent serves yet.
struct WaitingCustomer {
  explicit WaitingCustomer(CustomerId c = CustomerId()) : customer(std::move(c)) {}
  CustomerId customer;
  WallTime since;
  std::string agent;  ///< Whom the customer is assigned to, if anybody.
};

/// Facet: agents and their sessions on the platform's own console. Which members an account can do is in
/// Capabilities::cannot; the others answer `unsupported` with that reason, without a call.
///
/// Thread safety: all members may be called from any thread. Lifetime: as for every facet.
class KEFU_EXPORT AgentSessions {
 public:
  virtual ~AgentSessions() = default;
  virtual Pending<std::vector<Agent>> agents(CallOptions options = {}) = 0;
  virtual Pending<AgentSessionPage> sessions(AgentSessionQuery query, CallOptions options = {}) = 0;
  /// The session the customer is in; nothing if none.
  virtual Pending<std::optional<AgentSession>> session_of(CustomerId customer, CallOptions options = {}) = 0;
  /// Gives the customer to that agent. Errors: `conflict` (the agent is off line, another one serves the customer).
  virtual Pending<void> open(CustomerId customer, std::string agent, CallOptions options = {}) = 0;
  virtual Pending<void> close(CustomerId customer, std::string agent, CallOptions options = {}) = 0;
  /// Longest waiting first.
  virtual Pending<std::vector<WaitingCustomer>> waiting(CallOptions options = {}) = 0;
};

KEFU_END_NAMESPACE
