#pragma once

#include "stores/postgres/connection.hpp"

#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The connections of one process, made when they are needed. While connecting fails, whoever comes within a pause is
/// refused at once: a server that is down costs nobody a wait.
///
/// Thread safety: from any thread; those who wait are served as they come.
class PostgresPool {
 public:
  /// Makes one, until the deadline.
  using Connect = std::function<Result<std::unique_ptr<PostgresConnection>>(MonoTime deadline)>;
  PostgresPool(std::size_t most, Connect connect) : most_(most), connect_(std::move(connect)) {}
  PostgresPool(const PostgresPool&) = delete;
  PostgresPool& operator=(const PostgresPool&) = delete;

  /// A free connection or a new one; `unavailable` if all were in use until the deadline.
  Result<std::unique_ptr<PostgresConnection>> take(MonoTime deadline);
  /// One that is broken is dropped. All that were idle are dropped with one that was lost: they stand where it stood.
  void give_back(std::unique_ptr<PostgresConnection> connection);
  /// Lets go of everything without touching it, in a child of fork().
  void leak();

 private:
  Result<std::unique_ptr<PostgresConnection>> make(MonoTime deadline);
  void leave();

  const std::size_t most_;
  const Connect connect_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;  ///< The one used last stands last.
  std::size_t open_ = 0;                                   ///< Idle, in use or being made.
  std::optional<Error> failure_;                           ///< Of the last attempt to connect.
  unsigned failures_ = 0;                                  ///< In a row.
  MonoTime pause_until_{};
};

}  // namespace detail
KEFU_END_NAMESPACE
