#pragma once

#include "soak/setup.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/sandbox.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kefu_soak {

/// The three accounts at the platforms' twins, and the chats of their customers.
class Platforms {
 public:
  /// Pushes of `account` go to `handler`, on the loop of `runtime`.
  Platforms(const kefu::Runtime& runtime, kefu::Millis push_deadline);
  void connect(const std::string& account, kefu::sandbox::PushHandler handler);

  /// What a process must know of them.
  void tell(Setup& setup) const;
  /// The customer writes; the number of its push, 0 where there is none.
  std::uint64_t write(const std::string& account, const std::string& customer, const std::string& text);
  /// "waiting", "answered", "failed".
  std::string state_of_push(std::uint64_t number);
  /// What came since the last time: each answer's id, and who got it.
  std::vector<std::pair<std::string, std::string>> new_answers();
  /// The next call of the platforms gets its answer lost on the way.
  void lose_a_reply();

 private:
  const kefu::Runtime& runtime_;
  kefu::sandbox::Sandbox sandbox_;
  std::string jd_token_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> read_;  ///< By account and customer.
};

}  // namespace kefu_soak
