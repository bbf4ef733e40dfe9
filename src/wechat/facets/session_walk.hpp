#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/agent_sessions.hpp>
#include <kefu/core/client.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Where a list of sessions goes on: at which agent, behind how many of the agent's sessions.
struct SessionPlace {
  std::size_t agent = 0;
  std::size_t passed = 0;
};
/// "3.20"; nothing if a list of sessions did not write it.
std::optional<SessionPlace> read_session_place(const std::string& page);

/// Lists open sessions agent by agent: the platform knows no other list. Sessions of a period are those of them that
/// began in it.
Pending<AgentSessionPage> walk_sessions(const std::shared_ptr<detail::RuntimeCore>& runtime, const ApiClient& client,
                                        AgentSessionQuery query, SessionPlace place, CallOptions options);

}  // namespace wechat
KEFU_END_NAMESPACE
