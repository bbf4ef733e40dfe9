#pragma once

#include "stores/redis/connection.hpp"
#include "stores/redis/facts.hpp"
#include "stores/redis/faults.hpp"
#include "stores/redis/scripts.hpp"
#include "stores/shared/pool.hpp"

#include <kefu/stores/redis.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// An open store: its connections, and its scripts run on them.
///
/// Thread safety: from any thread.
class RedisEngine {
 public:
  /// `plain`: also to other machines.
  static Result<std::shared_ptr<RedisEngine>> open(RedisOptions options, bool plain);
  RedisEngine(const RedisEngine&) = delete;
  RedisEngine& operator=(const RedisEngine&) = delete;
  ~RedisEngine();

  RedisDurability durability() const noexcept { return durability_.load(std::memory_order_relaxed); }
  /// The time of a test's clock; absent: the server's.
  std::optional<WallTime> given_time() const;
  /// The server's clock.
  Result<WallTime> server_time();
  /// Runs a script with its arguments. An error's delivery says whether it may have done its work. One that may always
  /// be done again (`repeats`) is, once, where its connection was lost; the others where it is known that they were not
  /// done.
  Result<RedisReply> run(RedisScript script, const std::vector<std::string_view>& arguments, bool repeats);

 private:
  using Pool = ConnectionPool<RedisConnection>;

  RedisEngine(RedisOptions options, std::vector<RedisAddress> addresses, bool plain);
  Result<std::unique_ptr<RedisConnection>> take(MonoTime deadline);
  Result<RedisReply> ask(RedisConnection& connection, RedisScript script,
                         const std::vector<std::string_view>& arguments) const;
  /// The same, and where there is no store one is made if that loses nothing.
  Result<RedisReply> ask_store(RedisConnection& connection, RedisScript script,
                               const std::vector<std::string_view>& arguments) const;
  Result<std::unique_ptr<RedisConnection>> connect(MonoTime deadline);
  Result<std::unique_ptr<RedisConnection>> connect_to(const RedisAddress& address, const Secret& password,
                                                      MonoTime until, MonoTime deadline);
  /// Logs in, asks what server it is, and gives it the scripts.
  Result<void> prepare(RedisConnection& connection, const Secret& password);

  const RedisOptions options_;
  const std::vector<RedisAddress> addresses_;
  const bool plain_;
  const std::vector<std::string> keys_;
  const int process_;
  std::atomic<RedisDurability> durability_{RedisDurability::no_log};
  std::atomic<bool> keeps_{false};  ///< It was opened as durable: what is gone then was lost.
  Pool pool_;
};

}  // namespace detail
KEFU_END_NAMESPACE
