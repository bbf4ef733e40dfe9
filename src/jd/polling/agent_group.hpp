#pragma once

#include <kefu/core/cancel.hpp>
#include <kefu/core/client.hpp>
#include <kefu/jd/shop.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Whose chats and ratings are polled. A call that names no agent may mean the main account alone (jd 4.2), so that the
/// agents of the shop's group are asked for one by one, as the group has them now, while the budget allows it.
///
/// Thread safety: used on the loop only.
class AgentGroup {
 public:
  static constexpr std::chrono::minutes kAskAgain{10};  ///< Less than polling reads again, so that nothing is missed.

  AgentGroup(ApiClient client, std::vector<std::string> configured);

  /// Not configured.
  bool is_found() const { return !is_configured_; }
  bool must_ask(MonoTime now) const;
  /// One call; what it fails with stands in `note`.
  void ask(MonoTime now, const CancelToken& unwanted, std::function<void()> done);
  /// How many calls the budget allows between two rounds.
  void plan(double calls);

  std::size_t count() const { return names_.size(); }
  /// Empty: no agent is named in the call.
  const std::string& name(std::size_t agent) const;
  std::string note() const;

 private:
  const ApiClient client_;
  const bool is_configured_;
  std::vector<std::string> group_;  ///< As the platform has it.
  std::vector<std::string> names_;  ///< Who is polled in this round.
  std::optional<MonoTime> asked_;
  std::string failure_;
  bool is_cut_ = false;
};

}  // namespace jd
KEFU_END_NAMESPACE
