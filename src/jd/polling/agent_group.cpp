#include "jd/polling/agent_group.hpp"

#include <kefu/jd/im_pop.hpp>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {

AgentGroup::AgentGroup(ApiClient client, std::vector<std::string> configured)
    : client_(std::move(client)),
      is_configured_(!configured.empty()),
      names_(is_configured_ ? std::move(configured) : std::vector<std::string>{std::string()}) {}

bool AgentGroup::must_ask(MonoTime now) const { return !is_configured_ && (!asked_ || now - *asked_ >= kAskAgain); }

void AgentGroup::ask(MonoTime now, const CancelToken& unwanted, std::function<void()> done) {
  asked_ = now;
  client_.start(GetAgentGroup(), CallOptions(), unwanted, [this, done = std::move(done)](Result<WaiterGroup> group) {
    failure_ = group ? std::string() : group.error().to_string();
    if (group) {
      group_.clear();
      for (const Waiter& each : group->waiters)
        if (!each.waiter.empty()) group_.push_back(each.waiter);
    }
    done();
  });
}

/// Sub-accounts are polled all or not at all. The call without a name goes first: where it means everybody, the others
/// find nothing new.
void AgentGroup::plan(double calls) {
  if (is_configured_) return;
  names_.assign(1, std::string());
  is_cut_ = false;
  if (group_.size() < 2) return;
  is_cut_ = static_cast<double>(group_.size()) + 1 > calls;
  if (!is_cut_) names_.insert(names_.end(), group_.begin(), group_.end());
}

const std::string& AgentGroup::name(std::size_t agent) const { return names_[std::min(agent, names_.size() - 1)]; }

std::string AgentGroup::note() const {
  if (is_cut_)
    return "only the main account's chats come in: calls_per_day does not allow a round over all agents within "
           "PollingSettings::max_delay";
  if (!failure_.empty() && group_.empty())
    return "only the main account's chats may come in, as the shop's group cannot be read: " + failure_;
  return {};
}

}  // namespace jd
KEFU_END_NAMESPACE
