#include "stores/redis/socket.hpp"

#include "stores/redis/faults.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// False: not in time. An error of the socket counts as ready: what follows finds it.
bool wait_for_redis(int socket, short events, MonoTime deadline) {
  pollfd ready{socket, events, 0};
  for (;;) {
    const auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now()).count();
    const int count = ::poll(&ready, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (count > 0 || (count < 0 && errno != EINTR)) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* four = reinterpret_cast<const sockaddr_in*>(address);
    return (ntohl(four->sin_addr.s_addr) >> 24) == 127;
  }
  if (address->sa_family == AF_INET6) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(address);
    return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ||
           (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) && six->sin6_addr.s6_addr[12] == 127);
  }
  return address->sa_family == AF_UNIX;
}

Error out_of_reach() {
  return redis_error(ErrorKind::unavailable, "the server cannot be reached; try later, and check address and network");
}

/// The handle, connected.
Result<int> connect_one(const sockaddr* address, socklen_t size, MonoTime deadline) {
  const int handle = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (handle < 0) return redis_error(ErrorKind::unavailable, "no socket can be made; this process has too many open");
  int result = ::connect(handle, address, size) == 0 ? 0 : errno;
  if (result == EINPROGRESS) {
    socklen_t length = sizeof result;
    if (!wait_for_redis(handle, POLLOUT, deadline)) {
      ::close(handle);
      return redis_error(ErrorKind::unavailable, "the server did not answer in time; try later, and check the network");
    }
    if (::getsockopt(handle, SOL_SOCKET, SO_ERROR, &result, &length) != 0) result = errno;
  }
  if (result == 0) return handle;
  ::close(handle);
  if (result == EACCES) return redis_error(ErrorKind::configuration, "this user may not use the server's socket");
  return out_of_reach();
}

Result<int> connect_path(const std::string& path, MonoTime deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return connect_one(reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
}

Result<int> connect_host(const RedisAddress& address, bool plain, MonoTime deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &list) != 0 || list == nullptr) {
    return redis_error(ErrorKind::unavailable, "the server's name has no address; check it and the resolver");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, &::freeaddrinfo);
  Result<int> connected = out_of_reach();
  int rest = 0;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) ++rest;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next, --rest) {
    if (!plain && !is_loopback(at->ai_addr)) {
      connected =
          redis_error(ErrorKind::configuration,
                      "without TLS only servers on this machine are connected to; see RedisOptions::allow_plain");
      continue;
    }
    const MonoTime now = std::chrono::steady_clock::now();
    connected = connect_one(at->ai_addr, at->ai_addrlen, now + (deadline - now) / rest);
    if (!connected) continue;
    const int on = 1;
    ::setsockopt(*connected, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(*connected, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    return connected;
  }
  return connected;
}

}  // namespace

RedisSocket::RedisSocket(RedisSocket&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}

RedisSocket& RedisSocket::operator=(RedisSocket&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

RedisSocket::~RedisSocket() {
  if (handle_ >= 0) ::close(handle_);
}

Result<RedisSocket> RedisSocket::connect(const RedisAddress& address, bool plain, MonoTime deadline) {
  const auto handle =
      address.path.empty() ? connect_host(address, plain, deadline) : connect_path(address.path, deadline);
  if (!handle) return handle.error();
  return RedisSocket(*handle);
}

RedisSocket::End RedisSocket::send(std::string_view bytes, MonoTime deadline) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!wait_for_redis(handle_, POLLOUT, deadline)) return End::late;
    } else if (sent == 0 || errno != EINTR) {
      return End::lost;
    }
  }
  return End::done;
}

RedisSocket::End RedisSocket::receive(char* buffer, std::size_t size, std::size_t& count, MonoTime deadline) const {
  for (;;) {
    const ssize_t got = ::recv(handle_, buffer, size, 0);
    if (got > 0) {
      count = static_cast<std::size_t>(got);
      return End::done;
    }
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!wait_for_redis(handle_, POLLIN, deadline)) return End::late;
    } else if (got == 0 || errno != EINTR) {
      return End::lost;
    }
  }
}

bool RedisSocket::is_quiet() const {
  pollfd ready{handle_, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 0;
}

}  // namespace detail
KEFU_END_NAMESPACE
