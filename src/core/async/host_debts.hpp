#pragma once

#include <kefu/core/export.hpp>

#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Answers that host code owes us and may keep for ever: a stop gives them in its place. Thread safety: any thread.
class HostDebts {
 public:
  class Debt {
   public:
    virtual ~Debt() = default;
    /// Answers with `cancelled`, unless there is an answer.
    virtual void end() = 0;
  };

  /// False after `end`: nothing more may be asked of the host.
  bool add(const std::shared_ptr<Debt>& debt) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ended_) return false;
    debts_.emplace(debt.get(), debt);
    return true;
  }
  void remove(const Debt* debt) {
    const std::lock_guard<std::mutex> lock(mutex_);
    debts_.erase(debt);
  }
  void end() {
    std::unordered_map<const Debt*, std::weak_ptr<Debt>> debts;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
      debts.swap(debts_);
    }
    for (const auto& entry : debts)
      if (const auto debt = entry.second.lock()) debt->end();
  }

 private:
  std::mutex mutex_;
  bool ended_ = false;
  std::unordered_map<const Debt*, std::weak_ptr<Debt>> debts_;
};

}  // namespace detail
KEFU_END_NAMESPACE
