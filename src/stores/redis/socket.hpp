#pragma once

#include "stores/redis/address.hpp"

#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A stream to a server, each of whose waits has a deadline. Ours, as hiredis connects without one and writes in a way
/// that raises SIGPIPE in the host.
///
/// Thread safety: one thread at a time.
class RedisSocket {
 public:
  enum class End : unsigned char { done, late, lost };

  RedisSocket() = default;
  RedisSocket(RedisSocket&& other) noexcept;
  RedisSocket& operator=(RedisSocket&& other) noexcept;
  ~RedisSocket();
  /// `plain`: also to another machine, where anybody on the way can read. Names are resolved by the system within its
  /// own time.
  static Result<RedisSocket> connect(const RedisAddress& address, bool plain, MonoTime deadline);

  /// All of it, or it is not `done`.
  End send(std::string_view bytes, MonoTime deadline) const;
  /// Some bytes, at least one: `count` of them.
  End receive(char* buffer, std::size_t size, std::size_t& count, MonoTime deadline) const;
  /// The other side has neither said anything nor ended.
  bool is_quiet() const;
  /// In a child of fork(), where the parent goes on with it.
  void leak() { handle_ = -1; }

 private:
  explicit RedisSocket(int handle) : handle_(handle) {}
  int handle_ = -1;
};

}  // namespace detail
KEFU_END_NAMESPACE
