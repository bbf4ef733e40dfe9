#pragma once

#include <kefu/core/function.hpp>

#include <list>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Work of one thread that leads to more of its kind in the same call. Past a depth it waits for the outermost to be
/// through, so that a chain of any length needs little stack. Each kind has a thread_local pointer, null at first.
class NestedRuns {
 public:
  /// Runs `now()`, or past the depth keeps the Task that `later()` gives.
  template <class Now, class Later>
  static void run(NestedRuns*& current, int deepest, Now now, Later later) {
    if (current == nullptr) {
      NestedRuns runs(current);
      runs.nest(now);
      while (runs.run_one()) {
      }
    } else if (current->depth_ < deepest) {
      current->nest(now);
    } else {
      current->waiting_.push_back(later());
    }
  }

  /// The next one that waits, if there is any: for who is about to wait for it.
  bool run_one() {
    if (waiting_.empty()) return false;
    Task next = std::move(waiting_.front());
    waiting_.pop_front();
    nest(next);
    return true;
  }

 private:
  explicit NestedRuns(NestedRuns*& current) : current_(current) { current_ = this; }
  ~NestedRuns() { current_ = nullptr; }
  NestedRuns(const NestedRuns&) = delete;
  NestedRuns& operator=(const NestedRuns&) = delete;

  template <class Work>
  void nest(Work& work) {
    ++depth_;
    work();
    --depth_;
  }

  NestedRuns*& current_;
  int depth_ = 0;
  std::list<Task> waiting_;  ///< Costs nothing while nobody waits, as nearly always.
};

}  // namespace detail
KEFU_END_NAMESPACE
