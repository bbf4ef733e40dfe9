#pragma once

#include "stores/redis/reply.hpp"
#include "stores/redis/scripts.hpp"
#include "stores/redis/socket.hpp"

#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct redisReader;

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A command and its arguments, which live until it is asked.
using RedisCommand = std::vector<std::string_view>;

/// One connection to a server. Nothing of it waits longer than the deadline set last; a connection on which something
/// took longer, or that was lost, is broken and only fit to be dropped.
///
/// Thread safety: one thread at a time.
class RedisConnection {
 public:
  static Result<std::unique_ptr<RedisConnection>> open(const RedisAddress& address, bool plain, MonoTime deadline);
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;
  ~RedisConnection();

  void set_deadline(MonoTime deadline) { deadline_ = deadline; }
  /// Asks all of them in one round trip; an error that the server answers is an answer here. Delivery::refused if the
  /// last command did not leave whole, else `unknown`.
  Result<std::vector<RedisReply>> ask(const std::vector<RedisCommand>& commands);
  Result<RedisReply> ask(const RedisCommand& command);

  /// False if the server closed it while nobody used it.
  bool is_alive() const { return !broken_ && socket_.is_quiet(); }
  bool is_broken() const { return broken_; }
  /// By which name the server knows a script, given when it was told.
  std::string_view name_of(std::size_t script) const { return names_[script]; }
  void set_name(std::size_t script, std::string name) { names_[script] = std::move(name); }
  /// It stands where it should not stand any more.
  void give_up() { broken_ = true; }
  /// In a child of fork(): lets go of everything without touching the parent's connection.
  static void leak(std::unique_ptr<RedisConnection> connection) { connection->socket_.leak(); }

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const noexcept;
  };
  explicit RedisConnection(RedisSocket socket);
  Error lost(RedisSocket::End end, bool sent);
  Result<RedisReply> receive();

  RedisSocket socket_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  std::array<std::string, kRedisScripts> names_;
  MonoTime deadline_{};
  bool broken_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
