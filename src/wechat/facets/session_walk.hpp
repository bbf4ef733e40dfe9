#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/agent_sessions.hpp>
#include <kefu/core/client.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Where a list of sessions goes on: at which agent, behind which of the agent's sessions. By name, as sessions are
/// closed and agents deleted between two pages.
struct SessionPlace {
  std::string agent;       ///< Empty: at the first.
  std::int64_t began = 0;  ///< Of the session that was passed last.
  std::string openid;      ///< Empty: none of the agent's was passed.
};
/// Nothing if a list of sessions did not write it.
std::optional<SessionPlace> read_session_place(const std::string& page);

/// Lists open sessions agent by agent, in the order of their names, and of each from the oldest on: the platform knows
/// no other list, and no order of its own. Sessions of a period are those of them that began in it.
Pending<AgentSessionPage> walk_sessions(const std::shared_ptr<detail::RuntimeCore>& runtime, const ApiClient& client,
                                        AgentSessionQuery query, SessionPlace place, CallOptions options);

}  // namespace wechat
KEFU_END_NAMESPACE
