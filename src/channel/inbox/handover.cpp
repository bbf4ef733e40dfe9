#include "channel/inbox/core.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// The agent at work who serves the fewest customers; null if nobody is at work.
const Agent* least_busy(const std::vector<Agent>& agents) {
  const Agent* best = nullptr;
  for (const Agent& agent : agents) {
    if (!agent.online.value_or(false)) continue;
    if (best == nullptr || agent.sessions.value_or(0) < best->sessions.value_or(0)) best = &agent;
  }
  return best;
}

}  // namespace

/// A transfer that came after the request was answered: the platform's answer can no longer carry it, but a session
/// with the agent can be opened. Opening the same one twice does no harm.
void InboxCore::hand_over(Lane& lane) {
  const std::string agent = std::get<TransferToAgent>(*lane.stored.record.answer).agent;
  if (!agent.empty()) return open_session(lane, agent);
  lane.step = ++last_id_;
  channel_->agents().then(
      [self = shared_from_this(), key = lane.key, id = lane.step](Result<std::vector<Agent>> agents) {
        self->runtime_->scheduler->post([self, key, id, agents = std::move(agents)] {
          if (Lane* current = self->find(key, id)) self->choose_agent(*current, agents);
        });
      });
}

void InboxCore::choose_agent(Lane& lane, const Result<std::vector<Agent>>& agents) {
  if (!agents) return on_sent(lane, agents.error());
  if (const Agent* agent = least_busy(*agents)) return open_session(lane, agent->id);
  on_sent(lane, Error(ErrorKind::conflict, "no agent is online to take the customer over"));
}

void InboxCore::open_session(Lane& lane, const std::string& agent) {
  lane.step = ++last_id_;
  channel_->open_session(lane.to->customer, agent)
      .then([self = shared_from_this(), key = lane.key, id = lane.step](Result<void> opened) {
        self->runtime_->scheduler->post([self, key, id, opened = std::move(opened)] {
          Lane* const current = self->find(key, id);
          if (current == nullptr) return;
          self->on_sent(*current, opened ? Result<Receipt>(Receipt()) : Result<Receipt>(opened.error()));
        });
      });
}

}  // namespace detail
KEFU_END_NAMESPACE
