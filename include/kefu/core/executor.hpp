#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>

KEFU_BEGIN_NAMESPACE

/// Where the host's callbacks run. A host passes its own pool, or takes the runtime's one callback thread, or
/// `InlineExecutor`.
///
/// Thread safety: `run` is called from any thread and must not block. A task must run exactly once or be destroyed
/// (its callback is then called where that happens, and the observer is told). What `run` throws is caught.
class KEFU_EXPORT Executor {
 public:
  virtual ~Executor() = default;
  virtual void run(Task task) = 0;
};

/// Runs callbacks at once on the I/O thread: fastest, for hosts whose callbacks never block. `get()` inside such a
/// callback is answered with an error.
class KEFU_EXPORT InlineExecutor final : public Executor {
 public:
  void run(Task task) override { task(); }
};

KEFU_END_NAMESPACE
