#pragma once

#include "stores/postgres/connection.hpp"
#include "stores/postgres/entries.hpp"
#include "stores/postgres/faults.hpp"
#include "stores/shared/pool.hpp"

#include <kefu/stores/postgres.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

using PostgresPool = ConnectionPool<PostgresConnection>;

/// A connection for one operation, given back at its end. A transaction that was left open is rolled back first.
class PostgresUse {
 public:
  PostgresUse(PostgresPool& pool, std::unique_ptr<PostgresConnection> connection)
      : pool_(&pool), connection_(std::move(connection)) {}
  PostgresUse(PostgresUse&&) noexcept = default;
  ~PostgresUse();
  PostgresConnection& operator*() const { return *connection_; }
  PostgresConnection* operator->() const { return connection_.get(); }

 private:
  PostgresPool* pool_;
  std::unique_ptr<PostgresConnection> connection_;
};

/// An open database.
///
/// Thread safety: from any thread.
class PostgresEngine {
 public:
  static Result<std::shared_ptr<PostgresEngine>> open(PostgresOptions options);
  PostgresEngine(const PostgresEngine&) = delete;
  PostgresEngine& operator=(const PostgresEngine&) = delete;
  ~PostgresEngine();

  const PostgresOptions& options() const { return options_; }
  const PostgresEntries& entries() const { return entries_; }
  /// How many expired entries a commit of these writes removes: every eighth may take twice as many as were written
  /// with a time to live since.
  std::int64_t sweep_with(const std::vector<StoreWrite>& writes);
  /// The time of a test's clock; absent: the server's.
  std::optional<WallTime> given_time() const;
  /// Of an operation that begins now.
  MonoTime deadline(std::optional<Millis> timeout = std::nullopt) const {
    return std::chrono::steady_clock::now() + timeout.value_or(options_.timeout);
  }
  /// A connection whose waits end at the deadline.
  Result<PostgresUse> take(MonoTime deadline);

  /// Calls `work(connection)` and calls it again where that does no harm: two transactions met, or the connection was
  /// lost before anything was done. What only `reads` may always be called again, but no more than once for a lost
  /// connection.
  template <class Work>
  auto run(bool reads, MonoTime deadline, Work work) -> std::invoke_result_t<Work&, PostgresConnection&> {
    bool lost_one = false;
    for (unsigned meetings = 0;; ++meetings) {
      std::optional<std::invoke_result_t<Work&, PostgresConnection&>> result;
      bool lost = false;
      bool again = false;
      {
        auto use = take(deadline);
        if (!use) return use.error();
        result.emplace(work(**use));
        lost = (*use)->is_broken();
        again = (*use)->asks_for_repeat();
      }
      if (*result) return *std::move(result);
      const Error& error = result->error();
      if (again && error.delivery() != Delivery::unknown) {
        if (!pause(meetings, deadline)) return *std::move(result);
        continue;
      }
      const bool may = lost && (reads || error.delivery() != Delivery::unknown);
      if (!may || std::exchange(lost_one, true) || std::chrono::steady_clock::now() >= deadline) {
        return *std::move(result);
      }
    }
  }

 private:
  explicit PostgresEngine(PostgresOptions options);
  Result<std::unique_ptr<PostgresConnection>> connect(MonoTime deadline);
  Result<Secret> password() const;
  Result<void> prepare_session(PostgresConnection& connection) const;
  /// Before a repeat; false: no time is left.
  static bool pause(unsigned meetings, MonoTime deadline);

  const PostgresOptions options_;
  const std::string schema_;  ///< As it is written in statements, with quotes.
  const PostgresEntries entries_;
  const int process_;
  std::atomic<unsigned> commits_{0};
  std::atomic<std::int64_t> may_expire_{0};
  std::optional<PostgresAddress> address_;
  PostgresPool pool_;
};

}  // namespace detail
KEFU_END_NAMESPACE
