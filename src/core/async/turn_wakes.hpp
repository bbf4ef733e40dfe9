#pragma once

#include <kefu/core/export.hpp>

#include <memory>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

class WorkThread;

/// The threads that a loop gave work to in its turn and has not woken yet. Each is woken once, at the end of the turn:
/// a wake may stop the loop on the spot for a thread that then finds one piece of work, where a moment later it would
/// find all of them.
///
/// Thread safety: the loop's own thread.
class TurnWakes {
 public:
  /// While it lives, this thread owes wakes in place of making them.
  class Here {
   public:
    explicit Here(TurnWakes& wakes);
    ~Here();
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;

   private:
    TurnWakes& wakes_;
  };
  /// Of the calling thread; null if it is no loop.
  static TurnWakes* here() noexcept;

  void owe(std::shared_ptr<WorkThread> thread) { owed_.push_back(std::move(thread)); }
  void pay();

 private:
  std::vector<std::shared_ptr<WorkThread>> owed_;
};

}  // namespace detail
KEFU_END_NAMESPACE
